"""What was typed comes back: after a session that ended, after a form that was closed, over another's change."""

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.journeys.office import PASSWORD, Office

pytestmark = pytest.mark.journey

Seats = Callable[..., Page]
WORDS = "Ils ouvrent une troisième serre au printemps"


def prospect(office: Office, **values: object) -> UUID:
    known = {"first_name": "Camille", "last_name": "Berthier", "company_name": "Serres du Lis"}
    return office.has("lead", "helene", **{"owner": office.id_of("helene"), **known, **values})


def edited(page: Page) -> Locator:
    """The open form of the record, its folded parts unfolded."""
    page.get_by_role("button", name="Plus d’actions").first.click()
    page.locator("#record-more").get_by_role("button", name="Modifier").click()
    form = page.locator("#dialog form")
    expect(form).to_be_visible()
    form.locator("details:not([open])").evaluate_all("all => all.forEach((each) => (each.open = true))")
    return form


def sign_in_again(page: Page) -> None:
    page.get_by_label("Identifiant").fill("helene")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()


def test_a_note_survives_a_session_that_ended(sits: Seats, office: Office) -> None:
    lead = prospect(office)
    page = sits("helene", f"/leads/{lead}")
    page.locator("#composer textarea").fill(WORDS)
    page.context.clear_cookies()
    page.locator("#composer textarea").press("Control+Enter")
    sign_in_again(page)
    expect(page.locator("#composer textarea")).to_have_value(WORDS)
    assert page.url.endswith(f"/leads/{lead}")
    page.locator("#composer textarea").press("Control+Enter")
    expect(page.locator("#timeline")).to_contain_text(WORDS)


def test_a_dialog_is_open_again_after_a_session_that_ended(sits: Seats, office: Office) -> None:
    lead = prospect(office)
    page = sits("helene", f"/leads/{lead}")
    page.get_by_role("button", name="Disqualifier").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Motif").select_option("not_interested")
    dialog.get_by_label("Commentaire").fill(WORDS)
    page.context.clear_cookies()
    dialog.get_by_role("button", name="Disqualifier").click()
    sign_in_again(page)
    expect(dialog.get_by_label("Commentaire")).to_have_value(WORDS)
    expect(dialog.get_by_label("Motif")).to_have_value("not_interested")
    dialog.get_by_role("button", name="Disqualifier").click()
    expect(page.locator(".stage-path [aria-current=step]")).to_contain_text("Abandonné")
    page.reload()
    expect(page.locator("#timeline")).to_contain_text(WORDS)
    expect(dialog).to_be_hidden()


def test_a_fact_survives_a_session_that_ended(sits: Seats, office: Office) -> None:
    lead = prospect(office)
    page = sits("helene", f"/leads/{lead}")
    fact = page.locator("#fact-company_name")
    fact.dblclick()
    fact.get_by_role("textbox").fill("Serres du Lis et fils")
    page.context.clear_cookies()
    fact.get_by_role("textbox").press("Enter")
    sign_in_again(page)
    fact.dblclick()
    expect(fact.get_by_role("textbox")).to_have_value("Serres du Lis et fils")
    fact.get_by_role("textbox").press("Escape")
    expect(fact).to_have_text("Serres du Lis")
    fact.dblclick()
    expect(fact.get_by_role("textbox")).to_have_value("Serres du Lis")


def test_what_one_person_typed_is_not_shown_to_the_next(sits: Seats, office: Office) -> None:
    lead = prospect(office)
    page = sits("marie", f"/leads/{lead}")
    page.locator("#composer textarea").fill(WORDS)
    page.context.clear_cookies()
    page.locator("#composer textarea").press("Control+Enter")
    sign_in_again(page)
    expect(page.locator("#composer textarea")).to_have_value("")


def test_a_closed_form_brings_back_added_lines_and_chosen_records(sits: Seats, office: Office) -> None:
    lead = prospect(office, emails=["camille@lisiere.example"])
    office.has("account", "helene", name="Pépinières Lisière")
    page = sits("helene", f"/leads/{lead}")
    form = edited(page)
    form.locator("[data-set]", has=page.locator("[name=emails]")).get_by_role("button", name="Ajouter").click()
    form.locator("[name='emails.1.value']").fill("direction@lisiere.example")
    account = form.get_by_role("combobox", name="Compte existant")
    account.press_sequentially("lisi")
    form.get_by_role("option", name="Pépinières Lisière").click()
    page.locator("#dialog").get_by_role("button", name="Annuler").click()
    expect(page.locator("#dialog")).to_be_hidden()
    form = edited(page)
    expect(form.get_by_text("Votre saisie a été retrouvée")).to_be_visible()
    expect(form.locator("[name='emails.1.value']")).to_have_value("direction@lisiere.example")
    expect(form.locator("x-lookup[name=existing_account] .lookup-chosen")).to_have_text("Pépinières Lisière")
    form.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("#fact-emails")).to_contain_text("direction@lisiere.example")
    kept = office.read("lead", lead)
    assert [entry.value for entry in kept["emails"]] == ["camille@lisiere.example", "direction@lisiere.example"]
    assert kept["existing_account"] is not None


def test_a_form_brought_back_does_not_overwrite_what_changed_meanwhile(sits: Seats, office: Office) -> None:
    lead = prospect(office, description="Au départ", job_title="Gérante")
    page = sits("helene", f"/leads/{lead}")
    edited(page).locator("[name=description]").fill("Ce qu’Hélène a écrit")
    page.locator("#dialog").get_by_role("button", name="Annuler").click()
    other = sits("admin", f"/leads/{lead}")
    title = other.locator("#fact-job_title")
    title.dblclick()
    title.get_by_role("textbox").fill("Directrice")
    title.get_by_role("textbox").press("Enter")
    expect(page.locator("#fact-job_title")).to_have_text("Directrice")
    form = edited(page)
    expect(form.locator("[name=description]")).to_have_value("Ce qu’Hélène a écrit")
    form.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("#dialog")).to_contain_text("Une autre personne a modifié cette fiche")
    page.locator("#dialog").get_by_role("button", name="Enregistrer ce choix").click()
    expect(page.locator("#fact-description")).to_have_text("Ce qu’Hélène a écrit")
    expect(page.locator("#fact-job_title")).to_have_text("Directrice")
    expect(edited(page).get_by_text("Votre saisie a été retrouvée")).to_be_hidden()


def test_a_refused_dialog_leads_to_the_field_and_keeps_the_rest(sits: Seats, office: Office) -> None:
    lead = prospect(office)
    page = sits("helene", f"/leads/{lead}")
    page.get_by_role("button", name="Disqualifier").click()
    dialog = page.locator("#dialog")
    dialog.locator("[name=comment]").fill("Ne répond plus depuis juin")
    dialog.get_by_role("button", name="Disqualifier").click()
    reason = dialog.locator("select[name=disqualify_reason]")
    expect(reason).to_have_attribute("aria-invalid", "true")
    expect(reason).to_be_focused()
    expect(dialog.locator("[name=comment]")).to_have_value("Ne répond plus depuis juin")
    expect(dialog.get_by_text("Votre saisie a été retrouvée")).to_be_hidden()
    dialog.get_by_role("button", name="Annuler").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Disqualifier").click()
    expect(dialog.get_by_text("Votre saisie a été retrouvée")).to_be_visible()
    expect(dialog.locator("[name=comment]")).to_have_value("Ne répond plus depuis juin")


def test_what_is_typed_while_a_draft_returns_stays(sits: Seats, office: Office) -> None:
    lead = prospect(office)
    page = sits("helene", f"/leads/{lead}")
    form = edited(page)
    form.locator("[name=job_title]").fill("Gérante")
    form.locator("[name='emails.0.value']").fill("camille@")
    held: list[Route] = []
    page.route("**/static/chunk-*", lambda route: held.append(route))
    form.get_by_role("button", name="Enregistrer").click()
    expect(form.locator("[data-field=emails] .field-error")).to_be_visible()
    form.locator("[name=last_name]").fill("Berthier-Lis")
    page.wait_for_timeout(100)
    assert held  # the part of the page that brings drafts back is on its way
    for route in held:
        with page.expect_response(route.request.url):
            route.continue_()
    page.wait_for_timeout(300)
    expect(form.locator("[name=last_name]")).to_have_value("Berthier-Lis")
    expect(form.locator("[name=job_title]")).to_have_value("Gérante")
