"""Undo: everything that was done at one stroke, taken back from the journal's before-images.

A record that somebody changed since is left alone and reported, so that nothing newer is lost; so is everything of the
stroke that hangs together with it by a new record: a lead stays converted while its deal is kept.
"""

import re
from collections.abc import Iterable, Sequence
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
IDENTITY = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
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
    known = [entry for entry in entries if entry.entity in tx.catalog.entities]
    left = _held_back(under, known)
    held = {record for _, record, _ in left}
    free = [entry for entry in known if entry.record not in held]
    for (entity, deed), run in groupby(free, lambda entry: (entry.entity, entry.deed)):
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
    together = {entry.record for entry in own} - _worked_on(tx, own)
    try:
        with tx.connection.transaction():
            together -= delete_many(tx, entity, list(together))
    except Refused:
        together = set()
    return [entry for entry in entries if entry.record not in together]


def _held_back(tx: Tx, entries: Sequence[Entry]) -> list[tuple[str, UUID, str]]:
    """What is left because it hangs together with a record that was changed since; that record comes first."""
    bound = [run for run in _bound(entries) if len({entry.record for entry in run}) > 1]
    changed = _worked_on(tx, [entry for run in bound for entry in run]) if bound else set()
    left = []
    for run in bound:
        touched = [entry for entry in run if entry.record in changed]
        if touched:
            left += [(entry.entity, entry.record, "undo.changed_since") for entry in touched]
            left += [(each.entity, each.record, "undo.hangs_together") for each in run if each.record not in changed]
    return left


def _bound(entries: Sequence[Entry]) -> Iterable[list[Entry]]:
    """The entries by what hangs together: those of one record, and those that name a record made by the stroke."""
    new = {str(entry.record).encode() for entry in entries if entry.deed == "create"}
    heads: dict[bytes, bytes] = {}

    def head(key: bytes) -> bytes:
        while key in heads:
            key = heads[key]
        return key

    for entry in entries:
        for named in new.intersection(IDENTITY.findall(msgspec.json.encode(entry.changes))):
            one, other = head(str(entry.record).encode()), head(named)
            if one != other:
                heads[one] = other
    runs: dict[bytes, list[Entry]] = {}
    for entry in entries:
        runs.setdefault(head(str(entry.record).encode()), []).append(entry)
    return runs.values()


def _worked_on(tx: Tx, entries: Sequence[Entry]) -> set[UUID]:
    """Those of the new and changed records that were changed later, as `_unchanged_since` looks at one of them."""
    alike = [entry for entry in entries if entry.deed in ("create", "update")]
    found = engine_rows(
        tx,
        "SELECT DISTINCT later.record FROM {schema}.journal AS later"
        " JOIN unnest(%(entities)s::text[], %(records)s::uuid[], %(versions)s::bigint[], %(new)s::boolean[],"
        " %(fields)s::text[]) AS made (entity, record, version, new, fields)"
        " ON later.entity = made.entity AND later.record = made.record AND later.version > made.version"
        " WHERE later.cause <> ALL(%(causes)s) AND later.deed = 'update'"
        " AND (made.new AND later.via <> 'job' OR later.changes ?| made.fields::text[])",
        entities=[entry.entity for entry in alike],
        records=[entry.record for entry in alike],
        versions=[entry.version for entry in alike],
        new=[entry.deed == "create" for entry in alike],
        fields=["{" + ",".join(entry.changes) + "}" for entry in alike],
        causes=[tx.cause.id, *{entry.cause for entry in alike}],
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
