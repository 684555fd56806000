"""The one journal: every change as one append-only row, with one outbox row in the same statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.jobs.followers import Entry
from entente.kernel.jobs.many_entries import Entries, copy_entries, numbers_for, put_into_words
from entente.kernel.metadata.catalog import Entity

Changes = Mapping[str, tuple[Any, Any]]


class Line(msgspec.Struct, frozen=True):
    """A change to be written down: field -> (old, new), both plain JSON values."""

    deed: str
    entity: str
    record: UUID
    version: int
    title: str
    changes: Changes
    at: datetime | None = None
    actor: UUID | None = None
    actor_name: str | None = None


Told = Sequence[Line] | Entries

WRITE = """
WITH written AS (
  INSERT INTO {schema}.journal
    (at, actor, actor_name, via, cause, deed, entity, record, version, title, changes, depth)
  SELECT * FROM json_to_recordset(%(lines)s::json) AS line (
    at timestamptz, actor uuid, actor_name text, via text, cause uuid, deed text, entity text, record uuid,
    version bigint, title text, changes jsonb, depth smallint)
  RETURNING id, at
), told AS (
  INSERT INTO {schema}.outbox (entry, at) SELECT id, at FROM written
)
SELECT pg_notify('entente_outbox', %(organisation)s)
"""

MANY = 20


def write_lines(tx: Tx, lines: Told) -> None:
    """Write changes down and put them into the outbox; the followers are woken when the transaction commits."""
    if isinstance(lines, Entries):
        copy_entries(tx, lines)
        return
    rows = [_row(tx, line) for line in lines]
    if tx.stroke is not None:
        tx.stroke.lines += rows
    else:
        _write(tx, rows)


def numbered(tx: Tx, count: int) -> list[int]:
    """The numbers of so many entries to come when they are many and written at once; none otherwise."""
    return numbers_for(tx, count) if count >= MANY and tx.stroke is None else []


def worded(tx: Tx, lines: Sequence[Line], numbers: Sequence[int]) -> Entries:
    """The changes under the numbers taken for them, in the words in which they are sent; the database is not asked."""
    made = put_into_words([_row(tx, line) for line in lines], numbers)
    return msgspec.structs.replace(made, words=tuple(made.words))


def flush(tx: Tx) -> None:
    """Write down the changes that a deed has kept for its end."""
    if tx.stroke is not None:
        rows, tx.stroke.lines = tx.stroke.lines, []
        _write(tx, rows)


def _row(tx: Tx, line: Line) -> dict[str, Any]:
    person = tx.principal
    return {
        "at": line.at or tx.clock.now(),
        "actor": line.actor or person.user_id,
        "actor_name": line.actor_name or person.name or person.system_reason or "",
        "via": tx.cause.via,
        "cause": tx.cause.id,
        "deed": line.deed,
        "entity": line.entity,
        "record": line.record,
        "version": line.version,
        "title": line.title,
        "changes": Jsonb(line.changes),
        "depth": tx.cause.depth,
    }


def _write(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        if len(rows) >= MANY:
            copy_entries(tx, put_into_words(rows, numbers_for(tx, len(rows))))
            return
        lines = msgspec.json.encode([{**row, "changes": row["changes"].obj} for row in rows])
        values = {"lines": lines.decode(), "organisation": tx.catalog.schema.removeprefix("org_")}
        engine_rows(tx, WRITE, **values)


COLUMNS = "id, at, actor, actor_name, via, cause, deed, entity, record, version, title, changes, depth"


def history(tx: Tx, entity: str, record: UUID, *, since_version: int = 0, limit: int = 200) -> list[Entry]:
    """The changes of one record, newest first; the caller has made sure that the record may be read."""
    flush(tx)
    found = engine_rows(
        tx,
        f"SELECT {COLUMNS} FROM {{schema}}.journal WHERE entity = %(entity)s AND record = %(record)s"  # noqa: S608
        " AND version > %(since)s ORDER BY at DESC, id DESC LIMIT %(limit)s",
        entity=entity,
        record=record,
        since=since_version,
        limit=limit,
    )
    return [entry_of(line) for line in found]


def changes_since(tx: Tx, entity: Entity, record: UUID, version: int) -> list[dict[str, Any]]:
    """What others did after a version, oldest first: field, old and new plain values, by, at; only readable fields."""
    found = []
    for entry in reversed(history(tx, entity.name, record, since_version=version)):
        for name, (old, new) in entry.changes.items():
            if name in entity.fields and may_use(tx, entity.name, name):
                found.append({"field": name, "old": old, "new": new, "by": entry.actor_name, "at": entry.at})
    return found


def entries_of(tx: Tx, cause: UUID) -> list[Entry]:
    """Everything that was done at one stroke, in order."""
    flush(tx)
    found = engine_rows(
        tx,
        f"SELECT {COLUMNS} FROM {{schema}}.journal WHERE cause = %(cause)s ORDER BY at, id",  # noqa: S608 - own text
        cause=cause,
    )
    return [entry_of(line) for line in found]


def entry_of(line: Mapping[str, Any]) -> Entry:
    """The entry that a row of the journal holds."""
    return msgspec.convert(line, Entry)
