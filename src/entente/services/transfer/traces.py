"""What an import left behind: the records that it created or changed, and those that its undo did not touch."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.records.query import find, titles
from entente.services.transfer.plan import JOB, state_of

Trace = Literal["created", "updated", "kept"]
MOST = 100_000
_WRITTEN = """
SELECT record FROM {schema}.journal AS line WHERE cause = %(cause)s AND entity = %(entity)s
GROUP BY record HAVING bool_or(deed = 'create') = %(new)s ORDER BY min(id) LIMIT %(most)s
"""
_KEPT = """
SELECT kept.entity, kept.record, kept.reason, later.actor_name, later.at
FROM {schema}.import_kept AS kept LEFT JOIN LATERAL (
  SELECT actor_name, at FROM {schema}.journal AS line
  WHERE line.entity = kept.entity AND line.record = kept.record AND line.deed = 'update' AND line.cause <> %(cause)s
  ORDER BY line.at DESC, line.id DESC LIMIT 1) AS later ON true
WHERE kept.job = %(job)s ORDER BY kept.entity, kept.record LIMIT %(most)s
"""


class Kept(msgspec.Struct, frozen=True):
    """A record that undoing an import left as it was: the key of the reason, who changed it last since, and when."""

    entity: str
    id: UUID
    title: str
    reason: str
    changed_by: str | None
    changed_at: datetime | None


def written_by(tx: Tx, job: UUID, trace: Trace) -> list[UUID]:
    """The ids of the records of its entity that an import created, changed or kept; NotFound when it is not his."""
    record = find(tx, JOB, job)
    if trace == "kept":
        found = engine_rows(
            tx,
            "SELECT record FROM {schema}.import_kept WHERE job = %(job)s AND entity = %(entity)s",
            job=job,
            entity=record["entity"],
        )
    else:
        cause, new = state_of(tx, job).cause, trace == "created"
        found = engine_rows(tx, _WRITTEN, cause=cause, entity=record["entity"], new=new, most=MOST)
    return [line["record"] for line in found]


def keep_kept(tx: Tx, job: UUID, left: Sequence[tuple[str, UUID, str]]) -> None:
    """Note which records of which entity an undo left as they were, and why."""
    for entity, record, reason in left:
        engine_rows(
            tx,
            "INSERT INTO {schema}.import_kept (job, entity, record, reason)"
            " VALUES (%(job)s, %(entity)s, %(record)s, %(reason)s) ON CONFLICT DO NOTHING",
            job=job,
            entity=entity,
            record=record,
            reason=reason,
        )


def forget_kept(tx: Tx, job: UUID) -> None:
    """Forget what an earlier undo left, because it is tried anew."""
    engine_rows(tx, "DELETE FROM {schema}.import_kept WHERE job = %(job)s", job=job)


def count_kept(tx: Tx, job: UUID) -> int:
    """How many records the undo of an import left as they were."""
    found = engine_row(tx, "SELECT count(*) AS number FROM {schema}.import_kept WHERE job = %(job)s", job=job)
    return int(found["number"]) if found else 0


def kept_of(tx: Tx, job: UUID, *, most: int = 100) -> list[Kept]:
    """The first records that the undo of an import left, as far as they may be read; NotFound when it is not his."""
    find(tx, JOB, job)
    found = engine_rows(tx, _KEPT, job=job, cause=state_of(tx, job).cause, most=most)
    called = {
        entity: titles(tx, entity, [line["record"] for line in found if line["entity"] == entity])
        for entity in {line["entity"] for line in found}
        if entity in tx.catalog.entities
    }
    return [
        Kept(line["entity"], line["record"], known[line["record"]], line["reason"], line["actor_name"], line["at"])
        for line in found
        if line["record"] in (known := called.get(line["entity"], {}))
    ]
