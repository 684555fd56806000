"""An administrator writes a rule without code, tries it, and sees what it did; the editor keeps what is typed."""

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Page, Route, expect
from tests.journeys.office import Office

from entente.kernel.records.save import save
from entente.kernel.seeding import seed_id

pytestmark = pytest.mark.journey

Sits = Callable[..., Page]


def deal(office: Office, name: str, stage: str) -> UUID:
    given = {"name": name, "amount": "1000", "close_date": "2027-01-15"}
    return office.has("opportunity", "james", **given, stage=seed_id("pipeline_stage", f"sale_{stage}"))


def move(office: Office, record: UUID, stage: str) -> None:
    with office.acts("james") as tx:
        save(tx, "opportunity", {"stage": seed_id("pipeline_stage", f"sale_{stage}")}, id=record)


def test_rule_is_written_tried_and_followed(office: Office, sits: Sits) -> None:
    old = deal(office, "Toiture Berthier", "proposal")
    move(office, old, "negotiation")
    page = sits("admin", "/automations")
    page.get_by_role("link", name="New automation").first.click()
    page.get_by_label("Entity").select_option("opportunity")
    page.get_by_label("When", exact=True).select_option("stage")
    page.get_by_label("From", exact=True).select_option(str(seed_id("pipeline_stage", "sale_proposal")))
    page.get_by_label("To", exact=True).select_option(str(seed_id("pipeline_stage", "sale_negotiation")))
    page.get_by_label("Name", exact=False).first.fill("Negotiation begins")
    page.get_by_label("Subject").fill("Prepare {{ name }}")
    page.get_by_label("Kind of action").select_option("post")
    page.get_by_role("button", name="Add an action").click()
    page.get_by_label("Text", exact=True).fill("Now in {{ stage }}")
    page.get_by_role("button", name="Move “Post on the stream” up").click()
    expect(page.locator(".rule-step h3").first).to_have_text("Post on the stream")
    expect(page.get_by_label("Subject")).to_have_value("Prepare {{ name }}")
    page.get_by_role("button", name="Try on the last 30 days").click()
    expect(page.locator("#trial")).to_contain_text("acted 1 time")
    page.get_by_label("Subject").press("Enter")
    expect(page.locator(".rule-line")).to_contain_text("goes from “Proposal” to “Negotiation”")
    new = deal(office, "Toiture Dupré", "proposal")
    move(office, new, "negotiation")
    seen = sits("james", f"/opportunities/{new}")
    expect(seen.get_by_text("Prepare Toiture Dupré").first).to_be_visible()
    page.get_by_role("link", name="Run log").click()
    expect(page.locator(".rule-run")).to_have_count(1)
    page.locator(".rule-run summary").click()
    expect(page.locator(".rule-run-body")).to_contain_text("Created “Prepare Toiture Dupré”")


def test_unsaved_rule_warns_and_a_refused_one_keeps_what_was_typed(sits: Sits) -> None:
    page = sits("admin", "/automations/new?entity=lead")
    page.get_by_label("Subject").fill("Call {{ name }}")
    page.get_by_label("Subject").press("Enter")
    expect(page.locator(".error-summary, .field-error").first).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value("Call {{ name }}")
    page.once("dialog", lambda dialog: dialog.dismiss())
    with page.expect_event("dialog") as asked:
        page.get_by_role("navigation").get_by_role("link", name="Automations").first.click(no_wait_after=True)
    assert asked.value.type == "beforeunload"
    expect(page.get_by_label("Subject")).to_have_value("Call {{ name }}")


def test_an_unsaved_rule_survives_a_reload_and_can_be_dropped(sits: Sits) -> None:
    page = sits("admin", "/automations/new?entity=lead")
    subject, note = page.get_by_label("Subject"), page.locator("x-automation [data-draft-note]")
    page.get_by_label("Kind of action").select_option("post")
    page.get_by_role("button", name="Add an action").click()
    expect(page.locator(".rule-step")).to_have_count(2)
    subject.fill("Call {{ name }}")
    page.get_by_label("Text", exact=True).fill("Welcome")
    expect(note).to_be_hidden()
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(note).to_be_visible()
    expect(page.locator(".rule-step")).to_have_count(2)
    expect(subject).to_have_value("Call {{ name }}")
    expect(page.get_by_label("Text", exact=True)).to_have_value("Welcome")
    note.get_by_role("button", name="Discard").click()
    expect(page.locator(".rule-step")).to_have_count(1)
    expect(subject).to_have_value("")
    expect(note).to_be_hidden()


def test_an_action_removed_while_the_editor_is_drawn_anew_stays_away(sits: Sits) -> None:
    page = sits("admin", "/automations/new?entity=lead")
    expect(page.locator("x-automation:defined")).to_be_attached()
    kind, add = page.get_by_label("Kind of action"), page.get_by_role("button", name="Add an action")
    steps, target = page.locator(".rule-step h3"), page.get_by_label("Kind", exact=True).last
    kind.select_option("create")
    add.click()
    expect(steps).to_have_text(["Create an activity", "Create a record"])
    held: list[Route] = []
    holds = True
    page.route("**/automations/new?op=redraw", lambda route: held.append(route) if holds else route.continue_())
    with page.expect_request("**/automations/new?op=redraw"):
        target.select_option("opportunity")
    page.get_by_role("button", name="Remove “Create an activity”").click()
    page.wait_for_timeout(2000)  # an answer that does not wait its turn would have come by now
    holds = False
    for each in held:
        each.continue_()
    kind.select_option("post")
    add.click()
    expect(steps).to_have_text(["Create a record", "Post on the stream"])
    expect(target).to_have_value("opportunity")
    expect(page.get_by_label("Points back by").locator("option")).not_to_have_count(1)


def test_a_schedule_is_chosen_in_words_and_its_next_times_are_shown(sits: Sits) -> None:
    page = sits("admin", "/automations/new?entity=lead")
    expect(page.locator("x-automation:defined")).to_be_attached()
    page.get_by_label("Name", exact=False).first.fill("Twice a week")
    page.get_by_label("Subject").fill("Call {{ name }}")
    page.get_by_label("When", exact=True).select_option("schedule")
    often, runs = page.get_by_label("Schedule", exact=True), page.locator(".schedule-runs")
    expect(often).to_have_value("workdays")
    expect(runs.locator("li")).to_have_count(5)
    expect(page.get_by_label("Minute, hour, day, month, weekday")).to_be_hidden()
    often.select_option("weekly")
    page.get_by_label("Mon", exact=True).uncheck()
    expect(runs).to_have_text("Choose at least one day.")
    page.get_by_label("Mon", exact=True).press("Space")
    page.get_by_label("Thu", exact=True).press("Space")
    page.get_by_label("at", exact=True).fill("09:30")
    expect(runs.locator("li").first).to_contain_text("at 09:30")
    expect(page.locator(".rule-sentence")).to_contain_text("every Monday and Thursday at 09:30")
    often.select_option("text")
    page.get_by_label("Minute, hour, day, month, weekday").fill("0 8 30 2 *")
    page.get_by_label("Minute, hour, day, month, weekday").press("Tab")
    expect(runs).to_contain_text("no schedule that ever comes round")
    often.select_option("weekly")
    page.get_by_role("button", name="Save", exact=True).click()
    line = page.locator(".rule-line").filter(has_text="Twice a week")
    expect(line).to_contain_text("every Monday and Thursday at 09:30")
    line.get_by_role("link", name="Twice a week").click()
    expect(often).to_have_value("weekly")
    expect(page.get_by_label("Thu", exact=True)).to_be_checked()
