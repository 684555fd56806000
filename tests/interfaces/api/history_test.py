"""The history of a record over the API: what somebody changed, without lines that tell nothing."""

from datetime import timedelta

from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import find
from entente.services.stream.timeline import timeline
from tests.interfaces.api.conftest import Ask
from tests.world.cast import World


def test_a_line_that_tells_no_change_is_no_line_of_the_history(nadia: Ask, world: World) -> None:
    lead = world.has("lead", "nadia", last_name="Courtois")
    for number in range(30):
        world.clock.move(timedelta(minutes=1))
        world.has("note", "nadia", body=f"Appel {number}", regarding=Ref("lead", lead))
    with world.system() as tx:
        assert find(tx, "lead", lead)["last_activity_at"] is not None
        assert find(tx, "lead", lead).version > 20
    world.clock.move(timedelta(minutes=1))
    nadia("PATCH", f"/leads/{lead}", json={"last_name": "Courtoise"}, headers={"If-Match": "*"})
    told = nadia("GET", f"/leads/{lead}/history").json()["value"]
    assert [each["deed"] for each in told] == ["update", "create"]
    assert "last_name" in {each["field"] for each in told[0]["changes"]}


def test_old_changes_are_not_lost_behind_lines_that_tell_nothing(world: World) -> None:
    lead = world.has("lead", "nadia", last_name="Courtois")
    for number in range(12):
        world.clock.move(timedelta(minutes=1))
        world.has("note", "nadia", body=f"Appel {number}", regarding=Ref("lead", lead))
    with world.acts("nadia") as tx:
        shown = timeline(tx, "lead", lead, kind="changes", limit=10)
    assert [item.deed for item in shown.items] == ["create"]
