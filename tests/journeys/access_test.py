"""What the browser shows to whoever may only read, may see nothing, or works here no longer."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.office import Office

from entente.kernel.records.save import save

pytestmark = pytest.mark.journey

Seats = Callable[..., Page]


def test_a_reader_is_offered_nothing_to_write(sits: Seats, office: Office) -> None:
    lead = office.has("lead", "helene", last_name="Abgrall", company_name="Criée du Guilvinec")
    page = sits("rita", "/leads?view=everything")
    expect(page.get_by_role("row").filter(has_text="Abgrall")).to_be_visible()
    expect(page.get_by_role("button", name="Créer")).to_have_count(0)
    expect(page.locator("#list [data-edit]")).to_have_count(0)
    page.get_by_role("link", name="Abgrall").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Abgrall")
    expect(page.locator(".record-actions button")).to_have_count(0)
    expect(page.locator("[data-edit], #record-upload")).to_have_count(0)
    for path in (f"/leads/{lead}/edit", "/leads/new", "/imports/new", "/leads/assign", "/settings/users"):
        answer = page.goto(office.address + path)
        assert answer is not None
        assert answer.status in (403, 404), path
    assert office.read("lead", lead)["version"] == 1


def test_what_a_stranger_may_not_see_is_not_there(sits: Seats, office: Office) -> None:
    lead = office.has("lead", "helene", last_name="Rivage-Secret")
    page = sits("stranger")
    answer = page.goto(f"{office.address}/leads/{lead}")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("Rivage-Secret")).to_have_count(0)
    answer = page.goto(office.address + "/nowhere")
    assert answer is not None
    assert answer.status == 404


def test_who_works_here_no_longer_is_out_at_the_next_click(sits: Seats, office: Office) -> None:
    page = sits("sam", "/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    with office.acts("admin") as tx:
        save(tx, "user", {"active": False}, id=office.id_of("sam"))
    page.get_by_role("link", name="Accueil").first.click()
    expect(page.get_by_role("button", name="Se connecter")).to_be_visible()
