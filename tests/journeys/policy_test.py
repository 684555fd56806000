"""The policy of content is kept while parts of pages are swapped, whatever a script has moved before."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.journey
Sits = Callable[..., Page]
WATCH = """() => {
  window.broken = [];
  document.addEventListener("securitypolicyviolation", (event) => window.broken.push(event.violatedDirective));
  for (const control of document.querySelectorAll("#dialog [id]")) control.style.maxWidth = "90%";
}"""


def test_what_a_script_has_styled_is_swapped_without_breaking_the_policy(sits: Sits) -> None:
    page = sits("james", "/leads/new")
    dialog = page.locator("#dialog")
    expect(dialog.locator("form")).to_be_visible()
    expect(page.locator("main h1")).to_be_visible()
    page.evaluate(WATCH)
    dialog.locator("form footer .primary").click()
    expect(dialog.locator(".error-summary, .field-error").first).to_be_visible()
    assert page.evaluate("window.broken") == []
