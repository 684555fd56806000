"""What sets a rule off, on which record, and what does not."""

from typing import Any

import pytest
from tests.services.automation.setting import all_of, change, deal, followed, outcomes, rule, runs, stage
from tests.world.cast import World

from entente.kernel.records.save import delete, save
from entente.kernel.seeding import seed_id


def lead(world: World, login: str = "james", **values: Any) -> Any:
    return world.has("lead", login, **{"last_name": "Berthier", "company_name": "Lisière", **values})


def test_created_record_gets_its_task_from_the_rule(world: World) -> None:
    made = rule(world)
    who = lead(world)
    followed(world)
    (task,) = all_of(world, "task")
    assert (task["subject"], task["owner"], task["regarding"].id) == ("Call Berthier", world.id_of("james"), who)
    (run,) = runs(world, made)
    assert (run.outcome, run.record, run.actor, run.steps[0].record) == ("done", who, world.id_of("james"), task.id)


def test_record_older_than_the_rule_does_not_concern_it(world: World) -> None:
    lead(world)
    made = rule(world, trigger="updated")
    followed(world)
    assert outcomes(world, made) == []


@pytest.mark.parametrize(
    ("settings", "values", "fires"),
    [
        ({"fields": ["priority"]}, {"priority": "high"}, True),
        ({"fields": ["priority"]}, {"job_title": "Directrice"}, False),
        ({"fields": ["priority"], "new": "high"}, {"priority": "low"}, False),
        ({"fields": ["priority"], "old": "low", "new": "high"}, {"priority": "high"}, False),
        ({}, {"job_title": "Directrice"}, True),
    ],
)
def test_update_is_narrowed_by_fields_and_values(
    world: World, settings: dict[str, Any], values: dict[str, Any], fires: bool
) -> None:
    made = rule(world, trigger="updated", settings=settings)
    who = lead(world)
    change(world, "james", "lead", who, **values)
    followed(world)
    assert len(outcomes(world, made)) == fires


def test_stage_from_one_to_another(world: World) -> None:
    settings = {"old": str(stage("proposal")), "new": str(stage("negotiation"))}
    made = rule(world, entity="opportunity", trigger="stage", settings=settings)
    right, other = deal(world), deal(world, stage=stage("qualification"))
    for each in (right, other):
        change(world, "james", "opportunity", each, stage=stage("negotiation"))
    followed(world)
    assert [run.record for run in runs(world, made)] == [right]


def test_stage_of_a_choice_is_one_too(world: World) -> None:
    made = rule(world, trigger="stage", settings={"new": "in_process"})
    who = lead(world)
    change(world, "james", "lead", who, status="in_process")
    followed(world)
    assert outcomes(world, made) == ["done"]


@pytest.mark.parametrize("result", ["won", "lost", "dormant"])
def test_result_sets_off_its_rule(world: World, result: str) -> None:
    made = {
        each: rule(world, entity="opportunity", trigger="result", settings={"new": each})
        for each in ("won", "lost", "dormant")
    }
    who = deal(world)
    more = {
        "won": {},
        "lost": {"loss_reason": "price"},
        "dormant": {"wake_up_on": "2027-03-01", "dormant_reason": "Budget"},
    }
    change(world, "james", "opportunity", who, result=result, **more[result])
    followed(world)
    assert {each for each, identity in made.items() if outcomes(world, identity)} == {result}


def test_rule_of_one_process_leaves_the_others_alone(world: World) -> None:
    scope = {"scope_field": "pipeline", "scope_value": str(seed_id("pipeline", "renewal"))}
    made = rule(world, entity="opportunity", **scope)
    deal(world)
    due = deal(world, pipeline=seed_id("pipeline", "renewal"), stage=stage("due", "renewal"))
    followed(world)
    assert [run.record for run in runs(world, made)] == [due]


def test_activity_created_and_closed_are_occasions_for_what_they_regard(world: World) -> None:
    post = [{"kind": "post", "body": "Done."}]
    begun = rule(
        world, trigger="activity_created", settings={"activity": "call", "subtype": "commercial"}, actions=post
    )
    ended = rule(world, trigger="activity_closed", settings={"activity": "call"}, actions=post)
    who = lead(world)
    call = world.has("call", "james", subject="Call", regarding=f"lead:{who}", subtype="commercial")
    world.has("call", "james", subject="Other", regarding=f"lead:{who}", subtype="technical")
    followed(world)
    assert [run.record for run in runs(world, begun)] == [who]
    assert outcomes(world, ended) == []
    change(world, "james", "call", call, status="held")
    followed(world)
    assert [run.record for run in runs(world, ended)] == [who]


def test_deleted_record_sets_off_its_rule(world: World) -> None:
    made = rule(world, trigger="deleted", actions=[{"kind": "notify", "to": ["user:" + str(world.id_of("admin"))],
                                                   "text": "{{ name }} is gone"}])  # fmt: skip
    who = lead(world)
    with world.acts("james") as tx:
        delete(tx, "lead", who)
    followed(world)
    assert outcomes(world, made) == ["done"]


def test_relations_added_and_removed(world: World) -> None:
    post = [{"kind": "post", "body": "Label."}]
    salon = world.has("tag", "admin", name="Salon")
    added = rule(world, trigger="related", settings={"field": "tags"}, actions=post)
    removed = rule(world, trigger="unrelated", settings={"field": "tags"}, actions=post)
    pointed = rule(world, trigger="related", settings={"field": "task.regarding"}, actions=post)
    who = lead(world)
    change(world, "james", "lead", who, tags=[str(salon)])
    followed(world)
    assert (outcomes(world, added), outcomes(world, removed)) == (["done"], [])
    change(world, "james", "lead", who, tags=[])
    world.has("task", "james", subject="Visit", regarding=f"lead:{who}")
    followed(world)
    assert (outcomes(world, added), outcomes(world, removed)) == (["done"], ["done"])
    assert [run.record for run in runs(world, pointed)] == [who]


def test_form_sets_off_its_rule_and_no_other(world: World) -> None:
    form = seed_id("web_form", "contact_request")
    ours = rule(world, trigger="form", settings={"new": str(form)})
    other = rule(world, trigger="form", settings={"new": str(seed_id("web_form", "other"))})
    with world.acts("admin", via="form") as tx:
        save(tx, "lead", {"last_name": "Dupré", "web_form": form}, trusted=True)
    lead(world)
    followed(world)
    assert (outcomes(world, ours), outcomes(world, other)) == (["done"], [])


def test_condition_decides_and_its_parts_are_kept(world: World) -> None:
    made = rule(
        world, trigger="updated", condition='changed("priority") and record.priority = "high" and old.priority != "low"'
    )
    who = lead(world, priority="normal")
    change(world, "james", "lead", who, priority="high")
    other = lead(world, last_name="Dupré", priority="low")
    change(world, "james", "lead", other, priority="high")
    followed(world)
    first, second = runs(world, made)
    assert (first.record, first.outcome, second.record, second.outcome) == (who, "done", other, "skipped")
    assert first.changes["priority"] == ["normal", "high"]
    assert second.condition
    parts = {each.text: each.value for each in second.condition.parts}
    assert parts == {'changed("priority")': True, 'record.priority = "high"': True, 'old.priority != "low"': False}


def test_one_transaction_is_one_occasion_with_first_old_and_last_new(world: World) -> None:
    made = rule(world, trigger="updated", settings={"fields": ["priority"]})
    who = lead(world, priority="low")
    with world.acts("james") as tx:
        for each in ("normal", "high", "urgent"):
            save(tx, "lead", {"priority": each}, id=who)
    followed(world)
    (run,) = runs(world, made)
    assert run.changes["priority"] == ["low", "urgent"]


def test_condition_reads_the_record_as_its_own_change_left_it(world: World) -> None:
    made = rule(world, trigger="updated", settings={"fields": ["priority"]}, condition='priority = "high"')
    who = lead(world, priority="low")
    change(world, "james", "lead", who, priority="high")
    change(world, "james", "lead", who, priority="low")
    followed(world)
    assert outcomes(world, made) == ["done", "skipped"]
