"""Undo: everything that was done at one stroke, taken back from the journal's before-images.

A record that somebody changed since is left alone and reported, so that nothing newer is lost.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Cause, Tx, engine_row, engine_rows
from entente.kernel.jobs.followers import Entry
from entente.kernel.kit.refusal import Forbidden, NotFound, Refused
from entente.kernel.records.binning import delete_many
from entente.kernel.records.journal import entries_of, entry_of
from entente.kernel.records.query import exists
from entente.kernel.records.save import delete, restore, save
from entente.kernel.records.shares import take_back_share

DEED = "undo"
BATCH = 500
MANY = 20


class Undone(msgspec.Struct, frozen=True):
    """How many changes were taken back, and what could not be."""

    count: int
    left: list[tuple[str, UUID, str]]
    next: int | None = None


def undo(tx: Tx, cause: UUID) -> Undone:
    """Take back everything that was done under a cause; NotFound when there is nothing."""
    entries = entries_of(tx, cause)
    if not entries:
        raise NotFound("undo.nothing")
    return take_back(tx, list(reversed(entries)))


def undo_part(tx: Tx, cause: UUID, before: int | None) -> Undone:
    """Take back the newest changes of a cause below an entry's id, a batch of them; `next` says where to go on."""
    found = engine_rows(
        tx,
        "SELECT id, at, actor, actor_name, via, cause, deed, entity, record, version, title, changes, depth"
        " FROM {schema}.journal WHERE cause = %(cause)s AND (%(before)s::bigint IS NULL OR id < %(before)s)"
        " ORDER BY id DESC LIMIT %(most)s",
        cause=cause,
        before=before,
        most=BATCH,
    )
    entries = [entry_of(line) for line in found]
    done = take_back(tx, entries)
    return msgspec.structs.replace(done, next=entries[-1].id if len(entries) == BATCH else None)


def take_back(tx: Tx, entries: Sequence[Entry]) -> Undone:
    """Take back changes in the given order, newest first."""
    under = tx.acting_as(tx.principal, Cause(tx.cause.id, tx.cause.via, DEED, tx.cause.depth))
    left: list[tuple[str, UUID, str]] = []
    known = [entry for entry in entries if entry.entity in tx.catalog.entities]
    for (entity, deed), run in groupby(known, lambda entry: (entry.entity, entry.deed)):
        alike = list(run)
        for entry in _left_of_new(under, entity, alike) if deed == "create" and len(alike) >= MANY else alike:
            try:
                with tx.connection.transaction():
                    _take_back(under, entry)
            except Refused as refusal:
                left.append((entry.entity, entry.record, refusal.code))
    return Undone(len(known) - len(left), left)


def _left_of_new(tx: Tx, entity: str, entries: Sequence[Entry]) -> list[Entry]:
    """Take back together the creations that nothing speaks against; those that are to be looked at one by one."""
    own = [entry for entry in entries if _is_own(tx, entry)]
    together = {entry.record for entry in own} - _worked_on(tx, entity, own)
    try:
        with tx.connection.transaction():
            together -= delete_many(tx, entity, list(together))
    except Refused:
        together = set()
    return [entry for entry in entries if entry.record not in together]


def _worked_on(tx: Tx, entity: str, entries: Sequence[Entry]) -> set[UUID]:
    """Those of the new records that were changed later, as `_unchanged_since` looks at one of them."""
    found = engine_rows(
        tx,
        "SELECT DISTINCT later.record FROM {schema}.journal AS later"
        " JOIN unnest(%(records)s::uuid[], %(versions)s::bigint[], %(fields)s::text[])"
        " AS made (record, version, fields) ON later.record = made.record AND later.version > made.version"
        " WHERE later.entity = %(entity)s AND later.cause <> ALL(%(causes)s) AND later.deed = 'update'"
        " AND (later.via <> 'job' OR later.changes ?| made.fields::text[])",
        entity=entity,
        records=[entry.record for entry in entries],
        versions=[entry.version for entry in entries],
        fields=["{" + ",".join(entry.changes) + "}" for entry in entries],
        causes=[tx.cause.id, *{entry.cause for entry in entries}],
    )
    return {row["record"] for row in found}


def _take_back(tx: Tx, entry: Entry) -> None:
    _may_undo(tx, entry)
    _unchanged_since(tx, entry)
    match entry.deed:
        case "create" | "restore":
            if exists(tx, entry.entity, entry.record):
                delete(tx, entry.entity, entry.record, trusted=True)
        case "delete":
            restore(tx, entry.entity, entry.record, trusted=True)
        case "share" | "unshare":
            take_back_share(tx, entry.entity, entry.record, entry.deed, entry.changes)
        case "update":
            entity = tx.catalog.entity(entry.entity)
            before = {
                name: pair[0]
                for name, pair in entry.changes.items()
                if name in entity.fields and not entity.fields[name].definition.computed
            }
            save(tx, entry.entity, before, id=entry.record, trusted=True)


def _may_undo(tx: Tx, entry: Entry) -> None:
    if not _is_own(tx, entry) and not exists(tx, entry.entity, entry.record, "update"):
        raise Forbidden("undo.not_yours")


def _is_own(tx: Tx, entry: Entry) -> bool:
    person = tx.principal
    return person.is_system or person.is_admin or (entry.actor is not None and entry.actor == person.user_id)


def _unchanged_since(tx: Tx, entry: Entry) -> None:
    """Refuse when somebody wrote one of the same fields later, other than by undoing."""
    found = engine_row(
        tx,
        "SELECT 1 FROM {schema}.journal WHERE entity = %(entity)s AND record = %(record)s AND version > %(version)s"
        " AND cause <> %(cause)s AND cause <> %(mine)s AND deed = 'update'"
        " AND (%(deed)s = 'create' AND via <> 'job' OR changes ?| %(fields)s) LIMIT 1",
        entity=entry.entity,
        record=entry.record,
        version=entry.version,
        cause=entry.cause,
        mine=tx.cause.id,
        deed=entry.deed,
        fields=list(entry.changes),
    )
    if found and entry.deed in ("create", "update"):
        raise Refused("undo.changed_since")


def summary(tx: Tx, cause: UUID) -> dict[str, Any]:
    """How many records a cause touched, by entity and deed."""
    found = engine_rows(
        tx,
        "SELECT entity, deed, count(*) AS number FROM {schema}.journal WHERE cause = %(cause)s GROUP BY 1, 2",
        cause=cause,
    )
    return {f"{line['entity']}.{line['deed']}": line["number"] for line in found}
