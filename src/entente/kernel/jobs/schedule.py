"""Periodic jobs: put in the queue of every organisation when their time has come, once even after a long sleep."""

from collections.abc import Iterable
from datetime import datetime

from croniter import croniter

from entente.kernel.db.database import Database
from entente.kernel.db.tx import Tx, engine_rows, new_cause
from entente.kernel.jobs.queue import JobDef, enqueue
from entente.kernel.kit.principal import system


def tick(database: Database, jobs: Iterable[JobDef]) -> int:
    """How many periodic jobs became due and are in the queue now."""
    periodic = [made for made in jobs if made.every]
    due = 0
    for organisation in database.organisations():
        cause = new_cause("job", "schedule")
        with database.begin(system("schedule"), organisation=organisation, cause=cause) as tx:
            due += _tick(tx, periodic)
    return due


def next_run(every: str, after: datetime) -> datetime:
    """The first moment after another at which a cron line (in UTC) is due."""
    found: datetime = croniter(every, after).get_next(datetime)
    return found


def bring_forward(database: Database) -> None:
    """Let waiting jobs be due by the installation's clock: for installations whose clock is set by tests."""
    with database.connection() as connection:
        connection.execute(
            "UPDATE public.procrastinate_jobs SET scheduled_at = now() "
            "WHERE status = 'todo' AND scheduled_at > now() AND scheduled_at <= %s",
            (database.clock.now(),),
        )


def _tick(tx: Tx, periodic: list[JobDef]) -> int:
    now = tx.clock.now()
    last = {row["name"]: row["last_at"] for row in engine_rows(tx, "SELECT name, last_at FROM {schema}.periodic_job")}
    due = 0
    for made in periodic:
        if made.name not in last:
            _claim(tx, made.name, None, now)
        elif next_run(made.every or "", last[made.name]) <= now and _claim(tx, made.name, last[made.name], now):
            enqueue(tx, made, key="periodic")
            due += 1
    return due


def _claim(tx: Tx, name: str, last: datetime | None, now: datetime) -> bool:
    """Whether this worker, and no other, moved the job's last run to now."""
    claimed = engine_rows(
        tx,
        "INSERT INTO {schema}.periodic_job AS known VALUES (%(name)s, %(now)s) ON CONFLICT (name) "
        "DO UPDATE SET last_at = excluded.last_at WHERE known.last_at = %(last)s RETURNING name",
        name=name,
        now=now,
        last=last,
    )
    return bool(claimed)
