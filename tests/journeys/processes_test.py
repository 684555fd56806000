"""A process from its file to its end: imported, mended, deployed, started, followed live, stopped, repaired."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect
from tests.journeys.office import Office
from tests.journeys.shipped import FOLDER, MODEL, deploy_shipped, deploy_table

from entente.kernel.records.actions import perform
from entente.kernel.records.save import save
from entente.services.processes.instances import start

pytestmark = pytest.mark.journey

Seats = Callable[..., Page]
FAULTY = MODEL.replace(b"lead.acknowledge", b"lead.unknown").replace(b"twins.score = 100", b"twins.score = = 100")


def drops(page: Page, data: bytes) -> None:
    file: FilePayload = {"name": "m.bpmn", "mimeType": "text/xml", "buffer": data}
    page.locator("#model-file").set_input_files([file])
    page.wait_for_url("**/processes/*-*")


def shape(page: Page, element: str) -> Locator:
    return page.locator(f"x-process[data-ready] .djs-shape[data-element-id={element}]")


def paints(page: Page, element: str, state: str) -> None:
    expect(page.locator(f"x-process[data-ready] .djs-shape.step-{state}[data-element-id={element}]")).to_have_count(1)


def gives_up_twice(office: Office, lead: UUID, instance: str) -> None:
    """By hand and by the task, at once: a prospect that is seen to be given up ends the task."""
    condition = f'process_instance = "{instance}" and element = "qualify" and done_at = null'
    task = office.all_of("task", condition)[0]
    with office.acts("james") as tx:
        save(tx, "lead", {"status": "dead", "disqualify_reason": "lost"}, id=lead)
        perform(tx, "task", "complete", [task.id], {"outcome": "dropped"})


def test_a_model_is_mended_deployed_and_started(sits: Seats, office: Office) -> None:
    lead = office.has("lead", "helene", last_name="Quéré", owner=None)
    with office.acts("admin") as tx:
        deploy_table(tx)
    page = sits("admin", "/processes")
    drops(page, FAULTY)
    problems = page.locator("#problems")
    expect(problems.locator("li")).to_have_count(2)
    expect(problems).to_contain_text("lead.unknown")
    expect(page.locator("x-process[data-ready]")).to_have_count(1)
    problems.get_by_role("button", name="Acknowledge the request").click()
    expect(page.locator(".step-chosen[data-element-id=acknowledge]")).to_have_count(1)
    page.goto(f"{office.address}/processes")
    drops(page, MODEL)
    expect(problems).to_contain_text("Nothing keeps this version from running.")
    page.get_by_role("button", name="Deploy").click()
    expect(page.locator(".title-bar .badge")).to_have_text("Deployed")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Start").click()
    page.locator("#start-record").press_sequentially("Quéré")
    page.get_by_role("option", name="Quéré").click()
    page.locator("#dialog footer .primary").click()
    page.wait_for_url("**/processes/instances/*")
    paints(page, "assign", "active")
    expect(page.locator("#course")).to_contain_text("Assign the prospect")
    shape(page, "assign").click()
    expect(page.locator("#step-details")).to_contain_text("everyone in the role")
    expect(page.get_by_role("link", name="Quéré")).to_have_attribute("href", f"/leads/{lead}")


def started(office: Office) -> tuple[UUID, str]:
    """A prospect whose process waits for his assignment."""
    lead = office.has("lead", "helene", last_name="Kermarrec", owner=None)
    with office.acts("admin") as tx:
        deploy_shipped(tx)
    with office.acts("helene") as tx:
        return lead, str(start(tx, "lead_management", entity="lead", record=lead).id)


def test_what_others_do_shows_at_once_and_an_incident_is_repaired(sits: Seats, office: Office) -> None:
    lead, instance = started(office)
    page = sits("helene", f"/leads/{lead}")
    paints(page, "assign", "active")
    with office.acts("helene") as tx:
        save(tx, "lead", {"owner": office.id_of("james")}, id=lead)
    paints(page, "qualify", "active")
    paints(page, "assigned", "done")
    gives_up_twice(office, lead, instance)
    paints(page, "qualify", "done")
    paints(page, "drop", "failed")
    expect(page.locator("#process-panel [role=alert]")).to_contain_text("Classer sans suite")
    expect(page.locator("#process-panel [role=alert] button")).to_have_count(0)
    repairer = sits("admin", "/processes/instances?state=stopped")
    repairer.locator("#instances").get_by_role("link", name="Kermarrec").click()
    paints(repairer, "drop", "failed")
    repairer.locator("#course [role=alert]").get_by_role("button", name="Skip").click()
    dialog = repairer.locator("#dialog")
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog).to_contain_text("the instance ends")
    dialog.locator("[name=reason]").fill("Given up by hand already")
    dialog.locator("footer .primary").click()
    paints(repairer, "dropped", "done")
    expect(repairer.locator("#course")).to_contain_text("Skipped: Given up by hand already")
    paints(page, "dropped", "done")
    expect(page.locator("#process-panel")).to_contain_text("Terminé")


def test_a_model_is_drawn_checked_and_saved(sits: Seats, office: Office) -> None:
    page = sits("admin", "/processes/new")
    modeler = page.locator("x-modeler[data-ready]")
    modeler.locator(".djs-shape[data-element-id=start]").click()
    modeler.locator("#panel-append").select_option("ServiceTask")
    modeler.locator(".field:has(#panel-append) button").click()
    modeler.locator("#panel-name").fill("Look it up")
    modeler.locator("#panel-name").press("Tab")
    problems = modeler.locator(".modeler-problems")
    expect(problems).to_contain_text("Say which action does the work.")
    expect(modeler.locator(".step-badge.failed")).to_have_count(1)
    modeler.locator("#panel-action").fill("lead.look_for_duplicates")
    modeler.locator("#panel-action").press("Tab")
    expect(problems).to_contain_text("Nothing keeps this version from running.")
    page.keyboard.press("Control+s")
    expect(modeler.locator("[data-status]")).to_have_text("Saved as version 1")
    expect(modeler.locator("[data-unsaved]")).to_be_hidden()
    modeler.locator("[data-do=undo]").click()
    expect(problems).to_contain_text("Say which action does the work.")
    expect(modeler.locator("[data-unsaved]")).to_be_visible()


WRITTEN = (
    '<entente:destination user="helene" />',
    '<entente:destination team="North" members="true" />',
    'entente:plan="sequential"',
    '<entente:outcome key="approved" rule="all" />',
    '<entente:escalation at="due-P1D" action="notify" to="manager" />',
)


def set_up(modeler: Locator) -> None:
    """A user task behind the start, with people, an answer and a reminder."""
    modeler.locator(".djs-shape[data-element-id=start]").click()
    modeler.locator("#panel-append").select_option("UserTask")
    modeler.locator(".field:has(#panel-append) button").click()
    typed(modeler, "#panel-name", "Approve")
    modeler.locator("summary", has_text="For whom").click()
    modeler.locator("#panel-destinations-add").click()
    typed(modeler, "#panel-destinations-0-value", "helene")
    modeler.locator("#panel-destinations-add").click()
    modeler.locator("#panel-destinations-1-kind").select_option("team")
    typed(modeler, "#panel-destinations-1-value", "North")
    modeler.locator("#panel-destinations-1-members").check()
    modeler.locator("#panel-plan").select_option("sequential")
    modeler.locator("summary", has_text="Answers").click()
    modeler.locator("#panel-outcomes-add").click()
    typed(modeler, "#panel-outcomes-0-key", "approved")
    typed(modeler, "#panel-outcomes-0-rule", "all")
    modeler.locator("summary", has_text="While it is not done").click()
    modeler.locator("#panel-escalations-add").click()
    modeler.locator("#panel-escalations-0-action").select_option("notify")
    typed(modeler, "#panel-escalations-0-to", "manager")
    modeler.locator("#panel-escalations-0-at-picker").select_option("before_due")
    before = modeler.locator(".field:has(> #panel-escalations-0-at)")
    before.locator("[data-part=unit]").select_option("D")
    before.locator("[data-part=count]").fill("1")


def test_a_task_is_given_its_people_and_its_reminders_without_xml(sits: Seats, office: Office) -> None:
    page = sits("admin", "/processes/new")
    modeler = page.locator("x-modeler[data-ready]")
    set_up(modeler)
    expect(modeler.locator(".modeler-problems")).to_contain_text("Nothing keeps this version from running.")
    page.keyboard.press("Control+s")
    expect(modeler.locator("[data-status]")).to_have_text("Saved as version 1")
    identity = page.url.split("/")[-2]
    model = page.request.get(f"{office.address}/processes/{identity}/file").text()
    assert [part for part in WRITTEN if part not in model] == []
    page.reload()
    modeler.locator(".djs-shape", has_text="Approve").first.click()
    expect(modeler.locator("#panel-destinations-1-value")).to_have_value("North")
    expect(modeler.locator("#panel-escalations-0-to")).to_have_value("manager")
    typed(modeler, "#panel-escalations-0-template", "Urge")
    expect(modeler.locator(".modeler-problems")).to_contain_text("There is no active mail template “Urge”")
    page.keyboard.press("Control+s")
    expect(modeler.locator("[data-status]")).to_have_text("Saved as version 2")
    identity = page.url.split("/")[-2]
    assert 'template="Urge"' in page.request.get(f"{office.address}/processes/{identity}/file").text()
    modeler.get_by_role("button", name="Remove For whom 1").click()
    expect(modeler.locator("#panel-destinations-0-value")).to_have_value("North")
    expect(modeler.locator("#panel-destinations-1-value")).to_have_count(0)


def typed(modeler: Locator, field: str, text: str) -> None:
    modeler.locator(field).fill(text)
    modeler.locator(field).press("Tab")


def test_who_may_not_design_sees_no_models(sits: Seats, office: Office) -> None:
    page = sits("james")
    expect(page.locator("#sidebar").get_by_role("link", name="Processus", exact=True)).to_have_count(0)
    answer = page.request.get(f"{office.address}/processes/instances")
    assert answer.status == 403


def test_the_decision_table_raises_the_priority(sits: Seats, office: Office) -> None:
    lead = office.has("lead", "helene", last_name="Morvan", purchase_timeframe="immediate", employees=900)
    with office.acts("admin") as tx:
        deploy_shipped(tx)
    with office.acts("helene") as tx:
        instance = start(tx, "lead_management", entity="lead", record=lead).id
    page = sits("helene", f"/processes/instances/{instance}")
    paints(page, "weigh", "done")
    paints(page, "rank", "done")
    page.goto(f"{office.address}/leads/{lead}")
    expect(page.locator("#main")).to_contain_text("Urgente")


def test_a_model_of_another_encoding_keeps_its_signs(sits: Seats) -> None:
    text = (FOLDER / "meeting-request.bpmn").read_text("utf-8").replace("meeting_request", "latin_request")
    old = re.sub(r' entente:name_en="[^"]*"', "", text).replace("UTF-8", "ISO-8859-1")
    page = sits("admin", "/processes")
    drops(page, old.encode("latin-1", "xmlcharrefreplace"))
    expect(page.locator("x-process[data-ready] .djs-visual", has_text="Demandé")).to_have_count(1)
    page.goto(f"{page.url}/edit")
    expect(page.locator("x-modeler[data-ready] .djs-visual", has_text="Demandé")).to_have_count(1)
