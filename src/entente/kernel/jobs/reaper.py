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
from entente.kernel.jobs.dead import DeadJob, give_up
from entente.kernel.jobs.queue import JobDef, Order
from entente.kernel.kit.refusal import NotFound

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
WHERE status IN ('failed', 'aborted') FOR UPDATE SKIP LOCKED
"""


def reap(database: Database, jobs: Mapping[str, JobDef], *, stale_seconds: float = STALE_SECONDS) -> int:
    """How many jobs of dead workers were put back or buried; failed ones that nobody buried are buried too."""
    hopeless: list[tuple[Mapping[str, Any], str]] = []
    with database.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        stalled = cursor.execute(_STALLED, (stale_seconds,)).fetchall()
        for row in stalled:
            made = jobs.get(row["task_name"])
            if made and row["attempts"] < made.retries:
                _put_back(connection, row["id"])
            else:
                hopeless.append((row, "the worker died"))
        for row in cursor.execute(_FAILED).fetchall():
            reason = "the job failed" if row["task_name"] in jobs else "no code has this name any more"
            hopeless.append((row, reason))
    for lost, reason in hopeless:
        _bury(database, jobs.get(lost["task_name"]), lost, reason)
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


def _bury(database: Database, made: JobDef | None, row: Mapping[str, Any], reason: str) -> None:
    """Keep it with the dead ones, then take it out of the queue: after a crash in between it is found again."""
    dead = DeadJob(
        id=row["id"],
        name=row["task_name"],
        queue=row["queue_name"],
        arguments=row["args"],
        tries=row["attempts"] + 1,
        error=reason,
        failed_at=database.clock.now(),
    )
    try:
        give_up(database, made, msgspec.convert(row["args"], Order), dead)
    except (msgspec.ValidationError, psycopg.errors.UndefinedTable, NotFound):
        log.exception("job %s (%s) belongs to no organisation: it is dropped", dead.id, dead.name)
    with database.connection() as connection:
        connection.execute("DELETE FROM public.procrastinate_jobs WHERE id = %s", (dead.id,))
