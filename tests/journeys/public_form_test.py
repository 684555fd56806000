"""A stranger fills in a public form, on our page and on another site's."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect
from tests.journeys.served import other_site
from tests.world.cast import World

from entente.kernel.kit.clock import SetClock
from entente.kernel.records.query import Ask, find
from entente.kernel.records.query import page as page_of
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.forms.published import form_of

pytestmark = pytest.mark.journey


def leads(world: World) -> list[Record]:
    with world.system() as tx:
        return page_of(tx, Ask(entity="lead")).records


def change(world: World, **values: Any) -> None:
    with world.system() as tx:
        save(tx, "web_form", values, id=form_of(tx, "contact").id)


def later(world: World) -> None:
    clock = world.database.clock
    assert isinstance(clock, SetClock)
    clock.move(timedelta(seconds=5))


def fill(page: Page | FrameLocator) -> None:
    page.locator("[name=last_name]").fill("Berthier")
    page.locator("[name=emails]").fill("camille@lisiere.example")
    page.locator("[name=description]").fill("Deux serres à équiper")
    page.locator("[name=consent]").check()


def test_sections_follow_the_answers(page: Page, site: str) -> None:
    page.goto(f"{site}/f/contact")
    project, job = page.locator("[name=budget_status]"), page.locator("[name=job_title]")
    expect(page.locator("form[data-settled]")).to_be_attached()
    expect(project).to_be_hidden()
    expect(job).to_be_hidden()
    page.locator("[name=purchase_timeframe]").select_option("quarter")
    page.locator("[name=company_name]").fill("Lisière")
    expect(project).to_be_visible()
    expect(job).to_be_visible()
    page.locator("[name=company_name]").fill(" ")
    expect(job).to_be_hidden()


def test_answers_are_checked_as_one_types(page: Page, site: str, world: World) -> None:
    page.goto(f"{site}/f/contact")
    page.locator("[name=company_name]").fill("Lisière")
    employees = page.locator("[name=employees]")
    employees.fill("beaucoup")
    expect(page.get_by_text("Un nombre est attendu.")).to_be_visible()
    expect(employees).to_have_attribute("aria-invalid", "true")
    employees.fill("40")
    expect(page.get_by_text("Un nombre est attendu.")).to_have_count(0)
    page.locator("[name=emails]").fill("camille")
    page.locator("[name=last_name]").focus()
    expect(page.get_by_text("Merci de saisir une adresse e-mail complète.")).to_be_visible()
    assert leads(world) == []


def test_a_request_is_confirmed_sent_and_thanked_for(page: Page, site: str, world: World) -> None:
    page.goto(f"{site}/f/contact?utm_campaign=printemps")
    fill(page)
    later(world)
    page.get_by_role("button", name="Envoyer ma demande").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Annuler").click()
    assert leads(world) == []
    page.get_by_role("button", name="Envoyer ma demande").click()
    dialog.get_by_role("button", name="Envoyer ma demande").dblclick(no_wait_after=True)
    expect(page.get_by_role("heading", name="Merci !")).to_be_visible()
    (lead,) = leads(world)
    assert (lead["name"], lead["utm_campaign"]) == ("Berthier", "printemps")


def test_without_scripts_everything_typed_is_kept(browser: Browser, site: str, world: World) -> None:
    context = browser.new_context(locale="en-GB", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/f/contact")
    fill(page)
    page.locator("[name=consent]").uncheck()
    page.locator("[name=purchase_timeframe]").select_option("year")
    page.locator("[name=budget_status]").select_option("will")
    later(world)
    page.get_by_role("button", name="Send my request").click()
    expect(page.get_by_text("Your consent is needed")).to_be_visible()
    expect(page.locator("[name=description]")).to_have_value("Deux serres à équiper")
    page.locator("[name=consent]").check()
    page.get_by_role("button", name="Send my request").click()
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    (lead,) = leads(world)
    assert lead["budget_status"] == "none"
    context.close()


def test_companies_are_offered_from_the_list_of_the_form(page: Page, site: str, world: World) -> None:
    with world.system() as tx:
        definition = find(tx, "web_form", form_of(tx, "contact").id)["definition"]
    change(world, definition={**definition, "companies": ["Énergie du Lis SA", "Autre SARL"]})
    page.goto(f"{site}/f/contact")
    company = page.get_by_role("combobox", name="Société")
    company.press_sequentially("energie du")
    page.get_by_role("option", name="Énergie du Lis SA").wait_for()
    company.press("ArrowDown")
    company.press("Enter")
    expect(company).to_have_value("Énergie du Lis SA")


def test_the_form_works_in_the_frame_of_an_allowed_site(page: Page, site: str, world: World) -> None:
    frame = f'<iframe id="form" src="{site}/f/contact/embed?lang=fr" width="900" height="1200"></iframe>'
    with other_site({"/": frame}) as other:
        change(world, allowed_origins=[other])
        page.goto(other)
        inside = page.frame_locator("#form")
        fill(inside)
        later(world)
        inside.get_by_role("button", name="Envoyer ma demande").click()
        inside.get_by_role("dialog").get_by_role("button", name="Envoyer ma demande").click()
        expect(inside.get_by_role("heading", name="Merci !")).to_be_visible()
    (lead,) = leads(world)
    assert lead["referrer"].startswith(other)


def test_a_plain_form_of_another_site_is_taken_when_the_site_is_allowed(page: Page, site: str, world: World) -> None:
    form = (
        f'<meta charset="utf-8"><form method="post" action="{site}/f/contact">'
        '<input type="hidden" name="lang" value="fr">'
        '<input name="last_name"><input name="emails"><textarea name="description"></textarea>'
        '<input type="checkbox" name="consent" value="1"><button>Envoyer</button></form>'
    )
    with other_site({"/serres": form}) as other:
        page.goto(f"{other}/serres")
        fill(page)
        page.get_by_role("button", name="Envoyer").click()
        expect(page.get_by_text("Ce site n’est pas autorisé")).to_be_visible()
        assert leads(world) == []
        change(world, allowed_origins=[other])
        page.goto(f"{other}/serres?utm_source=salon")
        fill(page)
        page.get_by_role("button", name="Envoyer").click()
        expect(page.get_by_role("heading", name="Merci !")).to_be_visible()
    (lead,) = leads(world)
    assert lead["consent_text"].startswith("J’accepte que mes coordonnées")
