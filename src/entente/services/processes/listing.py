"""Instances found and listed, newest first, for those who look after processes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Row, Tx, engine_rows
from entente.kernel.kit.ids import parse_id
from entente.kernel.records.query import titles
from entente.services.processes.definitions import cared_for, graph_of
from entente.services.processes.picture import name_of

PAGE = 50
MOST = 200
STATES = ("running", "stopped", "completed", "cancelled")
# Each filter is a statement part of our own, chosen by name; values are bound.
_FILTERS = {
    "process": "d.key = %(process)s",
    "running": "i.state = 'running'",
    "completed": "i.state = 'completed'",
    "cancelled": "i.state = 'cancelled'",
    "stopped": "EXISTS (SELECT 1 FROM {schema}.process_incident x WHERE x.instance = i.id)",
    "entity": "i.entity = %(entity)s",
    "record": "i.record = %(record)s",
    "who": "i.started_by = %(who)s",
    "key": "i.business_key = %(key)s",
    "since": "i.started_at >= %(since)s",
    "until": "i.started_at < %(until)s",
    "after": "(i.started_at, i.id) < (%(at)s, %(id)s)",
}
_LIST = """
SELECT i.id, i.definition, i.entity, i.record, i.business_key, i.started_by, i.started_at, i.ended_at, i.state,
  d.key, d.version, coalesce(d.names ->> %(language)s, d.name) AS name,
  (SELECT count(*) FROM {schema}.process_incident x WHERE x.instance = i.id) AS incidents,
  ARRAY(SELECT DISTINCT t.element FROM {schema}.process_token t
    WHERE t.instance = i.id AND NOT EXISTS (SELECT 1 FROM {schema}.process_scope s
      WHERE s.instance = t.instance AND s.host = t.number) LIMIT 4) AS at
FROM {schema}.process_instance i JOIN {schema}.process_definition d ON d.id = i.definition
WHERE @where ORDER BY i.started_at DESC, i.id DESC LIMIT %(most)s
"""
# The same of archived ones: nothing goes on in them.
_ARCHIVED = """
SELECT i.id, i.definition, i.entity, i.record, i.business_key, i.started_by, i.started_at, i.ended_at, i.state,
  d.key, d.version, coalesce(d.names ->> %(language)s, d.name) AS name, 0 AS incidents, ARRAY[]::text[] AS at
FROM {schema}.process_archive i JOIN {schema}.process_definition d ON d.id = i.definition
WHERE @where ORDER BY i.started_at DESC, i.id DESC LIMIT %(most)s
"""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Which instances are wanted; `after` is where the page before ended, as its answer says; `most` on a page."""

    process: str = ""
    state: str = ""
    entity: str = ""
    record: UUID | None = None
    who: UUID | None = None
    key: str = ""
    since: date | None = None
    until: date | None = None
    after: str = ""
    most: int = PAGE

    @property
    def is_narrow(self) -> bool:
        """Whether anything is left out."""
        return any((self.process, self.state, self.entity, self.record, self.who, self.key, self.since, self.until))


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An instance in a list; `at` are the names of the steps where it is."""

    id: UUID
    process: str
    key: str
    version: int
    state: str
    entity: str
    record: UUID | None
    title: str
    business_key: str
    starter: str
    started_at: datetime
    ended_at: datetime | None
    incidents: int
    at: tuple[str, ...]


def list_instances(tx: Tx, wish: Wish, *, archived: bool = False) -> tuple[list[Listed], str]:
    """A page of instances, newest first, and what the next page comes after; with `archived` of the archive.

    Whoever looks after some processes gets theirs, without those of records that are hidden from him; Forbidden for
    whoever looks after none.
    """
    mine = cared_for(tx)
    parts, values = _where(wish, tx.clock.now())
    if mine is not None:
        parts.append("d.key = ANY(%(mine)s)")
        values["mine"] = mine
    sql = (_ARCHIVED if archived else _LIST).replace("@where", " AND ".join(["true", *parts]))
    found = engine_rows(tx, sql, language=tx.language, most=wish.most + 1, **values)
    rows = found[: wish.most]
    names = titles(tx, "user", [row["started_by"] for row in rows if row["started_by"]])
    called = _titles(tx, rows)
    last = rows[-1] if len(found) > wish.most else None
    after = f"{last['started_at'].isoformat()}_{last['id']}" if last else ""
    seen = [row for row in rows if mine is None or row["record"] is None or row["record"] in called]
    return [_listed(tx, row, names, called) for row in seen], after


def named_instances(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, str]:
    """What instances are called by those who may read it: their record, else their business key."""
    found = engine_rows(
        tx,
        "SELECT id, entity, record, business_key FROM {schema}.process_instance WHERE id = ANY(%(ids)s)",
        ids=list(ids),
    )
    called = _titles(tx, found)
    return {row["id"]: called.get(row["record"], "") or row["business_key"] or "" for row in found}


def _where(wish: Wish, now: datetime) -> tuple[list[str], dict[str, Any]]:
    zone = now.tzinfo
    values: dict[str, Any] = {
        "process": wish.process,
        "entity": wish.entity,
        "record": wish.record,
        "who": wish.who,
        "key": wish.key,
        "since": datetime.combine(wish.since, datetime.min.time(), zone) if wish.since else None,
        "until": datetime.combine(wish.until + timedelta(days=1), datetime.min.time(), zone) if wish.until else None,
    }
    parts = [_FILTERS[name] for name, value in values.items() if value]
    if wish.state in STATES:
        parts.append(_FILTERS[wish.state])
    stamp, _, identity = wish.after.rpartition("_")
    found = parse_id(identity)
    if found is not None and (at := _moment(stamp)):
        parts.append(_FILTERS["after"])
        values |= {"at": at, "id": found}
    return parts, values


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _titles(tx: Tx, rows: list[Row]) -> Mapping[UUID, str]:
    """What the records are called, as far as the principal may read them."""
    found: dict[UUID, str] = {}
    for entity in {row["entity"] for row in rows if row["entity"] in tx.catalog.entities}:
        found |= titles(tx, entity, [row["record"] for row in rows if row["entity"] == entity and row["record"]])
    return found


def _listed(tx: Tx, row: Row, names: Mapping[UUID, str], called: Mapping[UUID, str]) -> Listed:
    elements = graph_of(tx, row["definition"]).elements
    stopped = row["incidents"] and row["state"] == "running"
    return Listed(
        id=row["id"],
        process=row["name"],
        key=row["key"],
        version=row["version"],
        state="stopped" if stopped else row["state"],
        entity=row["entity"] or "",
        record=row["record"],
        title=called.get(row["record"], ""),
        business_key=row["business_key"] or "",
        starter=names.get(row["started_by"], ""),
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        incidents=row["incidents"],
        at=tuple(name_of(elements[each], tx.language) or each for each in row["at"] if each in elements),
    )
