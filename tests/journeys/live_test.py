"""Two people on one record: each sees what the other does, and nothing that is being typed is lost."""

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect
from tests.journeys.office import Office

from entente.kernel.db.tx import engine_row
from entente.kernel.records.save import save

pytestmark = pytest.mark.journey

Seats = Callable[..., Page]


def shared_lead(office: Office) -> UUID:
    return office.has("lead", "james", first_name="Zoé", last_name="Hélias", owner=office.id_of("james"))


def test_a_comment_arrives_while_the_other_writes(sits: Seats, office: Office) -> None:
    lead = shared_lead(office)
    writer, reader = sits("helene", f"/leads/{lead}"), sits("james", f"/leads/{lead}")
    draft = reader.locator("#composer textarea")
    draft.fill("Je rappelle demain")
    box = writer.locator("#composer textarea")
    box.press_sequentially("Merci @Jam")
    writer.get_by_role("option", name="James James").click()
    box.press_sequentially("pour le devis")
    box.press("Control+Enter")
    expect(writer.locator("#timeline")).to_contain_text("Merci @James James pour le devis")
    expect(box).to_have_value("")
    expect(reader.locator("#timeline")).to_contain_text("Merci @James James pour le devis")
    expect(reader.locator("#bell [data-count=notifications]")).to_have_text("1")
    expect(draft).to_have_value("Je rappelle demain")


def test_facts_change_before_the_other_reader(sits: Seats, office: Office) -> None:
    lead = shared_lead(office)
    reader, writer = sits("helene", f"/leads/{lead}"), sits("james", f"/leads/{lead}")
    expect(reader.locator("#fact-last_name")).to_contain_text("Hélias")
    writer.locator("#fact-last_name").hover()
    writer.locator("#fact-last_name [data-edit-here]").click()
    editor = writer.locator(".cell-editor [name=last_name]")
    editor.fill("Hélias-Morvan")
    editor.press("Enter")
    expect(reader.locator("#fact-last_name")).to_contain_text("Hélias-Morvan")
    expect(reader.get_by_role("heading", level=1)).to_have_text("Zoé Hélias-Morvan")


def test_an_open_form_says_who_changed_the_record(sits: Seats, office: Office) -> None:
    lead = shared_lead(office)
    writer, other = sits("james", f"/leads/{lead}"), sits("helene", f"/leads/{lead}")
    writer.keyboard.press("e")
    form = writer.locator("#dialog form")
    form.locator("[name=job_title]").fill("Directrice")
    other.locator("#fact-company_name").hover()
    other.locator("#fact-company_name [data-edit-here]").click()
    editor = other.locator(".cell-editor [name=company_name]")
    editor.fill("Serres du Lis")
    editor.press("Enter")
    expect(form.locator("[data-changed-text]")).to_contain_text("Hélène Helene")
    expect(form.locator("[name=job_title]")).to_have_value("Directrice")


def test_a_file_is_dropped_on_the_record(sits: Seats, office: Office) -> None:
    lead = shared_lead(office)
    page = sits("james", f"/leads/{lead}")
    plan: FilePayload = {"name": "Plan.txt", "mimeType": "text/plain", "buffer": b"Deux serres"}
    page.locator("#record-upload").set_input_files([plan])
    expect(page.locator("#files-list")).to_contain_text("Plan.txt")
    expect(page.locator("#timeline")).to_contain_text("Plan.txt")


def test_the_palette_opens_what_it_finds(sits: Seats, office: Office) -> None:
    lead = shared_lead(office)
    page = sits("james")
    page.keyboard.press("Control+k")
    page.locator("#palette-query").fill("helias zoe")
    expect(page.locator(f"#palette-results [href='/leads/{lead}']")).to_be_visible()
    page.locator("#palette-query").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hélias")


def test_facts_change_while_the_reader_writes_a_note(sits: Seats, office: Office) -> None:
    lead = shared_lead(office)
    reader, writer = sits("helene", f"/leads/{lead}"), sits("james", f"/leads/{lead}")
    draft = reader.locator("#composer textarea")
    draft.fill("Je rappelle demain")
    writer.locator("#fact-last_name").hover()
    writer.locator("#fact-last_name [data-edit-here]").click()
    editor = writer.locator(".cell-editor [name=last_name]")
    editor.fill("Hélias-Kerjean")
    editor.press("Enter")
    expect(reader.locator("#fact-last_name")).to_contain_text("Hélias-Kerjean")
    expect(reader.get_by_role("heading", level=1)).to_have_text("Zoé Hélias-Kerjean")
    expect(draft).to_have_value("Je rappelle demain")


def test_what_changes_before_the_page_listens_is_shown(sits: Seats, office: Office) -> None:
    lead = shared_lead(office)
    page = sits("helene", "/tasks")
    held: list[Route] = []
    page.route("**/api/v1/live*", lambda route: held.append(route))
    page.goto(f"{office.address}/leads/{lead}")
    expect(page.locator("#fact-last_name")).to_contain_text("Hélias")
    while not held:
        page.wait_for_timeout(50)
    office.has("note", "james", body="<p>Vu au salon</p>", regarding={"entity": "lead", "id": str(lead)})
    with office.acts("james") as tx:
        save(tx, "lead", {"last_name": "Hélias-Corre"}, id=lead)
    office.wait_until(lambda: nothing_waits(office))
    held[0].continue_()
    expect(page.locator("#fact-last_name")).to_contain_text("Hélias-Corre")
    expect(page.locator("#timeline")).to_contain_text("Vu au salon")


def nothing_waits(office: Office) -> bool:
    with office.system() as tx:
        return engine_row(tx, "SELECT 1 AS one FROM {schema}.outbox LIMIT 1") is None


def test_the_side_bar_counts_tasks_as_they_come_and_go(sits: Seats, office: Office) -> None:
    page = sits("james", "/leads")
    badge = page.locator("#count-inbox")
    expect(badge).to_be_empty()
    with page.expect_response(lambda answer: "/api/v1/live" in answer.url):
        page.reload()
    task = office.has("task", "helene", subject="Rappeler la Coopérative", owner=office.id_of("james"))
    expect(badge).to_have_text("1")
    expect(page.locator("#phone-count-inbox")).to_have_text("1")
    page.goto(f"{office.address}/inbox?open=task:{task}")
    page.locator(".inbox-detail").get_by_role("button", name="Terminer").click()
    expect(badge).to_be_empty()
