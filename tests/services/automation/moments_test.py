"""Named moments: what happens to a record that belongs to another sets off the rules of that one."""

from typing import Any
from uuid import UUID

import pytest
from tests.services.automation.setting import TASK, all_of, deal, followed, outcomes, rule, runs
from tests.world.cast import World

from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.records.actions import perform
from entente.kernel.seeding import seed_id
from entente.services.automation.dry_run import try_on_past
from entente.services.automation.rules import rule_of
from entente.services.automation.sentences import sentence


def moment(world: World, key: str, **values: Any) -> UUID:
    """A rule of opportunities for a moment of their quotes."""
    return rule(world, entity="opportunity", trigger="moment", settings={"moment": f"quote.{key}"}, **values)


def quote(world: World, of: UUID) -> UUID:
    """A draft with an item."""
    made = world.has("quote", "james", opportunity=of, account=world.has("account", "james", name="Lisière SA"))
    world.has("quote_line", "james", quote=made, name="Visite", unit_price="100")
    return made


def does(world: World, name: str, identity: UUID, **wish: Any) -> None:
    """James does something with a quote, and everything that follows is done."""
    with world.acts("james") as tx:
        perform(tx, "quote", name, [identity], wish)
    followed(world)


def test_sent_quote_sets_off_the_rule_of_its_opportunity(world: World) -> None:
    call = {"kind": "activity", "entity": "call", "subject": "Relance {{ quote.number }} – {{ name }}",
            "assignee": "field:owner", "due": 3, "due_unit": "days"}  # fmt: skip
    made, of = moment(world, "sent", actions=[call]), deal(world)
    does(world, "send", quote(world, of))
    (found,) = all_of(world, "call")
    assert (found["subject"], found["regarding"].id) == ("Relance D-2026-00001 – Toiture", of)
    assert (found["owner"], str(found["start_at"].date())) == (world.id_of("james"), "2026-11-26")
    (run,) = runs(world, made)
    assert (run.outcome, run.occasion, run.record) == ("done", "moment:quote.sent", of)


@pytest.mark.parametrize("before", [["send"], ["send", "reject"]])
def test_reopened_quote_sets_off_its_rule(world: World, before: list[str]) -> None:
    made, of = moment(world, "reopened"), deal(world)
    each = quote(world, of)
    for name in before:
        does(world, name, each, **({"close_reason": "price"} if name == "reject" else {}))
    assert outcomes(world, made) == []
    does(world, "reopen", each)
    assert outcomes(world, made) == ["done"]


def test_draft_and_revision_are_not_reopened(world: World) -> None:
    made, each = moment(world, "reopened"), quote(world, deal(world))
    does(world, "send", each)
    does(world, "revise", each)
    assert outcomes(world, made) == []


def test_rule_is_for_the_process_of_the_opportunity(world: World) -> None:
    scope = {"scope_field": "pipeline", "scope_value": str(seed_id("pipeline", "renewal"))}
    made = moment(world, "sent", **scope)
    does(world, "send", quote(world, deal(world)))
    assert outcomes(world, made) == []


def test_condition_reads_the_quote_of_the_opportunity(world: World) -> None:
    small = moment(world, "sent", condition="quote.total < 100")
    large = moment(world, "sent", condition="quote.total >= 100")
    does(world, "send", quote(world, deal(world)))
    assert (outcomes(world, small), outcomes(world, large)) == (["skipped"], ["done"])


def test_rule_of_the_quote_itself_can_be_for_the_moment(world: World) -> None:
    step = {**TASK, "subject": "Call {{ name }} {{ number }}"}
    made = rule(world, entity="quote", trigger="moment", settings={"moment": "quote.sent"}, actions=[step])
    each = quote(world, deal(world))
    does(world, "send", each)
    assert [run.record for run in runs(world, made)] == [each]
    assert [task["subject"] for task in all_of(world, "task")] == ["Call Toiture D-2026-00001"]


def test_dry_run_counts_what_was_sent(world: World) -> None:
    does(world, "send", quote(world, deal(world)))
    made = moment(world, "sent")
    with world.acts("admin") as tx:
        kept = rule_of(tx, made)
        assert kept is not None
        tried = try_on_past(tx, kept)
    assert (tried.fired, [each.title for each in tried.trials]) == (1, ["Toiture"])


def test_moment_is_said_in_words(world: World) -> None:
    made = moment(world, "reopened")
    with world.acts("admin") as tx:
        kept = rule_of(tx, made)
        assert kept is not None
        assert sentence(tx, kept).startswith("When a quote is reopened")


@pytest.mark.parametrize(("entity", "key"), [("lead", "quote.sent"), ("opportunity", "quote.lost"), ("quote", "")])
def test_rule_for_no_such_moment_is_refused(world: World, entity: str, key: str) -> None:
    with pytest.raises(Refused) as found:
        rule(world, entity=entity, trigger="moment", settings={"moment": key})
    refusal = found.value
    faults = refusal.faults if isinstance(refusal, Invalid) else (refusal,)
    assert {each.code for each in faults} == {"automation.unknown_moment"}
