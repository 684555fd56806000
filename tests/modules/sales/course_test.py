"""The shipped course of a prospect: finding somebody for him answers him nothing, and nobody is stuck before."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.journeys.shipped import deploy_shipped
from tests.services.automation.setting import job_run
from tests.world.cast import World

from entente.kernel.records.actions import perform
from entente.kernel.records.query import find
from entente.kernel.records.record import Record
from entente.services.processes.instances import start
from entente.services.processes.showing import open_tasks, shown_instance
from entente.services.processes.waking import look_again, wake_due


@pytest.fixture
def course(world: World) -> tuple[UUID, UUID]:
    """A prospect whom nobody has, and the course that waits for his assignment."""
    lead = world.has("lead", "helene", last_name="Morvan", owner=None)
    with world.acts("admin") as tx:
        deploy_shipped(tx)
    with world.acts("helene") as tx:
        return lead, start(tx, "lead_management", entity="lead", record=lead).id


def waiting(world: World, instance: UUID) -> dict[str, UUID]:
    with world.acts("admin") as tx:
        return {each["element"]: each["id"] for each in open_tasks(tx, instance)}


def prospect(world: World, lead: UUID) -> Record:
    with world.system() as tx:
        return find(tx, "lead", lead)


def done(world: World, task: UUID, outcome: str = "done", who: str = "helene") -> None:
    with world.acts(who) as tx:
        perform(tx, "task", "complete", [task], {"outcome": outcome})


def test_the_managers_are_chased_before_anybody_has_the_prospect(world: World, course: tuple[UUID, UUID]) -> None:
    lead, instance = course
    world.clock.move(timedelta(days=1, minutes=1))
    job_run(world, wake_due)
    tasks = waiting(world, instance)
    assert set(tasks) == {"assign", "chase"}
    done(world, tasks["chase"])
    assert set(waiting(world, instance)) == {"assign"}
    assert (prospect(world, lead)["status"], prospect(world, lead)["first_response_at"]) == ("new", None)


def looked_again(world: World, instance: UUID) -> None:
    with world.system() as tx:
        look_again(tx, instance)


@pytest.mark.parametrize(
    ("deed", "wish"), [("convert", {"opportunity": {"mode": "none"}}), ("disqualify", {"disqualify_reason": "lost"})]
)
def test_prospect_closed_by_hand_ends_its_course(
    world: World, course: tuple[UUID, UUID], deed: str, wish: dict[str, Any]
) -> None:
    lead, instance = course
    with world.acts("helene") as tx:
        perform(tx, "lead", "assign", [lead], {"owner": str(world.id_of("james"))})
    done(world, waiting(world, instance)["assign"])
    assert set(waiting(world, instance)) == {"qualify"}
    looked_again(world, instance)
    assert set(waiting(world, instance)) == {"qualify"}
    with world.acts("james") as tx:
        perform(tx, "lead", deed, [lead], wish)
    looked_again(world, instance)
    assert waiting(world, instance) == {}
    with world.acts("admin") as tx:
        assert shown_instance(tx, instance, ())["state"] == "completed"


def test_who_says_assigned_though_nobody_has_the_prospect_is_asked_again(
    world: World, course: tuple[UUID, UUID]
) -> None:
    lead, instance = course
    done(world, waiting(world, instance)["assign"])
    assert set(waiting(world, instance)) == {"assign"}
    assert prospect(world, lead)["first_response_at"] is None
    with world.acts("helene") as tx:
        perform(tx, "lead", "assign", [lead], {"owner": str(world.id_of("james"))})
    done(world, waiting(world, instance)["assign"])
    assert set(waiting(world, instance)) == {"qualify"}
    done(world, waiting(world, instance)["qualify"], "pursued", "james")
    assert prospect(world, lead)["status"] == "in_process"
