"""Retention: instances that ended long ago become one document each, what reports count of them is kept by day."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.jobs.queue import Run, job
from entente.services.processes.retention import EVERY, retention

BATCH = 200
# The shortest period lets the index of ended instances leave out all that is younger.
_DUE = """
SELECT i.id FROM {schema}.process_instance i JOIN {schema}.process_definition d ON d.id = i.definition
LEFT JOIN {schema}.process_retention own ON own.process = d.key
WHERE i.ended_at < %(shortest)s
  AND i.ended_at < %(now)s - make_interval(days => coalesce(own.days, %(usual)s))
ORDER BY i.ended_at LIMIT %(most)s FOR UPDATE OF i SKIP LOCKED
"""
_COUNT = """
INSERT INTO {schema}.process_count AS known
SELECT definition, element, (left_at AT TIME ZONE 'UTC')::date, outcome, count(*),
  sum(extract(epoch FROM left_at - entered_at))
FROM {schema}.process_history WHERE instance = ANY(%(ids)s) GROUP BY 1, 2, 3, 4
ON CONFLICT (definition, element, day, outcome) DO UPDATE
SET passages = known.passages + excluded.passages, seconds = known.seconds + excluded.seconds
"""
_ARCHIVE = """
INSERT INTO {schema}.process_archive
SELECT i.id, i.definition, i.entity, i.record, i.business_key, i.started_by, i.started_at, i.ended_at, i.state,
  jsonb_build_object(
    'history', (SELECT coalesce(jsonb_agg(to_jsonb(h) - 'instance' ORDER BY h.id), '[]')
      FROM {schema}.process_history h WHERE h.instance = i.id),
    'variables', (SELECT coalesce(jsonb_agg(to_jsonb(v) - 'instance' ORDER BY v.scope, v.name), '[]')
      FROM {schema}.process_variable v WHERE v.instance = i.id))
FROM {schema}.process_instance i
WHERE i.id = ANY(%(ids)s) ON CONFLICT (id) DO NOTHING
"""


@job("processes.archive", every="40 3 * * *", transaction=False, queue="upkeep")
def archive_ended(run: Run) -> None:
    """Archive what ended longer ago than its process wants to keep it, 200 instances in a transaction."""
    while True:
        with run.begin() as tx:
            if archive(tx) < BATCH:
                return


def archive(tx: Tx, *, most: int = BATCH) -> int:
    """How many instances were archived: their rows are gone, their history is a document and counted."""
    now, days = tx.clock.now(), retention(tx)
    shortest = now - timedelta(days=min(days.values()))
    found = engine_rows(tx, _DUE, now=now, shortest=shortest, usual=days[EVERY], most=most)
    ids = [row["id"] for row in found]
    if ids:
        engine_rows(tx, _COUNT, ids=ids)
        engine_rows(tx, _ARCHIVE, ids=ids)
        engine_rows(tx, "DELETE FROM {schema}.process_instance WHERE id = ANY(%(ids)s)", ids=ids)
    return len(ids)


def archived(tx: Tx, identity: UUID) -> dict[str, Any] | None:
    """An archived instance as it was, with `history` and `variables`; nothing when there is none."""
    found = engine_row(tx, "SELECT * FROM {schema}.process_archive WHERE id = %(id)s", id=identity)
    return None if found is None else {**found, **found.pop("content"), "last": 0}
