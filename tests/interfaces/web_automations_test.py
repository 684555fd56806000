"""The pages of automations, as a browser asks for them."""

import re
from html import unescape
from typing import Any

import msgspec
import pytest

from entente.kernel.db.tx import engine_rows
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.records.query import find
from entente.kernel.records.save import save
from entente.services.documents.versions import attach_document
from tests.interfaces.browser import Browser, Client
from tests.journeys.shipped import deploy_shipped
from tests.services.automation.setting import all_of, followed, outcomes, rule
from tests.world.cast import World

KEY = "lead_management"
SETTINGS = {
    "schedule": {"cron": "0 8 * * *"},
    "date": {"field": "created_at"},
    "activity_created": {"activity": "task"},
    "related": {"field": "tags"},
    "button": {"en": "Do", "fr": "Faire"},
}
STEP = {
    "order": "s1",
    "step.s1.kind": "activity",
    "step.s1.entity": "task",
    "step.s1.subject": "Call {{ name }}",
    "step.s1.assignee": "field:owner",
    "step.s1.due": "3",
    "step.s1.due_unit": "working_days",
}
FORM = {
    "name": "Urgent",
    "entity": "lead",
    "trigger": "saved",
    "timing": "after",
    "settings.fields": "priority",
    "settings.new": "urgent",
    "run_as": "actor",
    "once_per": "change",
    "active": "1",
    "condition_by": "builder",
    "filter": '[{"field": "status", "op": "in", "value": ["new", "assigned"]}]',
    **STEP,
}


def made(world: World) -> Any:
    (found,) = all_of(world, "automation")
    return found


def test_rule_is_written_in_the_editor_and_acts(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    assert "Create an activity" in admin.get("/automations/new?entity=lead").text
    assert admin.send("/automations/new", FORM).headers["location"] == "/automations"
    kept = made(world)
    assert kept["condition"] == 'status in ["new", "assigned"]'
    assert kept["settings"] == {"fields": ["priority"], "new": "urgent"}
    shown = admin.get(f"/automations/{kept.id}").text
    assert 'value="Call {{ name }}"' in shown
    assert "data-condition" in shown
    listed = admin.get("/automations").text
    assert "becomes “Urgent”" in listed
    assert "in 3 working days" in listed
    world.has("lead", "james", last_name="Berthier", priority="urgent")
    followed(world)
    assert outcomes(world, kept.id) == ["done"]
    log = admin.get(f"/automations/{kept.id}/runs").text
    assert "Created “Call Berthier”" in log
    assert "status in [" in log


def test_rule_for_mails_is_written_and_sends_a_template_with_files(client: Client, world: World) -> None:
    world.database.settings = msgspec.structs.replace(
        world.database.settings, imap_url="imap://sales%40kervella.example:x@localhost"
    )
    given = {"name": "Terms", "key": "record", "language": "en", "subject": "Terms", "html": "<p>{{ body }}</p>"}
    template = world.has("mail_template", "admin", **given)
    with world.acts("admin") as tx:
        terms = attach_document(tx, None, "terms.txt", b"terms").id
    admin = Browser(client, world, "admin")
    form = {
        **FORM,
        "trigger": "mail",
        "filter": "[]",
        "order": "s1",
        "step.s1.kind": "mail",
        "step.s1.to": "field:owner",
    }
    shown = admin.send("/automations/new?op=add", form).text
    assert "sales@kervella.example" in shown
    assert [part for part in ("step.s1.files", "settings.newcomer") if part not in shown] == []
    settings = {"mailbox": "sales@kervella.example", "sender": "lisiere.example", "subject": "order", "text": "please"}
    sent = {
        **form,
        **{f"settings.{name}": value for name, value in settings.items()},
        "settings.unproved": "1",
        "settings.newcomer": "1",
    }
    del sent["settings.fields"], sent["settings.new"]
    step = {"template": str(template), "subject": "", "body": "Hi", "files": "1", "attachments": str(terms)}
    sent |= {f"step.s1.{name}": value for name, value in step.items()}
    assert admin.send("/automations/new", sent).headers["location"] == "/automations"
    kept = made(world)
    assert kept["settings"] == {**settings, "unproved": True, "newcomer": True}
    assert (kept["actions"][0]["template"], kept["actions"][0]["attachments"]) == (str(template), [str(terms)])
    again = admin.get(f"/automations/{kept.id}").text
    assert f'value="{terms}" checked' in again
    assert 'value="lisiere.example"' in again
    listed = admin.get("/automations").text
    assert "send the e-mail “Terms” to its owner" in listed
    assert "made of the e-mail" in listed


def test_refused_rule_keeps_all_that_was_typed(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    wrong = {**FORM, "name": "", "condition_by": "text", "condition": "ghost = 1"}
    answer = admin.send("/automations/new", wrong)
    assert answer.status_code == 422
    assert "ghost = 1" in answer.text
    assert "Call {{ name }}" in answer.text
    assert all_of(world, "automation") == []


def test_steps_are_added_moved_and_removed_without_saving(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    added = admin.send("/automations/new?op=add", {**FORM, "new_kind": "post"})
    assert re.findall(r'name="order" value="(\w+)"', added.text) == ["s1", "s2"]
    more = {**FORM, "order": ["s1", "s2"], "step.s2.kind": "post", "step.s2.body": "Hello"}
    moved = admin.send("/automations/new?op=up:s2", more)
    assert re.findall(r'name="order" value="(\w+)"', moved.text) == ["s2", "s1"]
    removed = admin.send("/automations/new?op=remove:s1", more)
    assert re.findall(r'name="order" value="(\w+)"', removed.text) == ["s2"]
    assert all_of(world, "automation") == []


def test_unsaved_rule_is_tried_and_nothing_is_written(client: Client, world: World) -> None:
    who = world.has("lead", "james", last_name="Berthier", priority="urgent")
    admin = Browser(client, world, "admin")
    past = admin.send("/automations/new?op=try", FORM).text
    assert "acted 1 time" in past
    one = admin.send("/automations/new?op=try_record", {**FORM, "try_record": str(who)}).text
    assert "would act on this record" in one
    wrong = admin.send("/automations/new?op=try", {**FORM, "step.s1.subject": "{% for %}"}).text
    assert "Action 1" in wrong
    assert (all_of(world, "task"), all_of(world, "automation")) == ([], [])


def test_a_rule_is_tried_on_any_record_that_is_looked_for(client: Client, world: World) -> None:
    who = world.has("lead", "james", last_name="Berthier", priority="urgent")
    world.has("lead", "james", last_name="Quéré")
    admin = Browser(client, world, "admin")
    assert 'src="/automations/records/lead"' in admin.get("/automations/new?entity=lead").text
    offered = admin.get("/automations/records/lead?q=berthier").text
    assert re.findall(r'data-value="([^"]+)"', offered) == [str(who)]
    assert len(re.findall("data-value", admin.get("/automations/records/lead").text)) == 2
    none = admin.send("/automations/new?op=try_record", {**FORM, "try_record": ""}).text
    assert "Choose the record to try on first." in none


def test_a_rule_names_the_process_that_it_starts_and_gaps_where_nothing_is_said_yet(
    client: Client, world: World
) -> None:
    admin = Browser(client, world, "admin")
    with world.acts("admin") as tx:
        deploy_shipped(tx)
    rule(world, name="Begin", actions=[{"kind": "action", "action": "start_process", "wish": {"process": KEY}}])
    assert "Start a process: Lead management" in admin.get("/automations").text
    unsaid = {**FORM, "trigger": "activity_created", "step.s1.subject": ""}
    told = re.search(r'class="rule-sentence">([^<]+)<', admin.send("/automations/new?op=redraw", unsaid).text)
    assert told
    assert "“”" not in told[1]
    assert "When an activity “…” is created" in told[1]


def test_rules_are_switched_ordered_paused_and_deleted(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    first, second = rule(world, name="First", position=1), rule(world, name="Second", position=2)

    def order() -> list[str]:
        return re.findall(r'class="strong" href="[^"]+">(\w+)<', admin.get("/automations").text)

    assert order() == ["First", "Second"]
    admin.post(f"/automations/{second}/move?way=up")
    assert order() == ["Second", "First"]
    admin.send(f"/automations/{second}/move", {"before": ""})
    assert order() == ["First", "Second"]
    admin.post(f"/automations/{first}/switch")
    with world.system() as tx:
        assert not find(tx, "automation", first)["active"]
    admin.post("/automations/pause")
    assert "All automations are paused." in admin.get("/automations").text
    admin.post(f"/automations/{first}/delete")
    assert order() == ["Second"]
    assert "Second" in admin.get("/automations/map").text


def test_button_of_a_rule_stands_on_the_record_and_in_the_palette(client: Client, world: World) -> None:
    settings = {"en": "Greet them", "fr": "Saluer", "confirm": True}
    button = rule(world, trigger="button", settings=settings, actions=[{"kind": "post", "body": "Hello"}])
    who = world.has("lead", "james", last_name="Berthier")
    james = Browser(client, world, "james")
    url = f"/leads/{who}/automations/{button}"
    assert url in james.get(f"/leads/{who}").text
    assert url in james.get(f"/search/palette?q=greet&at=/leads/{who}").text
    assert "Greet them" in james.get(url).text
    assert "Done." in james.post(url).text
    assert len(all_of(world, "note")) == 1


def test_pages_are_for_those_who_may_read_rules(client: Client, world: World) -> None:
    hidden = rule(world)
    james = Browser(client, world, "james")
    for path in ("/automations", "/automations/map", "/automations/log", "/automations/new", f"/automations/{hidden}"):
        assert james.get(path).status_code == 404
    assert james.post(f"/automations/{hidden}/switch").status_code == 404
    assert parse_id(str(hidden))


def test_a_moment_before_saving_is_offered_where_there_is_one(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    for trigger, waits in (
        ("created", True),
        ("stage", True),
        ("deleted", False),
        ("schedule", False),
        ("date", False),
    ):
        drawn = admin.post("/automations/new?op=redraw", {**FORM, "trigger": trigger, "timing": "before"}).text
        assert ('name="timing"' in drawn) is waits, trigger
        assert ('name="delay"' in drawn) is not waits, trigger
    saved = {**FORM, "trigger": "deleted", "timing": "before"}
    assert admin.send("/automations/new", saved).headers["location"] == "/automations"
    assert made(world)["timing"] == "after"


def test_a_rule_that_is_written_elsewhere_is_refused_where_it_makes_no_sense(world: World) -> None:
    step = {"kind": "update", "values": {"priority": "high"}}
    base = {"name": "x", "entity": "lead", "timing": "before", "actions": [step]}
    for trigger in ("deleted", "schedule", "date", "button", "activity_created", "related", "signal"):
        with world.acts("admin") as tx, pytest.raises(Refused) as refused:
            save(tx, "automation", {**base, "trigger": trigger, "settings": SETTINGS.get(trigger, {})})
        fault = refused.value.faults[0] if isinstance(refused.value, Invalid) else refused.value
        assert (fault.code, fault.field) == ("automation.never_before", "timing"), trigger
    with world.acts("admin") as tx, pytest.raises(Refused) as refused:
        save(tx, "automation", {**base, "trigger": "created", "delay": 5})
    fault = refused.value.faults[0] if isinstance(refused.value, Invalid) else refused.value
    assert (fault.code, fault.field) == ("automation.waits_before", "delay")


def test_a_rule_says_its_condition_in_words(client: Client, world: World) -> None:
    condition = (
        'status in ("new", "assigned") and (priority = "urgent" or changed("priority")) and company_name != null'
        ' and contains(lower case(need), lower case("roof")) and string length(last_name) > 3'
    )
    rule(world, name="Words", condition=condition)
    said = {
        "en": "if Status is New or Assigned and (Priority is Urgent or Priority changed) and Company is filled in"
        " and Need contains “roof” and “string length(last_name) > 3”, then",
        "fr": "est Nouveau ou Assigné et (Priorité est Urgente ou Priorité a changé)",
    }
    for language, words in said.items():
        with world.acts("admin") as tx:
            save(tx, "user", {"language": language}, id=world.id_of("admin"))
        admin = Browser(client, world, "admin")
        for page in ("/automations", "/automations/map"):
            assert words in unescape(admin.get(page).text), page


def test_who_saves_over_another_change_is_told_whose_it_is_and_may_do_so_knowingly(
    client: Client, world: World
) -> None:
    admin = Browser(client, world, "admin")
    admin.send("/automations/new", FORM)
    kept = made(world)
    seen = {**FORM, "version": str(kept.version)}
    url = f"/automations/{kept.id}"
    assert admin.send(url, {**seen, "name": "First"}).headers["location"] == "/automations"
    refused = admin.send(url, {**seen, "name": "Second"})
    assert refused.status_code == 422
    told = re.search(r"(\S+ \S+) changed this automation on [^<]+ Save again to put yours over it", refused.text)
    assert told
    assert 'value="Second"' in refused.text
    version = re.search(r'name="version" value="(\d+)"', refused.text)
    assert version
    assert made(world)["name"] == "First"
    admin.send(url, {**seen, "name": "Second", "version": version[1]})
    assert made(world)["name"] == "Second"


def test_log_writes_amounts_as_its_reader_does(client: Client, world: World) -> None:
    made = rule(world, trigger="updated", settings={"fields": ["estimated_amount"]})
    lead = world.has("lead", "james", last_name="Berthier")
    with world.acts("james") as tx:
        save(tx, "lead", {"estimated_amount": "46000"}, id=lead)
    followed(world)
    log = Browser(client, world, "admin").get(f"/automations/{made}/runs").text
    assert "€46,000" in log
    assert "46000" not in log


def test_trial_leads_to_nothing_that_it_took_back(client: Client, world: World) -> None:
    rule(world, trigger="created", actions=[{"kind": "activity", "entity": "task", "subject": "Call"}])
    world.has("lead", "james", last_name="Berthier")
    followed(world)
    form = {**FORM, "trigger": "created", "filter": "[]"}
    trial = Browser(client, world, "admin").send("/automations/new?op=try", form).text
    assert "What would have been done" in trial
    assert "Call Berthier" in trial
    assert 'href="/tasks/' not in trial
    assert " · <a" not in trial


def log_of(client: Client, world: World, automation: Any) -> str:
    return unescape(Browser(client, world, "admin").get(f"/automations/{automation}/runs").text)


def test_log_names_fields_labels_and_options_as_people_do(client: Client, world: World) -> None:
    tag = world.has("tag", "admin", name="Strategic")
    steps = [
        {"kind": "update", "values": {"job_title": "Head", "do_not_call": "true"}},
        {"kind": "label", "field": "tags", "add": [str(tag)], "remove": []},
        {"kind": "create", "entity": "opportunity", "values": {"name": "Deal"}},
    ]
    made = rule(world, trigger="created", condition='priority = "normal"', actions=steps)
    emails = [{"value": "anne@berthier.example", "primary": True}]
    world.has("lead", "james", last_name="Berthier", emails=emails)
    followed(world)
    log = log_of(client, world, made)
    assert "Changed: Job title, Do not call" in log
    assert "Labels: Strategic" in log
    assert "Expected close: " in log
    assert "close_date" not in log
    assert "anne@berthier.example" in log
    assert "{'" not in log
    assert ">Normal<" in log


def test_log_tells_how_a_call_of_another_program_ended(client: Client, world: World) -> None:
    made = rule(world, trigger="created", actions=[{"kind": "webhook", "url": "http://127.0.0.1:9/hook"}])
    world.has("lead", "james", last_name="Berthier")
    followed(world)
    assert "not answered yet" in log_of(client, world, made)
    with world.system() as tx:
        engine_rows(tx, "UPDATE {schema}.outgoing_call SET state = 'failed', error = 'outgoing.not_public'")
    assert "not delivered: “127.0.0.1” is not a public address" in log_of(client, world, made)


def test_log_tells_that_somebody_may_not_read_what_he_was_to_be_told_of(client: Client, world: World) -> None:
    to = [f"user:{world.id_of(each)}" for each in ("james", "nadia")]
    made = rule(world, trigger="created", actions=[{"kind": "notify", "to": to, "text": "Look"}])
    world.has("lead", "james", last_name="Berthier")
    followed(world)
    assert "Notified 1 person – 1 may not read the record" in log_of(client, world, made)


def test_a_refused_step_names_its_field_as_people_do(client: Client, world: World) -> None:
    form = {**FORM, "step.s1.kind": "action", "step.s1.action": "disqualify"}
    refused = unescape(Browser(client, world, "admin").send("/automations/new", form).text)
    assert "Action 1: Reason: " in refused


def test_nothing_is_to_be_taken_back_of_a_button_that_did_nothing(client: Client, world: World) -> None:
    settings = {"en": "Deal", "fr": "Affaire", "places": ["record"]}
    actions = [{"kind": "create", "entity": "opportunity", "values": {"name": "Deal"}}]
    made = rule(world, trigger="button", settings=settings, actions=actions)
    lead = world.has("lead", "james", last_name="Berthier")
    answer = Browser(client, world, "james").send(f"/leads/{lead}/automations/{made}", {}).text
    assert "It failed" in answer
    assert "/undo/" not in answer


def test_a_value_is_chosen_where_there_are_few_and_may_still_be_a_formula(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    form = {"entity": "opportunity", "trigger": "created", "order": "s1", "step.s1.kind": "update"}
    rows = {
        "step.s1.values.0.name": "stage",
        "step.s1.values.1.name": "forecast_category",
        "step.s1.values.1.value": "=old.forecast_category",
    }
    drawn = unescape(admin.send("/automations/new?op=redraw", {**form, **rows}).text)
    assert 'value="=">Formula…' in drawn
    stage = drawn.partition('name="step.s1.values.0.value"')[2].partition("</select>")[0]
    assert ">Negotiation<" in stage
    assert re.search(r'<input[^>]*name="step.s1.values.1.value"[^>]*value="=old.forecast_category"', drawn)
    rows = {"step.s1.values.0.name": "do_not_call", "step.s1.values.0.value": "true"}
    drawn = admin.send("/automations/new?op=redraw", {**form, **rows, "entity": "lead"}).text
    assert '<option value="true" selected>Yes' in drawn
