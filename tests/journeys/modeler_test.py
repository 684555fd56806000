"""The modeler without a mouse, and what it keeps: the end of a session, a reload, two windows."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.journeys.office import PASSWORD, Office
from tests.journeys.shipped import MODEL, deploy_table

from entente.kernel.identity.passwords import set_password
from entente.services.processes.definitions import import_model

pytestmark = pytest.mark.journey

Seats = Callable[..., Page]


def presses(modeler: Locator, name: str, option: str) -> None:
    """What a choice of the panel and its button do, by keys."""
    modeler.locator(f"#panel-{name}").select_option(option)
    modeler.locator(f".row:has(#panel-{name}) button").press("Enter")


def names(page: Page, text: str) -> None:
    """The name of the element whose panel was just opened, where the focus is."""
    expect(page.locator("#panel-name")).to_be_focused()
    expect(page.locator("#panel-name")).to_have_value("")
    page.keyboard.type(text)
    page.keyboard.press("Tab")


def test_a_process_is_drawn_by_keys_alone(sits: Seats, office: Office) -> None:
    page = sits("admin", "/processes/new")
    modeler = page.locator("x-modeler[data-ready]")
    modeler.locator("#panel-element").focus()
    page.keyboard.press("ArrowDown")
    expect(modeler.locator("#panel-element")).to_have_value("start")
    expect(modeler.locator("#panel-element")).to_be_focused()
    presses(modeler, "append", "UserTask")
    names(page, "Approve")
    presses(modeler, "attach", "Timer")
    names(page, "Too long")
    modeler.locator(".schedule [data-part=length]").fill("2")
    expect(modeler.locator(".schedule-runs")).to_contain_text("Next time (Europe/Paris time):")
    modeler.locator("#panel-interrupting").press("Space")
    presses(modeler, "append", "EndEvent")
    names(page, "Given up")
    modeler.locator("#panel-element").select_option(label="Approve")
    presses(modeler, "append", "EndEvent")
    names(page, "Approved")
    modeler.locator("#panel-change").select_option(label="Terminate end event")
    modeler.locator(".row:has(#panel-change) button").press("Enter")
    expect(modeler.locator("#panel-change")).to_be_focused()
    expect(modeler.locator(".modeler-problems")).to_contain_text("Nothing keeps this version from running.")
    page.keyboard.press("Control+s")
    expect(modeler.locator("[data-status]")).to_have_text("Saved as version 1")
    text = page.request.get(page.url.replace("/edit", "/file")).text()
    assert "<bpmn:terminateEventDefinition" in text
    assert 'cancelActivity="false"' in text
    assert ">P2D</bpmn:timeDuration>" in text
    modeler.locator("#panel-element").select_option(label="Given up")
    modeler.locator("#panel-delete").press("Enter")
    expect(modeler.locator("#panel-element")).to_be_focused()
    expect(modeler.locator("#panel-element option", has_text="Given up")).to_have_count(0)
    modeler.locator("#panel-element").select_option(label="Too long")
    modeler.locator("#panel-connect").select_option(label="Approved")
    modeler.locator(".row:has(#panel-connect) button").press("Enter")
    expect(modeler.locator("#panel-element option", has_text="Too long → Approved")).to_have_count(1)


def test_a_timer_is_set_in_words_and_kept_as_text(sits: Seats) -> None:
    page = sits("admin", "/processes/new")
    modeler = page.locator("x-modeler[data-ready]")
    modeler.locator("#panel-element").select_option("start")
    modeler.locator("#panel-change").select_option(label="Timer start event")
    modeler.locator(".row:has(#panel-change) button").press("Enter")
    page.get_by_label("Kind of timer").select_option("timeCycle")
    when = page.get_by_label("When", exact=True)
    when.select_option("workdays")
    expect(when).to_be_focused()
    page.get_by_label("at", exact=True).fill("07:30")
    expect(modeler.locator("#panel-timer")).to_have_value("30 7 * * 1-5")
    expect(modeler.locator(".schedule-runs")).to_contain_text("at 07:30")
    when.select_option("turns")
    page.get_by_label("every", exact=True).fill("15")
    page.get_by_label("Unit").select_option("TM")
    expect(modeler.locator("#panel-timer")).to_have_value("R/PT15M")
    when.select_option("text")
    modeler.locator("#panel-timer").fill("R5/PT1H")
    modeler.locator("#panel-timer").press("Tab")
    expect(modeler.locator(".schedule-runs li")).to_have_count(5)
    page.keyboard.press("Control+s")
    expect(modeler.locator("[data-status]")).to_have_text("Saved as version 1")
    assert ">R5/PT1H</bpmn:timeCycle>" in page.request.get(page.url.replace("/edit", "/file")).text()


def opened(sits: Seats, office: Office, key: bytes) -> tuple[Page, Locator]:
    """The modeler with the first version of a process."""
    with office.acts("admin") as tx:
        deploy_table(tx)
        known = import_model(tx, MODEL.replace(b"lead_management", key)).id
    page = sits("admin", f"/processes/{known}/edit")
    return page, page.locator("x-modeler[data-ready]")


def renames(modeler: Locator, name: str) -> None:
    modeler.locator("#panel-name").fill(name)
    modeler.locator("#panel-name").press("Tab")
    expect(modeler.locator("[data-unsaved]")).to_be_visible()


def test_the_end_of_a_session_loses_nothing_that_was_drawn(sits: Seats, office: Office) -> None:
    with office.system() as tx:
        set_password(tx, office.id_of("admin"), PASSWORD)
    page, modeler = opened(sits, office, b"ended")
    renames(modeler, "Prospects, otherwise")
    page.context.clear_cookies()
    modeler.locator("[data-do=save]").click()
    again = page.locator("x-sign-in dialog")
    expect(again).to_be_visible()
    expect(again.locator("[name=login]")).to_have_value("admin")
    expect(modeler.locator("[data-unsaved]")).to_be_visible()
    page.keyboard.type("not this")
    page.keyboard.press("Enter")
    expect(again.locator("[data-refused]")).to_be_visible()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(again).to_have_count(0)
    modeler.locator("[data-do=save]").click()
    expect(modeler.locator("[data-status]")).to_contain_text("Saved as version")
    expect(modeler.locator("[data-unsaved]")).to_be_hidden()


def test_a_reload_brings_back_what_was_not_saved(sits: Seats, office: Office) -> None:
    page, modeler = opened(sits, office, b"reloaded")
    page.on("dialog", lambda dialog: dialog.accept())
    expect(modeler.locator(".modeler-problems")).to_contain_text("Nothing keeps this version from running.")
    with page.expect_response("**/processes/check"):
        renames(modeler, "Half a thought")
    page.reload()
    expect(modeler.locator("#panel-name")).to_have_value("Half a thought")
    expect(modeler.locator("[data-unsaved]")).to_be_visible()
    modeler.locator("[data-do=discard]").click()
    expect(modeler.locator("[data-do=discard]")).to_be_hidden()
    expect(modeler.locator("#panel-name")).not_to_have_value("Half a thought")


def test_a_version_saved_in_another_window_is_not_passed_over_silently(sits: Seats, office: Office) -> None:
    _, first = opened(sits, office, b"twice")
    page, second = opened(sits, office, b"twice")
    renames(first, "By the first")
    first.locator("[data-do=save]").click()
    expect(first.locator("[data-status]")).to_contain_text("Saved as version")
    renames(second, "By the second")
    page.once("dialog", lambda dialog: dialog.dismiss())
    with page.expect_event("dialog") as asked:
        second.locator("[data-do=save]").click(no_wait_after=True)
    assert "is newer than the one opened here" in asked.value.message
    assert "Alix Admin changed:" in asked.value.message
    assert "• Lead management (changed)" in asked.value.message
    expect(second.locator("[data-status]")).to_have_text("Not saved: yours stays here")
    expect(second.locator("[data-unsaved]")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    second.locator("[data-do=save]").click()
    expect(second.locator("[data-unsaved]")).to_be_hidden()


def test_what_is_missing_is_told_where_one_deploys(sits: Seats, office: Office) -> None:
    page = sits("admin", "/processes/new")
    modeler = page.locator("x-modeler[data-ready]")
    modeler.locator("#panel-element").select_option("start")
    presses(modeler, "append", "ServiceTask")
    names(page, "Work")
    modeler.locator("[data-do=deploy]").click()
    expect(modeler.locator("[data-status]")).to_have_text("Not deployed: mend the errors first")
    first = modeler.locator("[data-problem] button").first
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(modeler.locator("#panel-name")).to_have_value("Work")


def test_what_waits_for_an_event_is_drawn_by_keys_and_what_is_undone_is_chosen(sits: Seats, office: Office) -> None:
    page = sits("admin", "/processes/new")
    modeler = page.locator("x-modeler[data-ready]")
    modeler.locator("#panel-element").select_option("start")
    presses(modeler, "append", "UserTask")
    names(page, "Book")
    presses(modeler, "append", "EndEvent")
    names(page, "Gone")
    modeler.locator("#panel-change").select_option(label="Compensation end event")
    modeler.locator(".row:has(#panel-change) button").press("Enter")
    modeler.locator("#panel-undone").select_option(label="Book")
    modeler.locator("#panel-element").select_option(label="The whole process")
    presses(modeler, "within", "EventSubProcess")
    names(page, "Help")
    expect(modeler.locator("#panel-append")).to_have_count(0)
    modeler.locator("#panel-element").select_option(label="Book")
    modeler.locator("summary", has_text="Repetition").press("Enter")
    modeler.locator("#panel-loop").select_option("loop_parallel")
    modeler.locator("#panel-collect").fill("seat")
    modeler.locator("#panel-into").fill("seats")
    modeler.locator("#panel-into").press("Tab")
    page.keyboard.press("Control+s")
    expect(modeler.locator("[data-status]")).to_have_text("Saved as version 1")
    text = page.request.get(page.url.replace("/edit", "/file")).text()
    assert 'triggeredByEvent="true"' in text
    assert re.search(r'compensateEventDefinition [^>]*activityRef="Activity_', text)
    assert 'entente:collect="seat" entente:into="seats"' in text


POOL = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="urn:test" id="definitions"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC">
<collaboration id="together"><participant id="pool" name="Travel" processRef="drawn_in_pool"/></collaboration>
<process id="drawn_in_pool" isExecutable="false"><startEvent id="daily"><timerEventDefinition id="timer">
<timeCycle> </timeCycle></timerEventDefinition></startEvent>
<textAnnotation id="note"><text>Look here</text></textAnnotation></process>
<bpmndi:BPMNDiagram id="diagram"><bpmndi:BPMNPlane id="plane" bpmnElement="together">
<bpmndi:BPMNShape id="pool_di" bpmnElement="pool">
  <dc:Bounds x="160" y="80" width="600" height="250"/></bpmndi:BPMNShape>
<bpmndi:BPMNShape id="daily_di" bpmnElement="daily">
  <dc:Bounds x="250" y="180" width="36" height="36"/></bpmndi:BPMNShape>
<bpmndi:BPMNShape id="note_di" bpmnElement="note">
  <dc:Bounds x="400" y="180" width="100" height="30"/></bpmndi:BPMNShape>
</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>"""


def test_a_pool_an_unset_timer_and_a_note_have_their_panels(sits: Seats, office: Office) -> None:
    with office.acts("admin") as tx:
        known = import_model(tx, POOL.encode()).id
    page = sits("admin", f"/processes/{known}/edit")
    modeler = page.locator("x-modeler[data-ready]")
    modeler.get_by_role("button", name="drawn_in_pool").click()
    expect(modeler.locator("#panel-pool")).to_have_value("Travel")
    expect(modeler.locator(".modeler-panel")).to_contain_text("not marked as executable")
    modeler.locator("#panel-element").select_option("daily")
    expect(modeler.locator("#panel-timer_kind")).to_have_value("timeCycle")
    expect(modeler.locator("#panel-timer")).to_have_value("")
    modeler.locator("[data-element-id=note]").first.click()
    expect(modeler.locator("#panel-text")).to_have_value("Look here")
    expect(modeler.locator("#panel-name")).to_have_count(0)


def test_times_of_a_task_are_chosen_in_words_and_kept_as_they_were_typed(sits: Seats, office: Office) -> None:
    page = sits("admin", "/processes/new")
    modeler = page.locator("x-modeler[data-ready]")
    modeler.locator("#panel-element").select_option("start")
    presses(modeler, "append", "UserTask")
    names(page, "Approve")
    modeler.locator("summary", has_text="Time").click()
    modeler.locator("#panel-due-picker").select_option("after_start")
    modeler.locator(".field:has(> #panel-due) [data-part=count]").fill("3")
    expect(modeler.locator(".field:has(> #panel-due) .schedule-runs")).to_contain_text("For a task that came up now")
    modeler.locator("#panel-idle-picker").select_option("text")
    modeler.locator("#panel-idle").fill("P1DT2H")
    modeler.locator("summary", has_text="While it is not done").click()
    modeler.locator("#panel-escalations-add").click()
    modeler.locator("#panel-escalations-0-at-picker").select_option("before_due")
    modeler.locator(".field:has(> #panel-escalations-0-at) [data-part=unit]").select_option("D")
    modeler.locator(".field:has(> #panel-escalations-0-at) [data-part=count]").fill("5")
    expect(modeler.locator(".field:has(> #panel-escalations-0-at) .schedule-runs")).to_contain_text("past by then")
    page.keyboard.press("Control+s")
    expect(modeler.locator("[data-status]")).to_have_text("Saved as version 1")
    text = page.request.get(page.url.replace("/edit", "/file")).text()
    assert 'entente:due="P3D"' in text
    assert 'entente:idle="P1DT2H"' in text
    assert '<entente:escalation at="due-P5D" action="remind"' in text
    page.reload()
    modeler.locator("#panel-element").select_option(label="Approve")
    modeler.locator("summary", has_text="Time").click()
    expect(modeler.locator("#panel-due-picker")).to_have_value("after_start")
    expect(modeler.locator("#panel-idle-picker")).to_have_value("text")
    expect(modeler.locator("#panel-idle")).to_have_value("P1DT2H")
