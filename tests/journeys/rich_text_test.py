"""A rich text is written as it will look, by mouse and by keys; without scripts it is still written."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from tests.journeys.office import Office

pytestmark = pytest.mark.journey

SAVED = "<p>Cordialement, <strong>James</strong></p><ul><li><p>Brest</p></li></ul>"


def test_marks_are_set_by_keys_and_by_the_bar(sits: Callable[..., Page], office: Office) -> None:
    page = sits("james", "/settings")
    expect(page.get_by_role("toolbar")).to_be_visible()
    text = page.get_by_role("textbox", name="Signature d’e-mail")
    text.click()
    page.keyboard.type("Cordialement, ")
    page.keyboard.press("Control+b")
    page.keyboard.type("James")
    expect(page.get_by_role("button", name="Gras")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Control+b")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Liste", exact=True).click()
    page.keyboard.type("Brest")
    expect(text.locator("li")).to_have_text("Brest")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Enregistré")).to_be_visible()
    assert office.read("user", office.id_of("james"))["signature"] == SAVED


def test_who_writes_before_the_editor_is_there_goes_on_writing(sits: Callable[..., Page], office: Office) -> None:
    page = sits("james")
    held: list[Route] = []
    page.route("**/static/x-rich-text*.js", lambda route: held.append(route))
    with page.expect_request("**/static/x-rich-text*.js"):
        page.goto(office.address + "/settings")
    text = page.get_by_role("textbox", name="Signature d’e-mail")
    text.fill("Bien")
    expect(page.get_by_role("toolbar")).to_have_count(0)
    held[0].continue_()
    expect(page.get_by_role("toolbar")).to_be_visible()
    expect(text).to_be_focused()
    page.keyboard.type(" à vous")
    expect(text.locator("p")).to_have_text("Bien à vous")


def test_without_scripts_it_is_a_plain_field(browser: Browser, office: Office) -> None:
    context = browser.new_context(locale="fr-FR", java_script_enabled=False)
    context.add_cookies([office.session("nadia")])
    page = context.new_page()
    page.goto(office.address + "/settings")
    text = page.get_by_label("Signature d’e-mail")
    text.fill("Cordialement, Nadia")
    expect(text).to_have_value("Cordialement, Nadia")
    expect(page.get_by_role("toolbar")).to_have_count(0)
    context.close()
