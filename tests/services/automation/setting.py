"""Rules in the small company: written by an administrator, followed as the worker does, looked up in the log."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.conftest import NOON
from tests.world.cast import World

from entente import job_worker
from entente.kernel.db.tx import new_cause
from entente.kernel.jobs.followers import Follower, dispatch
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.clock import SetClock
from entente.kernel.kit.principal import system
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.kernel.seeding import seed_id
from entente.services.automation.changes import AUTOMATIONS
from entente.services.automation.log import RunLine, read_runs

TASK = {"kind": "activity", "entity": "task", "subject": "Call {{ name }}", "assignee": "field:owner"}


def rule(world: World, login: str = "admin", **values: Any) -> UUID:
    """A new rule that somebody wrote."""
    given = {"name": "Rule", "entity": "lead", "trigger": "created", "actions": [TASK], **values}
    with world.acts(login) as tx:
        return save(tx, "automation", given).id


def followed(world: World, *others: Follower) -> None:
    """Let everything be looked at that has committed, and what comes of it."""
    while dispatch(world.database, "main", [AUTOMATIONS, *others]):
        pass


def runs(world: World, automation: UUID | None = None) -> list[RunLine]:
    """The log, oldest run first."""
    with world.system() as tx:
        return list(reversed(read_runs(tx, automation)))


def outcomes(world: World, automation: UUID) -> list[str]:
    """How the runs of a rule ended, oldest first."""
    return [each.outcome for each in runs(world, automation)]


def all_of(world: World, entity: str, filter_: str = "") -> Sequence[Record]:
    """The records of an entity."""
    with world.system() as tx:
        return page(tx, Ask(entity=entity, filter=filter_, limit=200)).records


def change(world: World, login: str, entity: str, identity: UUID, **values: Any) -> None:
    """Somebody changes a record."""
    with world.acts(login) as tx:
        save(tx, entity, values, id=identity)


def stage(key: str, process: str = "sale") -> UUID:
    """A stage of the seeded processes."""
    return seed_id("pipeline_stage", f"{process}_{key}")


def deal(world: World, login: str = "james", **values: Any) -> UUID:
    """An opportunity in the stage of proposals."""
    given = {"name": "Toiture", "amount": "1000", "close_date": "2027-01-15", "stage": stage("proposal"), **values}
    return world.has("opportunity", login, **given)


def job(world: World, name: str) -> None:
    """Run a job once, as the worker does."""
    made = next(each for each in job_worker.all_jobs() if each.name == name)
    made.function(Run(world.database, "main", system("job"), new_cause("job", name)))


def later(world: World, **by: float) -> None:
    """Put the clock forward from noon of 23 November 2026."""
    world.database.clock = SetClock(NOON + timedelta(**by))


def job_run(world: World, function: Any, *arguments: Any) -> None:
    """Run a job that opens transactions of its own."""
    function(Run(world.database, "main", system("job"), new_cause("job")), *arguments)
