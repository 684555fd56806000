"""Actions: named commands with a parameter struct, the same for a button, the API, an automation, a process, a test."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Cause, Tx
from entente.kernel.kit.refusal import Forbidden, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.code import ActionDef
from entente.kernel.metadata.wishes import read_wish
from entente.kernel.records.formulas import holds
from entente.kernel.records.query import find, find_with
from entente.kernel.records.record import Record
from entente.kernel.records.stroke import at_one_stroke, part_of


class Outcome(msgspec.Struct, frozen=True):
    """What an action did: its result by record, and the refusals of those records it could not serve."""

    results: list[Any]
    refused: list[tuple[UUID, Refused]]
    cause: UUID


def perform(tx: Tx, entity: str, name: str, ids: Sequence[UUID], wish: Mapping[str, Any] | None = None) -> Outcome:
    """Do an action with records, all under one cause; NotFound, Forbidden, Invalid or Refused when it may not be.

    For an action over each of several records, a refused record is reported and leaves the others done.
    """
    made = tx.catalog.entity(entity)
    action = tx.catalog.action(entity, name)
    params = read_wish(action, wish or {})
    under = tx.acting_as(tx.principal, Cause(tx.cause.id, tx.cause.via, f"{entity}.{action.name}", tx.cause.depth))
    if action.scope != "all" and len(ids) != 1:
        return _each(under, made, action, ids, params)
    with at_one_stroke(under):
        # In one order, so that no two of them wait for each other.
        found = {each: _authorised(under, made, action, each) for each in sorted(ids)}
        records = [found[each] for each in ids]
        result = _call(action, under, records if action.scope == "all" else records[0], params)
    return Outcome([result], [], tx.cause.id)


def _each(tx: Tx, entity: Entity, action: ActionDef, ids: Sequence[UUID], params: Any) -> Outcome:
    results: list[Any] = []
    refused: list[tuple[UUID, Refused]] = []
    for identity in ids:
        try:
            with part_of(tx), at_one_stroke(tx):
                results.append(_call(action, tx, _authorised(tx, entity, action, identity), params))
        except Refused as refusal:
            refused.append((identity, refusal))
    return Outcome(results, refused, tx.cause.id)


def _call(action: ActionDef, tx: Tx, subject: Any, params: Any) -> Any:
    return action.function(tx, subject) if action.params is None else action.function(tx, subject, params)


def _authorised(tx: Tx, entity: Entity, action: ActionDef, identity: UUID) -> Record:
    if action.decides:
        return find(tx, entity.name, identity, links=False)
    privilege = action.requires if action.admits is None else "read"
    # Who comes second waits, and sees what the first has made of the record; one that is only read may be read by all.
    record, allowed = find_with(tx, entity.name, identity, privilege, lock=privilege != "read")
    allowed = allowed and (action.admits is None or action.admits(tx, record))
    if not allowed:
        raise Forbidden(f"access.{action.requires}", entity=entity.label.to(tx.language))
    if action.admits is None and not offered(tx, entity, action, record):
        raise Refused("action.not_now", action=action.name)
    return record


def offered(tx: Tx, entity: Entity, action: ActionDef, record: Record) -> bool:
    """Whether the action makes sense for the record as it stands, and admits the principal if it chooses by itself."""
    shown = action.show_if is None or holds(tx, entity, action.show_if, record)
    return shown and (action.admits is None or action.admits(tx, record))
