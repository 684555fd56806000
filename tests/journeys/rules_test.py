"""An administrator sets up how duplicates are recognised, by keyboard and without a code, and tries it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.office import Office

pytestmark = pytest.mark.journey

Seats = Callable[..., Page]


def test_a_duplicate_rule_is_made_line_by_line_and_tried(sits: Seats, office: Office) -> None:
    admin = sits("admin", "/duplicate-rules/new")
    dialog = admin.get_by_role("dialog")
    rows = dialog.locator("x-rows")
    dialog.get_by_label("Name").fill("Company known as account")
    dialog.get_by_label("Entity that is entered").select_option(label="Lead")
    expect(rows).to_contain_text("Fill in first")
    dialog.get_by_label("Entity that is compared").select_option(label="Account")
    first = rows.locator(".rows-row").first
    first.get_by_label("What is entered: Lead").select_option(label="Website")
    expect(first.get_by_label("Compared as")).to_have_value("domain")
    expect(first.get_by_label("What is known: Account")).to_have_value("website")
    add = rows.get_by_role("button", name="Add a comparison")
    add.focus()
    admin.keyboard.press("Enter")
    second = rows.locator(".rows-row").nth(1).get_by_label("What is entered: Lead")
    expect(second).to_be_focused()
    second.select_option(label="Company")
    expect(rows.locator(".rows-row").nth(1).get_by_label("Compared as")).to_have_value("text")
    up = rows.get_by_role("button", name="Move line 2 up")
    up.focus()
    admin.keyboard.press("Enter")
    expect(first.get_by_label("What is entered: Lead")).to_have_value("company_name")
    expect(rows.get_by_role("button", name="Move line 1 down")).to_be_focused()
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect(dialog).to_contain_text("Line 1: choose the two fields to compare.")
    expect(first.get_by_label("What is known: Account")).to_be_focused()
    expect(first.get_by_label("What is entered: Lead")).to_have_value("company_name")
    first.get_by_label("What is known: Account").select_option(label="Name")
    first.get_by_label("Compared as").select_option("company_name")
    rows.get_by_role("button", name="Remove line 2").click()
    expect(rows.locator(".rows-row")).to_have_count(1)
    expect(add).to_be_focused()
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect(admin.get_by_role("heading", name="Company known as account")).to_be_visible()
    expect(admin.locator("#record-facts")).to_contain_text("same company name, without accents and legal form")
    tries_it(admin, office)


def tries_it(admin: Page, office: Office) -> None:
    office.has("account", "james", name="Menuiserie Kermarrec SARL")
    admin.get_by_role("link", name="Try it").click()
    admin.get_by_label("Company", exact=True).fill("menuiserie kermarrec")
    found = admin.locator("#trial-found")
    expect(found.get_by_role("link", name="Menuiserie Kermarrec SARL")).to_be_visible()
    expect(found).to_contain_text("the same")
