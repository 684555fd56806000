"""What sets a rule off: a record, what it was and what it became, who did it, and where in a chain of causes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.record import Record
from entente.services.automation.rules import Rule


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One occasion for a rule to act on a record; `changes` maps field -> [old, new], `newer` what came later,
    `mail` what stands in the mail that is the occasion, `part` the record of its own to which it happened.

    `depth` is how deep in a chain the change was; a person's own change has 0.
    """

    occasion: str
    record: UUID
    title: str = ""
    changes: dict[str, Any] = {}
    newer: dict[str, Any] = {}
    is_new: bool = False
    is_gone: bool = False
    actor: UUID | None = None
    actor_name: str = ""
    cause: UUID
    depth: int = 0
    entry: int | None = None
    once: str = ""
    mail: dict[str, str] = {}
    part: tuple[str, UUID] | None = None


def record_at(entity: Entity, record: Record, event: Event) -> Record:
    """The record as the event left it, without what became of it later."""
    return _with(entity, record, {name: value for name, value in event.newer.items() if name in record})


def record_before(entity: Entity, record: Record, event: Event) -> Record | None:
    """The record as it was before the event; nothing for one that was not there."""
    if event.is_new:
        return None
    former = {name: pair[0] for name, pair in event.changes.items() if name in record}
    return _with(entity, record, former)


def _with(entity: Entity, record: Record, plain: Mapping[str, Any]) -> Record:
    if not plain:
        return record
    values = dict(record)
    for name, value in plain.items():
        field = entity.fields.get(name)
        if field is not None:
            values[name] = field.type.clean(name, field.definition, value)
    return Record(record.entity, record.id, record.version, values)


def in_scope(rule: Rule, record: Mapping[str, Any]) -> bool:
    """Whether a record belongs to the part of its entity that the rule is for, such as one process."""
    if not rule.scope_field:
        return True
    return str(record.get(rule.scope_field)) == rule.scope_value
