"""The same deed with many records: each refused one is reported and leaves the others done."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.actions import Outcome, perform
from entente.kernel.records.save import delete, restore, save

EDIT, DELETE, RESTORE = "edit", "delete", "restore"


def do_with_each(tx: Tx, entity: str, deed: str, ids: Sequence[UUID], values: Mapping[str, Any]) -> Outcome:
    """Edit, delete or restore records, or do an action with them; the outcome tells which were refused and why."""
    works: Mapping[str, Callable[[UUID], Any]] = {
        EDIT: lambda identity: save(tx, entity, values, id=identity),
        DELETE: partial(delete, tx, entity),
        RESTORE: partial(restore, tx, entity),
    }
    if deed in works:
        return _each(tx, ids, works[deed])
    if tx.catalog.action(entity, deed).scope == "all":
        return perform(tx, entity, deed, ids, values)
    return _each(tx, ids, lambda identity: perform(tx, entity, deed, [identity], values).results[0])


def _each(tx: Tx, ids: Sequence[UUID], work: Callable[[UUID], Any]) -> Outcome:
    results: list[Any] = []
    refused: list[tuple[UUID, Refused]] = []
    for identity in ids:
        try:
            with tx.connection.transaction():
                results.append(work(identity))
        except Refused as refusal:
            refused.append((identity, refusal))
    return Outcome(results, refused, tx.cause.id)


def touched_by(tx: Tx, entity: str, cause: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Those of some records that were changed at one stroke already: what a repeated run need not do again."""
    found = engine_rows(
        tx,
        "SELECT DISTINCT record FROM {schema}.journal"
        " WHERE cause = %(cause)s AND entity = %(entity)s AND record = ANY(%(ids)s)",
        cause=cause,
        entity=entity,
        ids=list(ids),
    )
    return {line["record"] for line in found}


def count_touched(tx: Tx, entity: str, cause: UUID) -> int:
    """How many records of an entity were changed at one stroke."""
    found = engine_rows(
        tx,
        "SELECT count(DISTINCT record) AS number FROM {schema}.journal WHERE cause = %(cause)s AND entity = %(entity)s",
        cause=cause,
        entity=entity,
    )
    return int(found[0]["number"])


def size_of(tx: Tx, cause: UUID) -> tuple[int, str]:
    """How many records of one entity were changed at one stroke, and which entity: the one with the most."""
    found = engine_rows(
        tx,
        "SELECT entity, count(DISTINCT record) AS number FROM {schema}.journal WHERE cause = %(cause)s"
        " GROUP BY entity ORDER BY number DESC LIMIT 1",
        cause=cause,
    )
    return (int(found[0]["number"]), str(found[0]["entity"])) if found else (0, "")
