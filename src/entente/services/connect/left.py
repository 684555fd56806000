"""Records that a deed with many left as they were: kept with the reason, in the words of whoever asked for the deed."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.jobs.queue import job
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import titles

KEPT = timedelta(days=30)
_KEEP = """
INSERT INTO {schema}.left_as_it_was (cause, entity, record, asked_by, reason, at)
SELECT %(cause)s, made.entity, made.record, %(user)s, made.reason, %(now)s
FROM unnest(%(entities)s::text[], %(records)s::uuid[], %(reasons)s::text[]) AS made (entity, record, reason)
ON CONFLICT (cause, entity, record) DO UPDATE SET reason = excluded.reason
"""
_OF = "FROM {schema}.left_as_it_was WHERE cause = %(cause)s AND asked_by = %(user)s"


class Left(msgspec.Struct, frozen=True):
    """A record that was left as it was: of which entity, what it is called now, why."""

    entity: str
    id: UUID
    title: str
    reason: str


def keep_left(tx: Tx, cause: UUID, user: UUID, left: Sequence[tuple[str, UUID, str]]) -> None:
    """Keep which records of which entity a deed left as they were, and why."""
    if left:
        entities, records, reasons = (list(each) for each in zip(*left, strict=True))
        values = {"entities": entities, "records": records, "reasons": reasons}
        engine_rows(tx, _KEEP, cause=cause, user=user, now=tx.clock.now(), **values)


def count_left(tx: Tx, cause: UUID) -> int:
    """How many records a deed of the principal left as they were."""
    found = engine_row(tx, f"SELECT count(*) AS number {_OF}", cause=cause, user=tx.principal.user_id)
    return int(found["number"]) if found else 0


def left_by(tx: Tx, cause: UUID) -> list[Left]:
    """The records that a deed of the principal left as they were, those that he may read."""
    found = engine_rows(
        tx, f"SELECT entity, record, reason {_OF} ORDER BY entity, record", cause=cause, user=tx.principal.user_id
    )
    called: Mapping[str, Mapping[UUID, str]] = {
        entity: titles(tx, entity, [each["record"] for each in found if each["entity"] == entity])
        for entity in dict.fromkeys(each["entity"] for each in found)
        if entity in tx.catalog.entities
    }
    return [
        Left(each["entity"], each["record"], called[each["entity"]][each["record"]], each["reason"])
        for each in found
        if each["record"] in called.get(each["entity"], {})
    ]


def reason_of(tx: Tx, entity: Entity, refusal: Refused) -> str:
    """Why a record was left as it was, field by field, in the transaction's language."""
    faults = refusal.faults if isinstance(refusal, Invalid) else (refusal,)
    return " ".join(_said(tx, entity, fault) for fault in faults)


def _said(tx: Tx, entity: Entity, fault: Refused) -> str:
    text, field = tx.say(fault.code, **fault.values), entity.fields.get(fault.field or "")
    if field is None:
        return text
    return tx.say("batches.field_reason", field=field.definition.label.to(tx.language), reason=text)


@job("connect.forget_left", every="43 3 * * *")
def forget_left(tx: Tx) -> None:
    """Drop the reasons that were kept long enough."""
    engine_rows(tx, "DELETE FROM {schema}.left_as_it_was WHERE at < %(since)s", since=tx.clock.now() - KEPT)
