"""Instances and their open tasks as people and programs read them, within their rights."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.refusal import NotFound
from entente.services.processes.archiving import archived
from entente.services.processes.definitions import definition_of
from entente.services.processes.details import worded
from entente.services.processes.engine.state import Instance
from entente.services.processes.instances import may_see, sees_values

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
WORDED = ("history", "incidents")
EXPANDED = (*_PARTS, "tasks")
_TASKS = """
SELECT t.id, t.instance AS instance_id, t.token, t.element, t.subject, t.process, t.entity, t.record, t.plan, t.slots,
  t.outcomes, t.priority, t.created_at AS since, t.due_at, t.lock_version
FROM {schema}.work_task t WHERE t.instance = %(instance)s AND t.state = 'active' ORDER BY t.created_at, t.id
"""


def shown_instance(tx: Tx, identity: UUID, expand: Collection[str]) -> dict[str, Any]:
    """An instance with the parts that are asked for; NotFound when the principal may not see it."""
    row = engine_row(tx, "SELECT * FROM {schema}.process_instance WHERE id = %(id)s", id=identity)
    old = archived(tx, identity) if row is None else None
    row = row or old
    if row is None or not may_see(tx, msgspec.convert(row, Instance)):
        raise NotFound("process.instance_unknown")
    definition = definition_of(tx, row["definition"])
    made = {name: row[name] for name in ("id", "state", "entity", "record", "business_key", "started_at", "ended_at")}
    made |= {"process": definition.key, "version": definition.version, "definition_id": definition.id}
    made["started_by_id"] = row["started_by"]
    open_to_him = sees_values(tx, msgspec.convert(row, Instance))
    for part in expand:
        found = _part(tx, identity, part) if old is None else old.get(part, [])
        made[part] = _worded(tx, part, found, values=open_to_him)
    return made


def _part(tx: Tx, identity: UUID, part: str) -> list[dict[str, Any]]:
    if part == "tasks":
        return open_tasks(tx, identity)
    return engine_rows(tx, _PARTS[part], id=identity)


def _worded(tx: Tx, part: str, found: list[dict[str, Any]], *, values: bool) -> list[dict[str, Any]]:
    """A part in the words of whoever asks, with variables and what was written down from them only if he sees them."""
    if part == "variables":
        return found if values else []
    if part not in WORDED:
        return found
    made = worded(tx, found, values=values)
    return (
        made if part == "history" else [{**row, "message": tx.say(row["code"], detail=row["detail"])} for row in made]
    )


def open_tasks(tx: Tx, instance: UUID) -> list[dict[str, Any]]:
    """The open tasks of an instance, oldest first; their ids are those of records of tasks."""
    return engine_rows(tx, _TASKS, instance=instance)
