"""A salesperson writes a quote line by line and sends it; the rules of the opportunity's process follow."""

import re
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
    page.get_by_label("Sales process", exact=True).select_option(f"pipeline:{seed_id('pipeline', 'sale')}")
    page.get_by_label("When", exact=True).select_option(label=when)
    page.get_by_label("Name", exact=False).first.fill(when)
    page.get_by_label("Kind", exact=True).select_option(label=activity)
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Due in", exact=True).fill("3")
    page.get_by_label("Subject").press("Enter")
    expect(page.locator(".rule-line").filter(has_text=when.lower()[2:])).to_be_visible()


def test_quote_is_written_sent_and_reopened_and_its_rules_follow(office: Office, sits: Sits) -> None:
    of = deal(office)
    new_rule = "/automations/new?entity=opportunity"
    writes_rule(sits("admin", new_rule), "A quote is sent", "Call", "Call about {{ quote.number }}")
    writes_rule(sits("admin", new_rule), "A quote is reopened", "Task", "Rewrite {{ quote.number }}")
    page = sits("james", f"/opportunities/{of}")
    page.locator("#related-quote-opportunity").get_by_role("button", name="Ajouter").click()
    page.get_by_role("dialog").get_by_role("button", name="Créer", exact=True).click()
    expect(page.get_by_role("heading", name="Toiture", level=1)).to_be_visible()
    lines = page.locator("#related-quote_line-quote")
    expect(page.locator("x-lines:defined")).to_be_visible()
    for number, (item, price) in enumerate((("Survey", "250"), ("Roof", "1000")), 1):
        lines.get_by_label("Désignation").fill(item)
        lines.get_by_label("Prix unitaire").fill(price)
        lines.get_by_label("Prix unitaire").press("Enter")
        expect(lines.locator("tbody tr")).to_have_count(number)
        expect(lines.get_by_label("Désignation")).to_be_focused()
        expect(lines.get_by_label("Désignation")).to_have_value("")
    expect(page.locator("#fact-total")).to_contain_text(re.compile(r"1\s500\s€"))
    lines.locator("tbody tr").first.get_by_text("250").first.click()
    lines.locator(".cell-editor").get_by_role("textbox").fill("500")
    lines.locator(".cell-editor").get_by_role("textbox").press("Enter")
    expect(page.locator("#fact-total")).to_contain_text(re.compile(r"1\s800\s€"))
    page.get_by_role("button", name="Marquer comme envoyé").click()
    expect(page.locator(".record-header .badge").first).to_have_text("Envoyé")
    expect(lines.get_by_label("Désignation")).to_have_count(0)
    page.get_by_role("button", name="Rouvrir").click()
    expect(lines.get_by_label("Désignation")).to_be_visible()
    seen = sits("james", f"/opportunities/{of}")
    expect(seen.get_by_text("Call about D-2026-00001").first).to_be_visible()
    expect(seen.get_by_text("Rewrite D-2026-00001").first).to_be_visible()
    admin = sits("admin", "/automations/log")
    expect(admin.locator(".rule-run")).to_have_count(2)
    expect(admin.locator(".rule-run").filter(has_text="A quote is sent").first).to_be_visible()


def test_line_that_is_refused_keeps_what_was_typed(office: Office, sits: Sits) -> None:
    quote = office.has("quote", "james", opportunity=deal(office))
    page = sits("james", f"/quotes/{quote}")
    lines = page.locator("#related-quote_line-quote")
    expect(page.locator("x-lines:defined")).to_be_visible()
    lines.get_by_label("Désignation").fill("Roof")
    lines.get_by_label("Désignation").press("Enter")
    expect(lines.locator(".field-error")).to_be_visible()
    expect(lines.get_by_label("Désignation")).to_have_value("Roof")
    lines.get_by_label("Prix unitaire").fill("90")
    lines.get_by_role("button", name="Ajouter la ligne").click()
    expect(lines.locator("tbody tr")).to_have_count(1)
    lines.get_by_role("button", name="Supprimer").click()
    expect(lines.locator("tbody tr")).to_have_count(0)
    expect(page.locator("#fact-total")).to_have_text(re.compile(r"^\s*0\s€"))
