"""A prospect becomes an opportunity that is won, lost or put to sleep and woken; what was converted comes back."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.journeys.office import Office
from tests.journeys.served import run_what_is_due

pytestmark = pytest.mark.journey

Seats = Callable[..., Page]


def deal(office: Office, name: str) -> UUID:
    """An opportunity of James."""
    account = office.has("account", "james", name="Port de plaisance")
    amount = {"amount": "12000", "currency": "EUR"}
    return office.has("opportunity", "james", name=name, account=account, amount=amount, close_date="2027-02-01")


def part(dialog: Locator, name: str) -> Locator:
    return dialog.locator("fieldset.part").filter(has=dialog.page.locator(f"[name='{name}.means']"))


def lead_to_convert(office: Office) -> UUID:
    return office.has(
        "lead",
        "james",
        owner=office.id_of("james"),
        first_name="Solène",
        last_name="Quemener",
        company_name="Chantiers du Ponant",
        emails=["solene@ponant.example"],
        estimated_amount={"amount": "18500", "currency": "EUR"},
    )


def test_a_prospect_becomes_account_contact_and_opportunity_and_back(sits: Seats, office: Office) -> None:
    account = office.has("account", "james", name="Chantiers du Ponant SAS")
    lead = lead_to_convert(office)
    page = sits("james", f"/leads/{lead}")
    page.get_by_role("button", name="Convertir").click()
    dialog = page.locator("#dialog")
    part(dialog, "account").get_by_label("Relier à l’existant").check()
    part(dialog, "account").get_by_label("Chantiers du Ponant SAS").check()
    part(dialog, "contact").get_by_label("Fonction").fill("Gérante")
    name = part(dialog, "opportunity").locator("[name='opportunity.values.name']")
    expect(name).not_to_have_value("")
    name.fill("Cale de halage")
    dialog.get_by_role("button", name="Convertir").click()
    expect(dialog.get_by_role("link", name="Cale de halage")).to_be_visible()
    done = office.read("lead", lead)
    assert (done["state"], done["created_account"]) == ("qualified", account)
    assert office.read("contact", done["created_contact"])["job_title"] == "Gérante"
    assert office.read("opportunity", done["created_opportunity"])["amount"].amount == 18500
    dialog.get_by_role("link", name="Cale de halage").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cale de halage")
    expect(page.locator("#record")).to_contain_text("Solène Quemener")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Solène Quemener")


def test_a_conversion_is_undone(sits: Seats, office: Office) -> None:
    lead = lead_to_convert(office)
    page = sits("james", f"/leads/{lead}")
    page.get_by_role("button", name="Convertir").click()
    dialog = page.locator("#dialog")
    dialog.get_by_role("button", name="Convertir").click()
    expect(dialog.locator("[data-undo]")).to_be_visible()
    made = office.read("lead", lead)["created_opportunity"]
    dialog.locator("[data-undo]").click()
    expect(page.locator("#toasts")).to_contain_text("annulées")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Convertir")).to_be_visible()
    assert office.read("lead", lead)["state"] == "open"
    assert office.all_of("opportunity", f'id = "{made}"') == []


def test_an_opportunity_moves_by_drag_and_by_keys_and_is_won(sits: Seats, office: Office) -> None:
    one = deal(office, "Passerelle du port")
    other = sits("helene", "/opportunities/board?view=board")
    page = sits("james", "/opportunities/board?view=board")
    card = page.locator(f"#card-{one}")
    column = page.locator(".kanban-column").filter(has=page.get_by_role("heading", name="Qualification"))
    card.drag_to(column.locator(".kanban-cards"))
    expect(column.locator(f"#card-{one}")).to_be_visible()
    page.locator("#toasts").get_by_text("Qualification").wait_for()
    elsewhere = other.locator(".kanban-column").filter(has=other.get_by_role("heading", name="Qualification"))
    expect(elsewhere.locator(f"#card-{one}")).to_be_visible()
    assert office.read("opportunity", one)["probability"] == 20
    card.locator(".card-title").focus()
    page.keyboard.press("]")
    column = page.locator(".kanban-column").filter(has=page.get_by_role("heading", name="Proposition"))
    expect(column.locator(f"#card-{one}")).to_be_visible()
    expect(page.locator("#toasts").get_by_text("Proposition")).to_be_visible()
    page.goto(f"{office.address}/opportunities/{one}")
    page.get_by_role("button", name="Marquer comme gagnée").click()
    page.locator("#dialog").get_by_role("button", name="Marquer comme gagnée").click()
    expect(page.locator(".stage-path [aria-current=step]")).to_contain_text("Fermé gagné")
    won = office.read("opportunity", one)
    assert (won["result"], won["probability"], won["actual_amount"].amount) == ("won", 100, 12000)


def test_an_opportunity_is_lost_for_a_reason(sits: Seats, office: Office) -> None:
    one = deal(office, "Ponton nord")
    page = sits("james", f"/opportunities/{one}")
    page.get_by_role("button", name="Marquer comme perdue").click()
    dialog = page.locator("#dialog")
    dialog.get_by_role("button", name="Marquer comme perdue").click()
    expect(dialog.get_by_role("alert").or_(dialog.locator(".field-error")).first).to_be_visible()
    dialog.locator("[name=loss_reason]").select_option("price")
    dialog.get_by_role("button", name="Marquer comme perdue").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#record")).to_contain_text("Fermé perdu")
    assert (office.read("opportunity", one)["result"], office.read("opportunity", one)["probability"]) == ("lost", 0)


def test_a_sleeping_opportunity_is_woken_with_a_task(sits: Seats, office: Office) -> None:
    one = deal(office, "Balisage d’hiver")
    page = sits("james", f"/opportunities/{one}")
    page.get_by_role("button", name="Mettre en sommeil").click()
    dialog = page.locator("#dialog")
    day = (office.clock.now() + timedelta(days=1)).date()
    dialog.locator("[name=wake_up_on]").fill(day.isoformat())
    dialog.locator("[name=dormant_reason]").fill("Budget de l’an prochain")
    dialog.get_by_role("button", name="Mettre en sommeil").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Réveiller", exact=True)).to_be_visible()
    run_what_is_due(office.database)  # from now on the schedule knows when the job was last looked at
    bell = page.locator("#bell [data-count=notifications]")
    told_before = bell.inner_text()
    office.clock.move(timedelta(hours=8))
    with page.expect_response(lambda answer: "/api/v1/live" in answer.url):
        page.reload()  # a session that nobody used for half a day would be over
    office.clock.move(timedelta(hours=9))
    run_what_is_due(office.database)
    expect(page.locator("#toasts")).to_contain_text("Reprendre : Balisage d’hiver")
    expect(bell).not_to_have_text(told_before)
    expect(page.get_by_role("button", name="Marquer comme gagnée")).to_be_visible()
    page.goto(f"{office.address}/tasks")
    expect(page.get_by_role("row").filter(has_text="Reprendre : Balisage d’hiver")).to_be_visible()
    assert office.read("opportunity", one)["result"] == "open"


def test_an_account_that_nobody_knows_yet_is_made_where_it_is_chosen(sits: Seats) -> None:
    page = sits("helene", "/opportunities/new")
    form = page.locator("#dialog form")
    form.get_by_role("combobox", name="Compte").press_sequentially("Chais du Ponant")
    form.get_by_role("option", name="Créer « Chais du Ponant »").click()
    expect(form.locator("x-lookup[name=account] .lookup-chosen")).to_have_text("Chais du Ponant")
    accounts = sits("helene", "/accounts?view=all")
    expect(accounts.get_by_role("link", name="Chais du Ponant")).to_be_visible()
