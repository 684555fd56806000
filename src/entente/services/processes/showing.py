"""Instances and their open tasks as people and programs read them, within their rights."""

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Row, Tx, engine_row, engine_rows
from entente.kernel.kit.refusal import NotFound
from entente.kernel.records.query import Ask, page
from entente.services.processes.definitions import definition_of, graph_of, may_design
from entente.services.processes.engine.state import Instance
from entente.services.processes.instances import may_see

BATCH = 200
MOST_TASKS = 200
_PARTS = {
    "tokens": "SELECT number, scope, element, flow, entered_at, state, task FROM {schema}.process_token"
    " WHERE instance = %(id)s ORDER BY number",
    "history": "SELECT id, scope, element, flow, entered_at, left_at, outcome, actor, detail"
    " FROM {schema}.process_history WHERE instance = %(id)s ORDER BY id",
    "incidents": "SELECT number, token, element, code, at, detail FROM {schema}.process_incident"
    " WHERE instance = %(id)s ORDER BY number",
    "variables": "SELECT scope, name, value FROM {schema}.process_variable"
    " WHERE instance = %(id)s ORDER BY scope, name",
}
EXPANDED = (*_PARTS, "tasks")
_TASKS = """
SELECT t.instance, t.number, t.element, t.scope, t.entered_at, i.entity, i.record, i.business_key, i.started_by,
  s.definition
FROM {schema}.process_token t JOIN {schema}.process_instance i ON i.id = t.instance
JOIN {schema}.process_scope s ON s.instance = t.instance AND s.number = t.scope
WHERE t.task AND (%(instance)s::uuid IS NULL OR t.instance = %(instance)s)
  AND (%(record)s::uuid IS NULL OR i.record = %(record)s)
  AND (t.instance, t.number) > (%(after)s, %(number)s)
ORDER BY t.instance, t.number LIMIT %(most)s
"""
FIRST = UUID(int=0)


class Place(msgspec.Struct, frozen=True):
    """Where a page of tasks ended."""

    instance: UUID
    number: int


def shown_instance(tx: Tx, identity: UUID, expand: Collection[str]) -> dict[str, Any]:
    """An instance with the parts that are asked for; NotFound when the principal may not see it."""
    row = engine_row(tx, "SELECT * FROM {schema}.process_instance WHERE id = %(id)s", id=identity)
    if row is None or not may_see(tx, msgspec.convert(row, Instance)):
        raise NotFound("process.instance_unknown")
    definition = definition_of(tx, row["definition"])
    made = {name: row[name] for name in ("id", "state", "entity", "record", "business_key", "started_at", "ended_at")}
    made |= {"process": definition.key, "version": definition.version, "definition_id": definition.id}
    made["started_by_id"] = row["started_by"]
    for part in expand:
        made[part] = _part(tx, identity, part)
    return made


def _part(tx: Tx, identity: UUID, part: str) -> list[dict[str, Any]]:
    if part == "tasks":
        return [_task(tx, row) for row in _rows(tx, identity, None, Place(FIRST, 0))]
    found = engine_rows(tx, _PARTS[part], id=identity)
    if part == "incidents":
        return [{**row, "message": tx.say(row["code"], detail=row["detail"])} for row in found]
    return found


def shown_tasks(
    tx: Tx, *, record: UUID | None = None, after: Place | None = None, most: int = 50
) -> tuple[list[dict[str, Any]], Place | None]:
    """Open tasks of instances that the principal may see, oldest first, and where the next page begins."""
    found: list[dict[str, Any]] = []
    place: Place | None = after or Place(FIRST, 0)
    while place is not None:
        rows = _rows(tx, None, record, place)
        for row in _visible(tx, rows):
            found.append(_task(tx, row))
            if len(found) == most:
                return found, Place(row["instance"], row["number"])
        place = Place(rows[-1]["instance"], rows[-1]["number"]) if len(rows) == BATCH else None
    return found, None


def _rows(tx: Tx, instance: UUID | None, record: UUID | None, after: Place) -> list[Row]:
    return engine_rows(
        tx, _TASKS, instance=instance, record=record, after=after.instance, number=after.number, most=BATCH
    )


def _visible(tx: Tx, rows: list[Row]) -> Iterator[Row]:
    """The rows of instances that may be seen, asked once for each entity."""
    readable: set[UUID] = set()
    if not may_design(tx):
        for entity in {row["entity"] for row in rows if row["entity"] in tx.catalog.entities}:
            ids = tuple({row["record"] for row in rows if row["entity"] == entity})
            readable |= {each.id for each in page(tx, Ask(entity=entity, ids=ids, limit=len(ids))).records}
    for row in rows:
        mine = row["record"] is None and row["started_by"] is not None and row["started_by"] == tx.principal.user_id
        if mine or row["record"] in readable or may_design(tx):
            yield row


def _task(tx: Tx, row: Row) -> dict[str, Any]:
    definition = definition_of(tx, row["definition"])
    element = graph_of(tx, definition.id).elements[row["element"]]
    return {
        "id": f"{row['instance']}.{row['number']}",
        "instance_id": row["instance"],
        "element": element.id,
        "name": element.name or element.id,
        "process": definition.key,
        "version": definition.version,
        "entity": row["entity"],
        "record": row["record"],
        "business_key": row["business_key"],
        "since": row["entered_at"],
    }
