"""Somebody opens the address of a dialog in a new tab."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.office import Office

pytestmark = pytest.mark.journey
Sits = Callable[..., Page]


def test_a_dialog_opens_on_the_page_under_it_and_works(office: Office, sits: Sits) -> None:
    lead = office.has("lead", "james", first_name="Zoé", last_name="Hélias")
    page = sits("james", f"/leads/{lead}/edit")
    dialog = page.locator("#dialog")
    expect(dialog.locator("[name=job_title]")).to_be_visible()
    expect(page.locator("main h1")).to_have_text("Zoé Hélias")
    expect(page).to_have_url(f"{office.address}/leads/{lead}")
    dialog.locator("[name=job_title]").fill("Directrice")
    dialog.get_by_role("button", name="Enregistrer").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#main")).to_contain_text("Directrice")
