"""What becomes of a lead, as those see it who work with it."""

from datetime import date

import pytest
from tests.world.cast import World

from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.actions import perform
from entente.kernel.records.query import find
from entente.kernel.records.save import save
from entente.modules.sales.lead import recycle_due


def _codes(fault: Refused) -> set[str]:
    return {each.code for each in fault.faults} if isinstance(fault, Invalid) else {fault.code}


def test_lead_is_called_by_person_then_company_then_mail(world: World) -> None:
    with world.acts("james") as tx:
        person = save(tx, "lead", {"first_name": "Ada", "last_name": "Corlay", "company_name": "Fonderie"})
        company = save(tx, "lead", {"company_name": "Fonderie Sorel"})
        mail = save(tx, "lead", {"emails": ["a.corlay@fonderie.example"]})
    assert [person["name"], company["name"]] == ["Ada Corlay", "Fonderie Sorel"]
    assert mail["name"] == "a.corlay@fonderie.example"


def test_lead_of_nobody_is_refused(world: World) -> None:
    with world.acts("james") as tx, pytest.raises(Refused) as caught:
        save(tx, "lead", {"first_name": "Ada"})
    assert _codes(caught.value) == {"lead.nobody"}


def test_own_new_lead_is_assigned_to_its_team(world: World) -> None:
    with world.acts("james") as tx:
        lead = save(tx, "lead", {"last_name": "Corlay"})
    assert lead["status"] == "assigned"
    assert lead["state"] == "open"
    assert lead["team"] is not None
    assert lead["assigned_at"] is not None


def test_lead_without_owner_belongs_to_topmost_unit(world: World) -> None:
    with world.system() as tx:
        lead = save(tx, "lead", {"last_name": "Corlay"}, trusted=True)
    assert lead["status"] == "new"
    assert lead["owner"] is None
    assert lead["unit"] is not None


def test_manager_assigns_with_priority_and_note(world: World) -> None:
    lead = world.has("lead", "helene", last_name="Corlay")
    wish = {"owner": str(world.id_of("james")), "priority": "urgent", "comment": "À rappeler <vite>"}
    with world.acts("helene") as tx:
        perform(tx, "lead", "assign", [lead], wish)
        made = find(tx, "lead", lead)
        mine = find(tx, "user", world.id_of("james"))
    assert (made["owner"], made["priority"], made["team"]) == (world.id_of("james"), "urgent", mine["team"])
    assert made["last_activity_at"] is not None


def test_disqualified_lead_has_a_reason_and_is_reopened(world: World) -> None:
    lead = world.has("lead", "james", last_name="Corlay")
    with world.acts("james") as tx:
        perform(tx, "lead", "disqualify", [lead], {"disqualify_reason": "not_interested"})
        assert find(tx, "lead", lead)["status"] == "dead"
    with world.acts("james") as tx, pytest.raises(Refused):
        perform(tx, "lead", "disqualify", [lead], {"disqualify_reason": "spam"})
    with world.acts("james") as tx:
        perform(tx, "lead", "reopen", [lead])
        made = find(tx, "lead", lead)
    assert (made["state"], made["disqualify_reason"]) == ("open", None)


def test_lead_cannot_be_qualified_by_hand(world: World) -> None:
    lead = world.has("lead", "james", last_name="Corlay")
    with world.acts("james") as tx, pytest.raises(Refused) as caught:
        save(tx, "lead", {"status": "converted"}, id=lead)
    assert _codes(caught.value) == {"lead.convert_only"}


def test_first_call_is_first_response(world: World) -> None:
    lead = world.has("lead", "james", last_name="Corlay")
    with world.acts("james") as tx:
        save(tx, "call", {"subject": "Premier appel", "regarding": Ref("lead", lead), "status": "held"})
        made = find(tx, "lead", lead)
    assert made["first_response_at"] is not None
    assert made["last_activity_at"] == made["first_response_at"]
    assert made["status"] == "in_process"


def test_a_task_that_is_taken_back_is_no_answer_to_a_lead(world: World) -> None:
    lead = world.has("lead", "james", last_name="Corlay")
    with world.acts("james") as tx:
        task = save(tx, "task", {"subject": "Rappeler", "regarding": Ref("lead", lead)})
        before = find(tx, "lead", lead)
        save(tx, "task", {"status": "canceled"}, id=task.id)
        made = find(tx, "lead", lead)
    told = ("first_response_at", "last_activity_at", "status")
    assert [made[name] for name in told] == [before[name] for name in told] == [None, None, "assigned"]


def test_recycled_lead_comes_back_on_its_day(world: World) -> None:
    lead = world.has("lead", "james", last_name="Corlay")
    wish = {"disqualify_reason": "canceled", "recycle_on": "2026-11-24"}
    with world.acts("james") as tx:
        perform(tx, "lead", "disqualify", [lead], wish)
        assert find(tx, "lead", lead)["recycle_on"] == date(2026, 11, 24)
    with world.system() as tx:
        assert recycle_due(tx) == 0
    world.clock.put(world.clock.now().replace(day=25))
    with world.system() as tx:
        assert recycle_due(tx) == 1
        assert find(tx, "lead", lead)["state"] == "open"


def test_a_proposed_priority_raises_and_never_lowers(world: World) -> None:
    lead = world.has("lead", "james", last_name="Corlay", priority="high")
    with world.acts("james") as tx:
        for proposed, kept in (("low", "high"), ("high", "high"), ("urgent", "urgent"), ("normal", "urgent")):
            perform(tx, "lead", "raise_priority", [lead], {"priority": proposed})
            assert find(tx, "lead", lead)["priority"] == kept
