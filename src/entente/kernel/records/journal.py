"""The one journal: every change as one append-only row, with one outbox row in the same statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.copying import copy_columns, portions
from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.jobs.followers import BULK, Entry

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

NUMBERS = """
SELECT nextval(own.series) AS id
FROM (SELECT pg_get_serial_sequence(%(journal)s, 'id')::regclass AS series OFFSET 0) own, generate_series(1, %(count)s)
"""
NOTICE = "SELECT pg_notify('entente_outbox', %(organisation)s)"
MANY = 20

PARTS = (
    "at", "actor", "actor_name", "via", "cause", "deed", "entity", "record", "version", "title", "changes", "depth",
)  # fmt: skip


def write_lines(tx: Tx, lines: Sequence[Line]) -> None:
    """Write changes down and put them into the outbox; the followers are woken when the transaction commits."""
    rows = [_row(tx, line) for line in lines]
    if tx.stroke is not None:
        tx.stroke.lines += rows
    else:
        _write(tx, rows)


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
            _copy(tx, rows)
            return
        lines = msgspec.json.encode([{**row, "changes": row["changes"].obj} for row in rows])
        values = {"lines": lines.decode(), "organisation": tx.catalog.schema.removeprefix("org_")}
        engine_rows(tx, WRITE, **values)


def _copy(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write many rows, numbered beforehand, since COPY does not tell which numbers it gave."""
    journal = f'"{tx.catalog.schema}".journal'
    given = sorted(row["id"] for row in engine_rows(tx, NUMBERS, journal=journal, count=len(rows)))
    columns = [given, *zip(*(row.values() for row in rows), strict=True)]
    copy_columns(tx, "journal", ("id", *PARTS), ([each[part] for each in columns] for part in portions(len(rows))))
    bulk = {"bulk": [True] * len(rows)} if len(rows) >= BULK else {}
    outbox = {"entry": given, "at": columns[1], **bulk}
    copy_columns(tx, "outbox", list(outbox), [list(outbox.values())])
    engine_rows(tx, NOTICE, organisation=tx.catalog.schema.removeprefix("org_"))


COLUMNS = "id, at, actor, actor_name, via, cause, deed, entity, record, version, title, changes, depth"


def history(
    tx: Tx, entity: str, record: UUID, *, since_version: int = 0, limit: int = 200, telling: bool = False
) -> list[Entry]:
    """The changes of one record, newest first, or only `telling` ones; the caller knows that it may be read."""
    flush(tx)
    found = engine_rows(
        tx,
        f"SELECT {COLUMNS} FROM {{schema}}.journal WHERE entity = %(entity)s AND record = %(record)s"  # noqa: S608
        " AND version > %(since)s AND NOT (%(telling)s AND deed = 'update' AND changes = jsonb_build_object())"
        " ORDER BY at DESC, id DESC LIMIT %(limit)s",
        telling=telling,
        entity=entity,
        record=record,
        since=since_version,
        limit=limit,
    )
    return [entry_of(line) for line in found]


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
