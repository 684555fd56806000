"""A prospect's life: arrives, is worked on and qualified, while two people at their own browsers see it happen."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.office import PASSWORD, Office

from entente.kernel.records.save import save

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
    with manager.expect_response(lambda answer: "/api/v1/live" in answer.url):
        manager.get_by_role("link", name="À attribuer", exact=True).click()
    expect(manager.get_by_role("heading", level=1)).to_contain_text("Prospects")
    visitor = sits("", "/f/contact")
    send_request(visitor, "Orsini", "p.orsini@lisiere.example")
    office.clock.move(timedelta(seconds=5))  # people do not fill in a form in less
    visitor.get_by_role("button", name="Envoyer ma demande").click()
    visitor.get_by_role("dialog").get_by_role("button", name="Envoyer ma demande").click()
    expect(visitor.get_by_role("heading", name="Merci !")).to_be_visible()
    expect(manager.get_by_role("row").filter(has_text="Orsini")).to_be_visible()
    expect(manager.locator("#toasts")).to_contain_text("Orsini")
    expect(manager.locator("#bell [data-count=notifications]")).to_have_text("1")


def test_a_call_is_logged_in_three_clicks(sits: Seats, office: Office) -> None:
    lead = prospect(office)
    page = sits("james", f"/leads/{lead}")
    kind = page.locator("#composer").get_by_role("button", name="Appel")
    kind.click()
    expect(kind).to_have_attribute("aria-current", "true")
    page.locator("#composer").get_by_role("button", name="Publier").click()
    expect(page.locator("#timeline")).to_contain_text("Appel")
    expect(page.locator(".stage-path [aria-current=step]")).to_contain_text("En cours")
    assert office.read("lead", lead)["status"] == "in_process"


def test_a_mention_is_told_and_the_timeline_moves_live(sits: Seats, office: Office) -> None:
    lead = prospect(office)
    manager = sits("helene", f"/leads/{lead}")
    page = sits("james", f"/leads/{lead}")
    text = page.locator("#composer textarea")
    text.click()
    text.press_sequentially("Voir le devis avec @Hél")
    page.get_by_role("option", name="Hélène").click()
    text.press("Control+Enter")
    expect(manager.locator("#toasts")).to_contain_text("James")  # first: it goes by itself
    expect(manager.locator("#timeline")).to_contain_text("Voir le devis avec")
    expect(manager.locator("#bell [data-count=notifications]")).not_to_be_empty()


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


def waiting(office: Office, last_name: str, **values: object) -> UUID:
    """A prospect that nobody has."""
    lead = office.has("lead", "helene", last_name=last_name, **values)
    with office.system() as tx:
        save(tx, "lead", {"owner": None}, id=lead, trusted=True)
    return lead


def test_the_manager_compares_assigns_and_undoes(sits: Seats, office: Office) -> None:
    office.has("contact", "helene", first_name="Yann", last_name="Kermadec", emails=["yann@ker.example"])
    leads = [
        waiting(office, "Kermadec", first_name="Yann", emails=["yann@ker.example"]),
        waiting(office, "Le Goff", company_name="Voiles de Groix"),
    ]
    seller = sits("james", "/leads?view=mine")
    manager = sits("helene", "/leads/assign")
    manager.get_by_role("link", name="Yann Kermadec").click()
    known = manager.locator("#duplicates article").filter(has_text="Contact")
    expect(known).to_contain_text("yann@ker.example")
    for lead in leads:
        manager.locator(f"#assign-{lead} input[name=ids]").check()
    manager.get_by_role("radio", name="James").check()
    manager.get_by_label("Priorité").select_option("urgent")
    manager.get_by_label("Commentaire").fill("À rappeler avant midi")
    manager.get_by_role("button", name="Attribuer", exact=True).click()
    expect(seller.get_by_role("row").filter(has_text="Le Goff")).to_be_visible()
    expect(seller.get_by_role("row").filter(has_text="Kermadec")).to_contain_text("Urgente")
    expect(seller.locator("#bell [data-count=notifications]")).not_to_be_empty()
    expect(manager.locator(f"#assign-{leads[0]}")).to_have_count(0)
    assert {str(office.read("lead", lead)["owner"]) for lead in leads} == {str(office.id_of("james"))}
    manager.locator("#toasts").get_by_role("button", name="Annuler").click()
    expect(manager.locator("#toasts .toast", has_text="modifications annulées")).to_be_visible()
    expect(manager.locator("#toasts [data-undo]")).to_have_count(0, timeout=3_000)
    expect(manager.locator(f"#assign-{leads[0]}")).to_be_visible()
    expect(seller.get_by_role("row").filter(has_text="Le Goff")).to_have_count(0)
    assert [office.read("lead", lead)["owner"] for lead in leads] == [None, None]


def test_two_editors_of_one_record_lose_nothing(sits: Seats, office: Office) -> None:
    lead = prospect(office, description="Au départ")
    first, second = sits("james", f"/leads/{lead}"), sits("helene", f"/leads/{lead}")
    for page in (first, second):
        page.get_by_role("button", name="Plus d’actions").first.click()
        page.locator("#record-more").get_by_role("button", name="Modifier").click()
    mine = second.locator("#dialog")
    mine.get_by_label("Fonction").fill("Directrice")
    mine.get_by_label("Description").fill("Ce qu’Hélène a écrit")
    first.locator("#dialog").get_by_label("Description").fill("Ce que James a écrit")
    first.locator("#dialog").get_by_label("Effectif").fill("12")
    first.locator("#dialog").get_by_role("button", name="Enregistrer").click()
    expect(first.locator("#dialog")).to_be_hidden()
    expect(mine.locator("[data-changed]")).to_contain_text("James")
    mine.get_by_role("button", name="Enregistrer").click()
    expect(mine.locator("#dialog-title")).to_have_text("Une autre personne a modifié cette fiche")
    expect(mine).to_contain_text("James James")
    clash = mine.get_by_role("row").filter(has_text="Description")
    expect(clash).to_contain_text("Ce qu’Hélène a écrit")
    expect(clash).to_contain_text("Ce que James a écrit")
    expect(mine).to_contain_text("Effectif")
    mine.get_by_role("button", name="Enregistrer ce choix").click()
    expect(mine).to_be_hidden()
    kept = office.read("lead", lead)
    assert (kept["description"], kept["job_title"], kept["employees"]) == ("Ce qu’Hélène a écrit", "Directrice", 12)
    expect(first.locator("#record")).to_contain_text("Ce qu’Hélène a écrit")
