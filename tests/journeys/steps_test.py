"""A task with steps: written in the form, ticked on its page, begun anew when it comes again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.office import Office

pytestmark = pytest.mark.journey

Seats = Callable[..., Page]


def test_steps_are_written_ticked_and_begun_anew(sits: Seats, office: Office) -> None:
    account = office.has("account", "helene", name="Serres du Lis")
    regarding = {"entity": "account", "id": str(account)}
    due = datetime.now(UTC).date() + timedelta(days=2)
    task = office.has("task", "helene", subject="Préparer la visite", regarding=regarding, due_on=due)
    page = sits("helene", f"/tasks/{task}")
    page.get_by_role("button", name="Plus d’actions").first.click()
    page.locator("#record-more").get_by_role("button", name="Modifier").click()
    form = page.locator("#dialog form")
    form.get_by_label("Répétition", exact=True).select_option("weekly")
    form.locator("[name='checklist.0.text']").fill("Plan d’accès")
    steps = form.locator("[data-field=checklist]")
    steps.get_by_role("button", name="Ajouter une étape").click()
    page.keyboard.type("Badges")
    form.get_by_role("button", name="Enregistrer").click()
    fact = page.locator("#fact-checklist")
    fact.get_by_label("Badges").check()
    expect(fact.get_by_text("1 sur 2 faites")).to_be_visible()
    fact.get_by_label("Plan d’accès").check()
    expect(fact.get_by_text("2 sur 2 faites")).to_be_visible()
    page.get_by_role("button", name="Terminer").first.click()
    page.locator("#dialog").get_by_role("button", name="Terminer").click()
    following = page.locator("section, aside").get_by_role("link", name="Préparer la visite")
    expect(following.first).to_be_visible()
    following.first.click()
    expect(page.locator("#fact-checklist")).to_contain_text("0 sur 2 faites")


@pytest.mark.parametrize("entity", ["opportunity", "task"])
def test_a_long_form_in_a_dialog_follows_the_wheel(sits: Seats, office: Office, entity: str) -> None:
    account = office.has("account", "helene", name="Serres du Lis")
    values: dict[str, dict[str, object]] = {
        "task": {"subject": "Visite", "regarding": {"entity": "account", "id": str(account)}},
        "opportunity": {"name": "Serre", "account": account, "amount": "1000", "close_date": "2030-01-01"},
    }
    made = office.has(entity, "helene", **values[entity])
    page = sits("helene", f"/{'tasks' if entity == 'task' else 'opportunities'}/{made}")
    page.keyboard.press("e")
    body = page.locator("#dialog .dialog-body")
    expect(body.locator("x-lookup [role=combobox][aria-controls]").first).to_be_visible()
    expect(body.locator("label").first).to_be_in_viewport()
    body.hover()
    page.mouse.wheel(0, 300)
    expect(body.locator("label").first).not_to_be_in_viewport()
