"""Two managers hand out prospects at once: neither loses what he had chosen, both see what is left."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from tests.journeys.office import Office

from entente.kernel.records.save import save

pytestmark = pytest.mark.journey

Seats = Callable[..., Page]


def test_the_screen_follows_what_another_manager_hands_out(sits: Seats, office: Office) -> None:
    for last_name in ("Aubin", "Brossard", "Cadiou"):
        lead = office.has("lead", "helene", last_name=last_name)
        with office.system() as tx:
            save(tx, "lead", {"owner": None}, id=lead, trusted=True)
    mine, other = sits("helene", "/leads/assign"), sits("admin", "/leads/assign")
    row = mine.locator(".assign-row", has_text="Aubin")
    row.get_by_role("link", name="Aubin").click()
    expect(mine.locator("#duplicates")).to_contain_text("Aubin")
    expect(row).to_have_attribute("aria-current", "true")
    expect(mine.locator(".assign-row[aria-current]")).to_have_count(1)
    row.get_by_role("checkbox").check()
    mine.get_by_label("Commentaire").fill("À rappeler avant midi")
    other.locator(".assign-row", has_text="Cadiou").get_by_role("checkbox").check()
    other.get_by_role("radio", name="James").check()
    other.get_by_role("button", name="Assign", exact=True).click()
    expect(mine.locator(".assign-row", has_text="Cadiou")).to_have_count(0)
    expect(mine.locator("#waiting")).to_have_text("2")
    expect(row).to_have_attribute("aria-current", "true")
    expect(row.get_by_role("checkbox")).to_be_checked()
    expect(mine.get_by_label("Commentaire")).to_have_value("À rappeler avant midi")


def test_rows_are_opened_and_ticked_by_keys(sits: Seats, office: Office) -> None:
    for last_name in ("Touchard", "Touche", "Touchet"):
        lead = office.has("lead", "helene", last_name=last_name)
        with office.system() as tx:
            save(tx, "lead", {"owner": None}, id=lead, trusted=True)
    page = sits("helene", "/leads/assign?q=touch")
    rows = page.locator(".assign-row")
    expect(rows).to_have_count(3)
    expect(page.locator("x-grid:defined")).to_have_count(1)
    page.keyboard.press("j")
    expect(rows.nth(0).get_by_role("link")).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1).get_by_role("link")).to_be_focused()
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    expect(page.locator("#duplicates")).to_contain_text(rows.nth(1).get_by_role("link").inner_text())
    page.keyboard.press("x")
    expect(rows.nth(1).get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("Shift+J")
    expect(rows.nth(2).get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("x")
    expect(rows.nth(2).get_by_role("checkbox")).not_to_be_checked()


def test_an_opened_row_stays_marked_when_an_older_answer_of_the_list_comes_late(sits: Seats, office: Office) -> None:
    for last_name in ("Ouvrard", "Ouvry"):
        lead = office.has("lead", "helene", last_name=last_name)
        with office.system() as tx:
            save(tx, "lead", {"owner": None}, id=lead, trusted=True)
    page = sits("helene", "/leads/assign?q=ouvr")
    rows = page.locator(".assign-row")
    expect(rows).to_have_count(2)
    expect(page.locator("x-grid:defined")).to_have_count(1)
    late: list[Route] = []
    page.route("**/leads/assign?q=ouvr", lambda route: late.append(route))
    page.evaluate("document.body.dispatchEvent(new CustomEvent('list-changed'))")
    page.wait_for_timeout(300)
    rows.nth(1).get_by_role("link").click()
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    expect(page.locator("#duplicates")).to_contain_text(rows.nth(1).get_by_role("link").inner_text())
    with page.expect_response("**/leads/assign?q=ouvr"):
        late[0].continue_()
    page.wait_for_timeout(500)
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
