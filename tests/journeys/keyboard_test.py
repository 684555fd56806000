"""A day without a mouse: lists, records, the palette, dialogs and the board by keys."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.office import Office

pytestmark = pytest.mark.journey

Seats = Callable[..., Page]


def prospects(office: Office, *names: str) -> None:
    for name in names:
        office.has("lead", "james", owner=office.id_of("james"), last_name=name, company_name="Quai Ouest")


def test_rows_are_walked_ticked_edited_and_opened_by_keys(sits: Seats, office: Office) -> None:
    prospects(office, "Aziliz", "Briac", "Corentin")
    page = sits("james", "/leads?view=mine")
    rows = page.locator("#list tbody tr")
    expect(rows).to_have_count(3)
    page.keyboard.press("j")
    expect(rows.nth(0)).to_have_class("current")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_class("current")
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(rows.nth(0).locator("input[name=ids]")).to_be_checked()
    expect(page.locator("#bulk-bar")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#bulk-bar")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    editor = page.locator(".cell-editor input:not([type=hidden])").first
    expect(editor).to_be_focused()
    editor.fill("Quai Est")
    page.keyboard.press("Escape")
    expect(page.locator(".cell-editor")).to_have_count(0)
    expect(rows.nth(0)).to_contain_text("Quai Ouest")
    page.keyboard.press("e")
    page.locator(".cell-editor input:not([type=hidden])").first.fill("Quai Est")
    page.keyboard.press("Enter")
    expect(page.locator(".cell-editor")).to_have_count(0)
    expect(rows.nth(0)).to_contain_text("Quai Est")
    name = rows.nth(0).locator(".row-title a").inner_text()
    page.keyboard.press("o")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_the_palette_the_help_and_the_dialog_come_and_go_by_keys(sits: Seats, office: Office) -> None:
    prospects(office, "Gwendal")
    page = sits("james", "/leads?view=mine")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("#palette-query")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.locator("#palette-query").fill("gwendal")
    expect(page.get_by_role("option", name="Gwendal Quai Ouest")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Gwendal")
    button = page.get_by_role("button", name="Disqualifier")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    expect(button).to_be_focused()
    page.keyboard.press("c")
    expect(page.locator("#dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page).to_have_url(office.address + "/")


def test_a_card_moves_by_keys(sits: Seats, office: Office) -> None:
    prospects(office, "Maëlle")
    page = sits("james", "/leads/board?view=board")
    card = page.locator(".kanban-card").filter(has_text="Maëlle")
    card.locator(".card-title").focus()
    page.keyboard.press("]")
    expect(page.locator(".kanban-column").filter(has=card)).to_contain_text("En cours")
    expect(page.locator("#toasts")).to_contain_text("En cours")
    assert office.all_of("lead", 'last_name = "Maëlle"')[0]["status"] == "in_process"


def test_the_palette_means_what_was_typed_and_closes_at_once(sits: Seats, office: Office) -> None:
    prospects(office, "Gwendal")
    page = sits("james", "/leads?view=mine")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-query")).to_be_focused()
    page.keyboard.type("gwendal")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-results [role=option]").first).to_be_visible()
    page.keyboard.type("gwendal")
    page.keyboard.press("Enter")  # sooner than the answer comes
    expect(page.get_by_role("heading", level=1)).to_contain_text("Gwendal")
    expect(page.locator("#dialog")).to_be_hidden()


def inbox_of(login: str, sits: Seats, office: Office) -> Page:
    """Three tasks in somebody's inbox, as soon as keys walk it."""
    for name in ("Rappeler Aziliz", "Rappeler Briac", "Rappeler Corentin"):
        office.has("task", login, owner=office.id_of(login), subject=name)
    page = sits(login, "/inbox")
    expect(page.locator("#inbox-list > li")).to_have_count(3)
    expect(page.locator("#inbox-list a[tabindex='0']")).to_have_count(1)
    return page


def test_the_inbox_is_walked_and_ticked_by_keys(sits: Seats, office: Office) -> None:
    page = inbox_of("james", sits, office)
    links = page.locator("#inbox-list > li > a")
    page.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("x")
    page.keyboard.press("Shift+J")
    together = page.get_by_role("group", name="Avec les tâches sélectionnées")
    expect(together).to_contain_text("2 sélectionnés")
    page.keyboard.press("e")
    expect(page.locator("#dialog")).to_contain_text("Pour 2 tâches")
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(together).to_be_hidden()
    links.nth(1).focus()
    page.keyboard.press("r")
    expect(page.get_by_role("dialog").get_by_role("heading")).to_have_text("Transmettre")


def test_a_task_of_the_inbox_is_opened_and_answered_by_keys(sits: Seats, office: Office) -> None:
    page = inbox_of("helene", sits, office)
    links, title = page.locator("#inbox-list > li > a"), page.locator("#task-pane h2")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(title).to_be_visible()
    first = title.inner_text()
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_contain_text("Répondre à la tâche")
    expect(page.locator("#help")).not_to_contain_text("Modifier sur place")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("e")
    button = page.locator("#task-pane").get_by_role("button", name="Terminer")
    expect(title).not_to_have_text(first)
    expect(button).to_be_focused()
    page.keyboard.press("Escape")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("C’est fait")
    expect(links).to_have_count(2)


def test_a_sheet_that_cannot_be_fetched_says_so(sits: Seats, office: Office) -> None:
    page = sits("james", "/leads?view=mine")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.route("**/static/*.js", lambda route: route.abort())
    page.keyboard.press("?")
    expect(page.locator("#toasts .toast.error")).to_be_visible()
