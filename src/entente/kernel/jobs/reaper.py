"""Jobs whose worker died: procrastinate leaves them `doing` for ever, so they are put back, or buried at the end.

Measured: `reference/security.md` 3.1.
"""

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
import psycopg
from psycopg.rows import dict_row

from entente.kernel.db.database import Database
from entente.kernel.jobs.dead import DeadJob, bury, tell_of_end
from entente.kernel.jobs.queue import JobDef, Order

STALE_SECONDS = 30

log = logging.getLogger(__name__)

_STALLED = """
SELECT j.id, j.task_name, j.queue_name, j.args, j.attempts FROM public.procrastinate_jobs j
WHERE j.status = 'doing' AND (j.worker_id IS NULL OR j.worker_id IN (
  SELECT id FROM public.procrastinate_workers WHERE last_heartbeat < now() - make_interval(secs => %s)))
FOR UPDATE OF j SKIP LOCKED
"""
_FAILED = """
SELECT id, task_name, queue_name, args, attempts FROM public.procrastinate_jobs
WHERE status = 'failed' FOR UPDATE SKIP LOCKED
"""


def reap(database: Database, jobs: Mapping[str, JobDef], *, stale_seconds: float = STALE_SECONDS) -> int:
    """How many jobs of dead workers were put back or buried; failed ones that nobody buried are buried too."""
    ended: list[tuple[JobDef, Order, str]] = []
    with database.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        stalled = cursor.execute(_STALLED, (stale_seconds,)).fetchall()
        for row in stalled:
            made = jobs.get(row["task_name"])
            if made and row["attempts"] < made.retries:
                _put_back(connection, row["id"])
            else:
                ended += _ended(made, _bury(database, connection, row, "the worker died"), "the worker died")
        for row in cursor.execute(_FAILED).fetchall():
            made = jobs.get(row["task_name"])
            reason = "the job failed" if made else "no code has this name any more"
            ended += _ended(made, _bury(database, connection, row, reason), reason)
    for job, order, reason in ended:
        tell_of_end(database, job, order, reason)
    if stalled:
        log.warning("%s jobs of dead workers were taken up", len(stalled))
    return len(stalled)


def _put_back(connection: psycopg.Connection[Any], job: int) -> None:
    """Let a job be done again, unless one of the same queueing lock waits already: that one does the same."""
    try:
        with connection.transaction():
            connection.execute("SELECT public.procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", (job,))
    except psycopg.errors.UniqueViolation:
        connection.execute("DELETE FROM public.procrastinate_jobs WHERE id = %s", (job,))


def _ended(made: JobDef | None, order: Order | None, reason: str) -> list[tuple[JobDef, Order, str]]:
    return [(made, order, reason)] if made and order else []


def _bury(database: Database, connection: psycopg.Connection[Any], row: Mapping[str, Any], reason: str) -> Order | None:
    """What was asked for by the job that is buried now; nothing when no organisation knows it."""
    dead = DeadJob(
        id=row["id"],
        name=row["task_name"],
        queue=row["queue_name"],
        arguments=row["args"],
        tries=row["attempts"] + 1,
        error=reason,
        failed_at=database.clock.now(),
    )
    order = None
    try:
        with connection.transaction():
            order = msgspec.convert(row["args"], Order)
            bury(connection, order, dead)
    except (msgspec.ValidationError, psycopg.errors.UndefinedTable):
        log.exception("job %s (%s) belongs to no organisation: it is dropped", dead.id, dead.name)
    connection.execute("DELETE FROM public.procrastinate_jobs WHERE id = %s", (row["id"],))
    return order
