"""What keeps rules in bounds: chains and loops, one look at each entry, once per occasion, rights, refusals."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from psycopg import errors
from tests.services.automation.setting import (
    TASK,
    all_of,
    change,
    deal,
    followed,
    job,
    later,
    outcomes,
    rule,
    runs,
    stage,
)
from tests.services.processes.drawing import drawn
from tests.world.cast import World

from entente.kernel.db.tx import engine_rows
from entente.kernel.jobs.followers import Entry, retry_failures
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.principal import Principal
from entente.kernel.kit.refusal import Forbidden, Invalid, Refused
from entente.kernel.records.journal import history
from entente.kernel.records.query import find
from entente.kernel.records.save import save
from entente.services.automation import running
from entente.services.automation.changes import AUTOMATIONS, follow_changes
from entente.services.automation.dry_run import try_on_past, try_on_record
from entente.services.automation.rules import rule_of
from entente.services.processes.definitions import deploy, import_model
from entente.services.transfer.writing_rows import without_rules


def lead(world: World, login: str = "james", **values: Any) -> UUID:
    return world.has("lead", login, **{"last_name": "Berthier", "company_name": "Lisière", **values})


def update(**values: Any) -> list[dict[str, Any]]:
    return [{"kind": "update", "values": values}]


def author(world: World) -> Principal:
    """The sales manager, who may write rules of her own."""
    found = world.principal("helene")
    return msgspec.structs.replace(found, grants={**found.grants, "automation": {"create": "own", "read": "own"}})


def test_rules_set_off_other_rules(world: World) -> None:
    rule(world, actions=update(priority="high"))
    second = rule(world, trigger="updated", settings={"fields": ["priority"]}, actions=[TASK])
    lead(world)
    followed(world)
    (run,) = runs(world, second)
    assert (run.outcome, run.depth) == ("done", 1)
    assert len(all_of(world, "task")) == 1


def test_rule_does_not_act_twice_in_one_chain(world: World) -> None:
    made = rule(
        world, trigger="updated", actions=update(job_title='= if job_title = null then "a" else job_title + "a"')
    )
    who = lead(world)
    change(world, "james", "lead", who, priority="high")
    followed(world)
    assert outcomes(world, made) == ["done", "stopped"]
    assert runs(world, made)[1].reason == "automation.loop"
    with world.system() as tx:
        assert find(tx, "lead", who)["job_title"] == "a"


def test_reentrant_rule_ends_at_the_depth_of_chains(world: World) -> None:
    made = rule(
        world,
        trigger="updated",
        reentrant=True,
        actions=update(job_title='= if job_title = null then "a" else job_title + "a"'),
    )
    who = lead(world)
    change(world, "james", "lead", who, priority="high")
    followed(world)
    found = outcomes(world, made)
    assert found == ["done"] * (len(found) - 1) + ["stopped"]
    assert 2 < len(found) <= 9


def test_entry_that_is_delivered_again_changes_nothing(world: World) -> None:
    made = rule(world)
    who = lead(world)
    followed(world)
    with world.system() as tx:
        entries: list[Entry] = list(reversed(history(tx, "lead", who)))
        follow_changes(tx, entries)
    assert outcomes(world, made) == ["done"]
    assert len(all_of(world, "task")) == 1


def test_failed_step_is_taken_back_alone_and_ends_the_run(world: World) -> None:
    steps = [TASK, {"kind": "update", "values": {"emails": "={{"}}]
    with pytest.raises(Refused), world.acts("admin") as tx:
        save(tx, "automation", {"name": "R", "entity": "lead", "trigger": "created", "actions": steps})
    made = rule(
        world, actions=[TASK, {"kind": "update", "values": {"last_name": "=null", "company_name": "=null"}}, TASK]
    )
    lead(world)
    followed(world)
    (run,) = runs(world, made)
    assert run.outcome == "failed"
    assert [bool(each.failure) for each in run.steps] == [False, True]
    assert len(all_of(world, "task")) == 1


def test_once_per_record(world: World) -> None:
    made = rule(world, trigger="updated", once_per="record")
    who = lead(world)
    for priority in ("high", "low"):
        change(world, "james", "lead", who, priority=priority)
        followed(world)
    assert outcomes(world, made) == ["done"]


def test_debounce_waits_until_the_record_is_left_alone(world: World) -> None:
    made = rule(world, trigger="updated", settings={"fields": ["priority"]}, debounce=60)
    who = lead(world, priority="low")
    for seconds, priority in ((0, "normal"), (40, "high")):
        later(world, seconds=seconds)
        change(world, "james", "lead", who, priority=priority)
        followed(world)
    later(world, seconds=70)
    job(world, "automation.waited")
    assert outcomes(world, made) == []
    later(world, seconds=110)
    job(world, "automation.waited")
    (run,) = runs(world, made)
    assert (run.outcome, run.changes["priority"]) == ("done", ["low", "high"])


def test_delayed_rule_acts_later_and_once(world: World) -> None:
    made = rule(world, delay=30)
    lead(world)
    followed(world)
    assert (outcomes(world, made), all_of(world, "task")) == (["waiting"], [])
    later(world, minutes=31)
    job(world, "automation.waited")
    job(world, "automation.waited")
    assert outcomes(world, made) == ["waiting", "done"]
    assert len(all_of(world, "task")) == 1


def test_actor_has_no_more_rights_than_his_own(world: World) -> None:
    account = world.has("account", "james", name="Trévidic")
    step = update(credit_limit="5000")
    own = rule(world, entity="account", trigger="updated", settings={"fields": ["website"]}, actions=step)
    full = rule(world, entity="account", trigger="updated", settings={"fields": ["phones"]}, actions=step,
                run_as="system")  # fmt: skip
    change(world, "james", "account", account, website="https://trevidic.example")
    followed(world)
    assert outcomes(world, own) == ["failed"]
    change(world, "james", "account", account, phones="06 39 98 12 34")
    followed(world)
    assert outcomes(world, full) == ["done"]
    with world.system() as tx:
        assert find(tx, "account", account)["credit_limit"].amount == 5000


@pytest.mark.parametrize(
    "given",
    [
        {"run_as": "system"},
        {"actions": [{"kind": "webhook", "url": "https://example.org/hook"}]},
        {"actions": [{"kind": "create", "entity": "user", "values": {"login": "x"}}]},
        {"entity": "user", "actions": update(first_name="x")},
    ],
)
def test_author_cannot_make_a_rule_do_what_he_may_not(world: World, given: dict[str, Any]) -> None:
    able = author(world)
    values = {"name": "R", "entity": "lead", "trigger": "created", "actions": [TASK], **given}
    with world.database.begin(able) as tx, pytest.raises((Forbidden, Refused)):
        save(tx, "automation", values)
    with world.database.begin(able) as tx:
        save(tx, "automation", {**values, **{"run_as": "actor", "entity": "lead", "actions": [TASK]}})


def test_condition_reads_only_what_its_author_may(world: World) -> None:
    limited = msgspec.structs.replace(author(world), field_rules={"lead": {"budget": "hidden"}})
    for given in ({"condition": "budget != null"}, {"actions": [{"kind": "post", "body": "{{ budget }}"}]}):
        values = {"name": "R", "entity": "lead", "trigger": "created", "actions": [TASK], **given}
        with world.database.begin(limited) as tx, pytest.raises(Refused):
            save(tx, "automation", values)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"condition": "ghost = 1"}, "condition"),
        ({"condition": "priority > 3"}, "condition"),
        ({"entity": "ghost"}, "entity"),
        ({"actions": []}, "actions"),
        ({"actions": [{"kind": "dance"}]}, "actions"),
        ({"actions": [{"kind": "update", "values": {"ghost": 1}}]}, "actions"),
        ({"actions": [{"kind": "post", "body": "{% for %}"}]}, "actions"),
        ({"trigger": "date", "settings": {"field": "last_name"}}, "settings"),
        ({"trigger": "schedule", "settings": {"cron": "often"}}, "settings"),
        ({"trigger": "schedule", "settings": {"cron": "0 8 30 2 *"}}, "settings"),
        ({"trigger": "schedule", "settings": {"cron": "R R * * *"}}, "settings"),
        ({"trigger": "stage", "settings": {"new": "nowhere"}}, "settings"),
        ({"trigger": "button", "settings": {"en": "Go"}}, "settings"),
        ({"timing": "before"}, "actions"),
        ({"trigger": "deleted", "timing": "before", "actions": update(need="x")}, "timing"),
        ({"actions": [{"kind": "refuse", "en": "No", "fr": "Non"}]}, "actions"),
    ],
)
def test_unsound_rule_is_refused_with_its_field(world: World, given: dict[str, Any], field: str) -> None:
    values = {"name": "R", "entity": "lead", "trigger": "created", "actions": [TASK], **given}
    with world.acts("admin") as tx, pytest.raises(Refused) as refusal:
        save(tx, "automation", values)
    fault = refusal.value.faults[0] if isinstance(refusal.value, Invalid) else refusal.value
    assert fault.field == field


def test_rule_before_saving_sets_fields_and_refuses(world: World) -> None:
    rule(world, trigger="saved", timing="before", condition="employees > 100", actions=update(priority="urgent"))
    rule(
        world,
        trigger="updated",
        timing="before",
        condition='changed("priority") and old.priority = "urgent"',
        actions=[
            {"kind": "refuse", "en": "{{ name }} stays urgent", "fr": "{{ name }} reste urgent", "field": "priority"}
        ],
    )
    who = lead(world, employees=500)
    with world.system() as tx:
        assert find(tx, "lead", who)["priority"] == "urgent"
    change(world, "james", "lead", who, employees=50)
    with world.acts("james") as tx, pytest.raises(Refused) as refusal:
        save(tx, "lead", {"priority": "low"}, id=who)
    found = refusal.value
    assert (found.code, found.field, found.values["message"]) == (
        "automation.refused",
        "priority",
        "Berthier stays urgent",
    )


def test_rule_before_saving_moves_a_stage_with_all_that_follows(world: World) -> None:
    rule(world, entity="opportunity", trigger="updated", timing="before", condition='next_step = "signed"',
         actions=update(stage=str(stage("closed_won"))))  # fmt: skip
    who = deal(world)
    change(world, "james", "opportunity", who, next_step="signed")
    with world.system() as tx:
        found = find(tx, "opportunity", who)
    assert (found["result"], found["probability"]) == ("won", 100)


def test_import_without_rules_is_left_alone(world: World) -> None:
    rule(world, timing="before", actions=update(priority="urgent"))
    after = rule(world)
    with world.acts("james", via="import") as tx:
        quiet = without_rules(tx)
        who = save(quiet, "lead", {"last_name": "Berthier"}).id
        add = "INSERT INTO {schema}.import_run (job, plan, cause) VALUES (%(job)s, %(plan)s::jsonb, %(cause)s)"
        engine_rows(tx, add, job=new_id(), plan='{"rules": false}', cause=tx.cause.id)  # fmt: skip
    followed(world)
    with world.system() as tx:
        assert find(tx, "lead", who)["priority"] != "urgent"
    assert outcomes(world, after) == []


def test_dry_run_tells_and_writes_nothing(world: World) -> None:
    made = rule(world, active=False, condition='priority = "high"')
    high, low = lead(world, priority="high"), lead(world, last_name="Dupré", priority="low")
    with world.system() as tx:
        found = rule_of(tx, made)
        before = counted(tx)
        assert found
        past = try_on_past(tx, found)
        one = try_on_record(tx, found, low)
        assert counted(tx) == before
    assert (past.occasions, past.fired, [each.record for each in past.trials]) == (2, 1, [high])
    assert past.trials[0].steps[0].values["title"] == "Call Berthier"
    assert (one.fired, one.trials[0].fires) == (0, False)
    assert (all_of(world, "task"), runs(world)) == ([], [])


def counted(tx: Any) -> Any:
    tables = ("journal", "outbox", "automation_run", "automation_chain", "task", "outgoing_mail", "outgoing_call")
    return [engine_rows(tx, f"SELECT count(*) AS n FROM {{schema}}.{name}")[0]["n"] for name in tables]


def test_process_is_started_on_the_record(world: World) -> None:
    with world.acts("admin") as tx:
        made = import_model(tx, drawn("start s\nuser a\nend e\ns > a > e", "welcome"))
        deploy(tx, made.id)
    step = [{"kind": "action", "action": "start_process", "wish": {"process": "welcome"}}]
    ours = rule(world, actions=step)
    who = lead(world)
    followed(world)
    assert outcomes(world, ours) == ["done"]
    with world.system() as tx:
        (instance,) = engine_rows(tx, "SELECT entity, record, started_by FROM {schema}.process_instance")
    assert instance == {"entity": "lead", "record": who, "started_by": world.id_of("james")}


def test_mail_leaves_once_for_each_address(world: World) -> None:
    step = {"kind": "mail", "to": ["field:owner", "field:emails"], "subject": "Hello {{ name }}", "body": "{{ url }}"}
    ours = rule(world, actions=[{**step, "documents": True}])
    who = lead(world, emails="camille@lisiere.example")
    offer = world.has("document", "james", name="Offer", regarding=f"lead:{who}")
    followed(world)
    assert outcomes(world, ours) == ["done"]
    with world.system() as tx:
        mails = engine_rows(tx, "SELECT recipient, subject, body_text FROM {schema}.outgoing_mail ORDER BY recipient")
    assert [mail["recipient"] for mail in mails] == ["camille@lisiere.example", "james@kervella.example"]
    assert {mail["subject"] for mail in mails} == {"Hello Berthier"}
    assert all(f"/documents/{offer}" in mail["body_text"] for mail in mails)


def test_other_steps_write_what_they_say(world: World) -> None:
    world.has("tag", "admin", name="Salon")
    account = world.has("account", "james", name="Lisière")
    steps = [
        {"kind": "label", "field": "tags", "add": ["Salon"]},
        {"kind": "related", "field": "account", "values": {"description": "Deal {{ name }}"}},
        {"kind": "create", "entity": "task", "link": "regarding", "values": {"subject": "Check", "owner": "=owner"}},
        {"kind": "action", "action": "win", "wish": {"close_note": "By rule"}},
    ]
    ours = rule(world, entity="opportunity", actions=steps)
    who = deal(world, account=account)
    followed(world)
    assert outcomes(world, ours) == ["done"]
    with world.system() as tx:
        found = find(tx, "opportunity", who)
        assert (len(found["tags"]), found["result"]) == (1, "won")
        assert find(tx, "account", account)["description"] == "Deal Toiture"
    assert [task["subject"] for task in all_of(world, "task")] == ["Check"]


@pytest.mark.parametrize("fault", [errors.QueryCanceled, errors.DeadlockDetected])
def test_step_that_the_database_gave_up_is_done_when_it_is_asked_again(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    made = rule(world)
    with monkeypatch.context() as patched:

        def given_up(*_: Any) -> Any:
            raise fault("canceling statement due to statement timeout")

        patched.setattr(running, "do", given_up)
        world.has("lead", "james", last_name="Berthier", company_name="Lisière")
        followed(world)
    assert (outcomes(world, made), len(all_of(world, "task"))) == ([], 0)
    later(world, minutes=2)
    assert retry_failures(world.database, "main", [AUTOMATIONS]) == 1
    assert (outcomes(world, made), len(all_of(world, "task"))) == (["done"], 1)
