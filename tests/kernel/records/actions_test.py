"""Actions: authorised, decoded, one cause for all that they do."""

import pytest
from tests.world.cast import World

from entente.kernel.kit.refusal import Forbidden, Invalid, NotFound, Refused
from entente.kernel.records.actions import perform
from entente.kernel.records.journal import entries_of
from entente.kernel.records.query import find

LOST = {"disqualify_reason": "lost"}


def test_refused_records_leave_the_others_done(world: World) -> None:
    open_one, closed = (world.has("lead", "james", last_name=name) for name in ("Berthier", "Mercier"))
    with world.acts("james") as tx:
        perform(tx, "lead", "disqualify", [closed], LOST)
    with world.acts("james") as tx:
        done = perform(tx, "lead", "disqualify", [open_one, closed], LOST)
        assert len(done.results) == 1
        assert [(each, fault.code) for each, fault in done.refused] == [(closed, "action.not_now")]
        assert {(entry.record, entry.deed) for entry in entries_of(tx, done.cause)} == {(open_one, "update")}
        assert find(tx, "lead", open_one)["state"] == "disqualified"


def test_wish_is_read_before_anything_is_done(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    with world.acts("james") as tx, pytest.raises(Invalid) as refusal:
        perform(tx, "lead", "disqualify", [lead], {"disqualify_reason": "lost", "recycle_on": "tomorrow"})
    assert [fault.field for fault in refusal.value.faults] == ["recycle_on"]
    with world.acts("james") as tx, pytest.raises(Refused) as missing:
        perform(tx, "lead", "assign", [lead], {})
    assert [(fault.code, fault.field) for fault in missing.value.faults] == [("field.required", "owner")]  # type: ignore[attr-defined]


def stranger_cannot_act(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    with world.acts("stranger") as tx, pytest.raises(NotFound):
        perform(tx, "lead", "disqualify", [lead], LOST)
    with world.acts("rita") as tx, pytest.raises(Forbidden):
        perform(tx, "lead", "disqualify", [lead], LOST)


def test_unknown_action_is_not_found(world: World) -> None:
    with world.acts("james") as tx, pytest.raises(NotFound):
        perform(tx, "lead", "explode", [], {})
