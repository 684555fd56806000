"""The scripts in a real browser under the strict policy: keys, editing in place, drafts, board, public form."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from entente.interfaces.html.assets import DIST
from tests.chromium import QUIET, chromium
from tests.interfaces.behaviour_server import Pages, served

pytestmark = pytest.mark.journey
TOKEN = "t'oken\"<"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as made:
        opened = made.chromium.launch(executable_path=chromium(), args=["--no-sandbox", QUIET])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Pages]]:
    assert (DIST / "manifest.json").exists(), "the assets are not built: run script/setup"
    with served() as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: tuple[str, Pages]) -> Iterator[Page]:
    context = browser.new_context(base_url=server[0], viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    broken: list[str] = []
    opened.on("pageerror", lambda fault: broken.append(str(fault)))
    opened.on("console", lambda said: broken.append(said.text) if "Content Security Policy" in said.text else None)
    yield opened
    context.close()
    assert broken == []


def at_list(page: Page) -> None:
    page.goto("/leads")
    for island in ("x-grid", "x-filters"):
        page.locator(f"{island}:defined").wait_for(state="attached")
    page.locator(".title-bar h1").click()


def test_keys_walk_select_and_act(page: Page, server: tuple[str, Pages]) -> None:
    at_list(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr.current")).to_have_attribute("data-id", "1")
    page.keyboard.press("x")
    page.keyboard.press("Shift+J")
    expect(page.locator(".selected-count")).to_have_text("2 sélectionnés")
    with page.expect_response("**/leads/bulk/assign"):
        page.keyboard.press("a")
    _, body, token = next(item for item in server[1].posted if item[0] == "/leads/bulk/assign")
    assert body == "ids=1&ids=2"
    assert token == TOKEN


def test_everything_that_matches_can_be_selected(page: Page) -> None:
    at_list(page)
    page.locator("[data-select-all]").check()
    page.locator("[data-select-matching]").click()
    expect(page.locator(".selected-count")).to_have_text(re.compile("1.284 sélectionnés"))
    page.keyboard.press("Escape")
    expect(page.locator("#bulk-bar")).to_be_hidden()


def test_a_cell_is_edited_in_place_and_undone(page: Page, server: tuple[str, Pages]) -> None:
    at_list(page)
    cell = page.locator("#cell-4-status")
    cell.dblclick()
    cell.locator("select").select_option("proposal")
    expect(cell.locator(".badge")).to_have_text("Proposition")
    expect(page.locator(".toast [data-undo]")).to_be_visible()
    with page.expect_response("**/undo"):
        page.keyboard.press("Control+z")


def test_live_counts_arrive(page: Page) -> None:
    at_list(page)
    expect(page.locator("[data-count=inbox]").first).to_have_text("9")


def test_refused_form_keeps_what_was_typed(page: Page) -> None:
    at_list(page)
    page.keyboard.press("c")
    text = page.locator("#dialog [name=text]")
    text.fill("typed by me")
    expect(page.locator("#duplicate-hints")).not_to_be_empty()
    page.locator("#dialog button.primary").click()
    expect(page.locator("#dialog .error-summary")).to_be_visible()
    expect(text).to_have_value("typed by me")
    assert page.evaluate("Object.keys(sessionStorage).some((key) => key.endsWith(':lead-new'))")
    text.fill("accepted")
    page.locator("#dialog button.primary").click()
    expect(page.locator("#dialog")).to_be_hidden()
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.endsWith(':lead-new'))") == []


def test_change_by_someone_else_is_announced_in_the_editor(page: Page) -> None:
    at_list(page)
    page.keyboard.press("c")
    expect(page.locator("#dialog form")).to_be_visible()
    other = page.context.new_page()
    icon = page.locator("link[rel=icon]").get_attribute("href") or ""
    other.goto("/static/" + icon.rpartition("/")[2])
    change = "{entity: 'lead', id: '1', version: 9, by: 'Nadia'}"
    other.evaluate(f"new BroadcastChannel('entente-live').postMessage({{kind: 'record-changed', data: {change}}})")
    expect(page.locator("#dialog [data-changed]")).to_contain_text("Nadia a modifié")


def test_lookup_is_used_by_keys(page: Page) -> None:
    at_list(page)
    page.keyboard.press("c")
    lookup = page.locator("#dialog x-lookup").first
    lookup.locator("[data-remove]").click()
    lookup.locator("[role=combobox]").fill("na")
    expect(lookup.locator("[role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(lookup.locator(".lookup-chosen input")).to_have_value("u9")


def test_palette_and_help_open_by_keys(page: Page) -> None:
    at_list(page)
    page.keyboard.press("Control+k")
    expect(page.locator("#palette [role=option][aria-selected=true]")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#help kbd").first).to_be_visible()


def test_a_condition_is_added_to_the_filter(page: Page) -> None:
    at_list(page)
    page.locator("[data-add-condition]").click()
    page.locator("#filter-editor input[type=checkbox]").check()
    with page.expect_response(lambda answer: "%22value%22%3A%5B%22new%22%5D%7D%2C" in answer.url):
        page.locator("#filter-editor button.primary").click()


def test_a_refused_move_puts_the_card_back(page: Page) -> None:
    page.goto("/board")
    page.locator("x-kanban:defined").wait_for(state="attached")
    page.locator("#card-c0 a").focus()
    page.keyboard.press("]")
    expect(page.locator(".toast.error")).to_be_visible()
    expect(page.locator("ul[data-key=a] #card-c0")).to_have_count(1)


def test_public_form_shows_sections_checks_and_sends_once(page: Page, server: tuple[str, Pages]) -> None:
    page.goto("/public")
    section = page.locator(".form-section[data-show-if]")
    expect(section).to_be_hidden()
    page.locator("[name=choice]").select_option("new")
    expect(section).to_be_visible()
    page.locator("[name=email_set]").fill("nothing")
    page.locator("form > .row [type=submit]").click()
    expect(page.locator("#field-email_set-error, [id$='email_set-error']").first).to_be_visible()
    page.locator("[name=email_set]").fill("c@example.org")
    page.locator("[name=consent]").check()
    page.locator("form > .row [type=submit]").click()
    with page.expect_response("**/f/contact"):
        page.locator("[data-confirm-yes]").dblclick()
    assert len([item for item in server[1].posted if item[0] == "/f/contact"]) == 1
