"""A prospect's life: arrives, is worked on and qualified, while two people at their own browsers see it happen."""

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.office import PASSWORD, Office

pytestmark = pytest.mark.journey

Seats = Callable[..., Page]


def prospect(office: Office, owner: str = "james", **values: object) -> UUID:
    """A prospect in the hands of a salesperson."""
    known = {"first_name": "Camille", "last_name": "Berthier", "company_name": "Serres du Lis"}
    return office.has("lead", owner, **{"owner": office.id_of(owner), **known, **values})


def send_request(visitor: Page, name: str, mail: str) -> None:
    visitor.locator("[name=last_name]").fill(name)
    visitor.locator("[name=company_name]").fill("Serres du Lis SARL")
    visitor.locator("[name=emails]").fill(mail)
    visitor.locator("[name=description]").fill("Deux serres à équiper")
    visitor.locator("[name=consent]").check()


def test_a_request_reaches_the_manager_live(sits: Seats, office: Office) -> None:
    manager = sits("", "/leads")
    manager.get_by_label("Identifiant").fill("helene")
    manager.get_by_label("Mot de passe").fill(PASSWORD)
    manager.get_by_role("button", name="Se connecter").click()
    manager.get_by_role("link", name="À attribuer", exact=True).click()
    expect(manager.get_by_role("heading", level=1)).to_contain_text("Prospects")
    visitor = sits("", "/f/contact")
    send_request(visitor, "Orsini", "p.orsini@lisiere.example")
    visitor.wait_for_timeout(3500)  # people do not fill in a form in less
    visitor.get_by_role("button", name="Envoyer ma demande").click()
    visitor.get_by_role("dialog").get_by_role("button", name="Envoyer ma demande").click()
    expect(visitor.get_by_role("heading", name="Merci")).to_be_visible()
    expect(manager.get_by_role("row").filter(has_text="Orsini")).to_be_visible()
    expect(manager.locator("#toasts")).to_contain_text("Orsini")
    expect(manager.locator("#sidebar [data-count=inbox]")).to_have_text("1")


def test_a_call_is_logged_in_three_clicks(sits: Seats, office: Office) -> None:
    lead = prospect(office)
    page = sits("james", f"/leads/{lead}")
    page.locator("#composer").get_by_role("button", name="Appel").click()
    page.locator("#composer").get_by_role("button", name="Publier").click()
    expect(page.locator("#timeline")).to_contain_text("Appel")
    assert office.read("lead", lead)["status"] == "in_process"
    expect(page.locator(".stage-path [aria-current=step]")).to_contain_text("En cours")


def test_a_mention_is_told_and_the_timeline_moves_live(sits: Seats, office: Office) -> None:
    lead = prospect(office)
    manager = sits("helene", f"/leads/{lead}")
    page = sits("james", f"/leads/{lead}")
    text = page.locator("#composer textarea")
    text.click()
    text.press_sequentially("Voir le devis avec @Hél")
    page.get_by_role("option", name="Hélène").click()
    text.press("Control+Enter")
    expect(manager.locator("#timeline")).to_contain_text("Voir le devis avec")
    expect(manager.locator("#toasts")).to_contain_text("James")
    expect(manager.locator("#sidebar [data-count=inbox]")).not_to_be_empty()


def test_facts_are_qualified_in_place(sits: Seats, office: Office) -> None:
    lead = prospect(office)
    page = sits("james", f"/leads/{lead}")
    fact = page.locator("#fact-priority")
    fact.hover()
    fact.get_by_role("button", name="Modifier").click()
    fact.locator("select").select_option("high")
    expect(fact.locator("form")).to_have_count(0)
    expect(fact).to_contain_text("Haute")
    amount = page.locator("#fact-estimated_amount")
    amount.dblclick()
    amount.get_by_role("textbox").first.fill("18 500")
    amount.get_by_role("button", name="Enregistrer").click()
    expect(amount).to_contain_text("18 500")
    assert office.read("lead", lead)["priority"] == "high"
    assert office.read("lead", lead)["estimated_amount"].amount == 18500
