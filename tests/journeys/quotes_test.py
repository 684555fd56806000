"""A salesperson writes a quote line by line and sends it; the rules of the opportunity's process follow."""

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.office import Office

from entente.kernel.seeding import seed_id

pytestmark = pytest.mark.journey

Sits = Callable[..., Page]


def deal(office: Office) -> UUID:
    account = office.has("account", "james", name="Lisière SA")
    given = {"name": "Toiture", "amount": "1000", "close_date": "2027-01-15", "account": account}
    return office.has("opportunity", "james", **given, stage=seed_id("pipeline_stage", "sale_proposal"))


def writes_rule(page: Page, when: str, activity: str, subject: str) -> None:
    """The administrator adds a rule to the process of sales."""
    page.goto("/automations/new?entity=opportunity")
    page.get_by_label("Sales process", exact=True).select_option(label="Sale of services")
    page.get_by_label("When", exact=True).select_option(label=when)
    page.get_by_label("Name", exact=False).first.fill(when)
    page.get_by_label("Activity", exact=True).select_option(label=activity)
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Due in", exact=True).fill("3")
    page.get_by_label("Subject").press("Enter")
    expect(page.locator(".rule-line").filter(has_text=when.lower()[2:])).to_be_visible()


def test_quote_is_written_sent_and_reopened_and_its_rules_follow(office: Office, sits: Sits) -> None:
    of = deal(office)
    admin = sits("admin", "/automations")
    writes_rule(admin, "A quote is sent", "Call", "Call about {{ quote.number }}")
    writes_rule(admin, "A quote is reopened", "Task", "Rewrite {{ quote.number }}")
    page = sits("james", f"/opportunities/{of}")
    page.locator("#related-quote-opportunity").get_by_role("button", name="Add").click()
    page.get_by_role("dialog").get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("heading", name="Toiture", level=1)).to_be_visible()
    lines = page.locator("#related-quote_line-quote")
    expect(page.locator("x-lines:defined")).to_be_visible()
    for number, (item, price) in enumerate((("Survey", "250"), ("Roof", "1,000")), 1):
        lines.get_by_label("Item").fill(item)
        lines.get_by_label("Unit price").fill(price)
        lines.get_by_label("Unit price").press("Enter")
        expect(lines.locator("tbody tr")).to_have_count(number)
        expect(lines.get_by_label("Item")).to_be_focused()
        expect(lines.get_by_label("Item")).to_have_value("")
    expect(page.locator("#fact-total")).to_contain_text("1,500.00")
    lines.locator("tbody tr").first.get_by_text("250.00").first.click()
    lines.locator(".cell-editor").get_by_role("textbox").fill("500")
    lines.locator(".cell-editor").get_by_role("textbox").press("Enter")
    expect(page.locator("#fact-total")).to_contain_text("1,800.00")
    page.get_by_role("button", name="Mark as sent").click()
    page.get_by_role("dialog").get_by_role("button", name="Mark as sent").click()
    expect(page.locator(".record-header .badge").first).to_have_text("Sent")
    expect(lines.get_by_label("Item")).to_have_count(0)
    page.get_by_role("button", name="Reopen").click()
    page.get_by_role("dialog").get_by_role("button", name="Reopen").click()
    expect(lines.get_by_label("Item")).to_be_visible()
    seen = sits("james", f"/opportunities/{of}")
    expect(seen.get_by_text("Call about D-2026-00001").first).to_be_visible()
    expect(seen.get_by_text("Rewrite D-2026-00001").first).to_be_visible()
    admin.goto("/automations/log")
    expect(admin.locator(".rule-run")).to_have_count(2)
    expect(admin.locator(".rule-run").filter(has_text="A quote is sent").first).to_be_visible()


def test_line_that_is_refused_keeps_what_was_typed(office: Office, sits: Sits) -> None:
    quote = office.has("quote", "james", opportunity=deal(office))
    page = sits("james", f"/quotes/{quote}")
    lines = page.locator("#related-quote_line-quote")
    expect(page.locator("x-lines:defined")).to_be_visible()
    lines.get_by_label("Item").fill("Roof")
    lines.get_by_label("Item").press("Enter")
    expect(lines.locator(".field-error")).to_be_visible()
    expect(lines.get_by_label("Item")).to_have_value("Roof")
    lines.get_by_label("Unit price").fill("90")
    lines.get_by_role("button", name="Add the line").click()
    expect(lines.locator("tbody tr")).to_have_count(1)
    lines.get_by_role("button", name="Delete").click()
    expect(lines.locator("tbody tr")).to_have_count(0)
    expect(page.locator("#fact-total")).to_contain_text("0.00")
