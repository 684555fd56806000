"""Instances from outside: started, their tasks completed, messages and signals heard, repaired."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import Conflict, Invalid, NotFound, Refused
from entente.kernel.records.query import exists, find
from entente.services.processes.definitions import definition_of, graph_of, latest
from entente.services.processes.engine.course import cancel, retry
from entente.services.processes.engine.modifying import move, skip, withdraw
from entente.services.processes.engine.modifying import start as put_at
from entente.services.processes.engine.state import (
    Fault,
    Instance,
    State,
    put_values,
)
from entente.services.processes.rights import is_restricted, may, may_design, require_level
from entente.services.processes.running import Values, opened, run_fresh
from entente.services.processes.values import proven

VERBS = ("retry", "skip", "move", "cancel", "set", "withdraw", "start_before", "start_after")


def start(
    tx: Tx,
    key: str,
    *,
    entity: str | None = None,
    record: UUID | None = None,
    business_key: str | None = None,
    values: Values | None = None,
) -> Instance:
    """A new instance of the newest deployed version, run until it waits; NotFound for an unreadable record."""
    definition = latest(tx, key)
    if definition is None:
        raise NotFound("process.not_deployed")
    require_level(tx, key, "participate")
    if entity is not None and record is not None:
        find(tx, entity, record, links=False)
    if not graph_of(tx, definition.id).starts(""):
        raise Refused("process.no_plain_start")
    instance = Instance(
        id=new_id(),
        definition=definition.id,
        started_at=tx.clock.now(),
        entity=entity,
        record=record,
        business_key=business_key,
        # What nobody in person begins is done in the name of who deployed the process.
        started_by=tx.principal.user_id or definition.deployed_by,
    )
    return run_fresh(tx, definition, instance, proven(values or {}))


def may_repair(tx: Tx, instance: Instance) -> bool:
    """Whether the principal looks after the process of an instance that he sees."""
    return may(tx, definition_of(tx, instance.definition).key, "admin")


def may_see(tx: Tx, instance: Instance) -> bool:
    """Whether the principal may see an instance: he started it, or his right to it and to its record reaches so far.

    Without a record, only lines of the process open it to others.
    """
    if may_design(tx):
        return True
    key = definition_of(tx, instance.definition).key
    if not may(tx, key, "view"):
        return False
    if instance.entity is not None and instance.record is not None:
        return exists(tx, instance.entity, instance.record)
    mine = instance.started_by is not None and instance.started_by == tx.principal.user_id
    return mine or is_restricted(tx, key)


def sees_values(tx: Tx, instance: Instance) -> bool:
    """Whether variables are shown: they hold what the starter may read, which others may not."""
    mine = instance.started_by is not None and instance.started_by == tx.principal.user_id
    return mine or may_repair(tx, instance)


def watched(tx: Tx, identities: Collection[UUID]) -> set[UUID]:
    """Those of instances that the lines of their processes let the principal see; their records are asked elsewhere."""
    rows = engine_rows(
        tx,
        "SELECT i.id, i.record, i.started_by, d.key FROM {schema}.process_instance i"
        " JOIN {schema}.process_definition d ON d.id = i.definition WHERE i.id = ANY(%(ids)s)",
        ids=list(identities),
    )
    seen = {key: (may(tx, key, "view"), is_restricted(tx, key)) for key in {row["key"] for row in rows}}
    mine = tx.principal.user_id
    return {
        row["id"]
        for row in rows
        if seen[row["key"]][0] and (row["record"] or row["started_by"] == mine or seen[row["key"]][1])
    }


class Deed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to be done with an instance; variables are set first, where the token stands or for all of it."""

    verb: str
    token: int = 0
    element: str = ""
    variables: dict[str, Any] = {}


def repair(
    tx: Tx, identity: UUID, verb: str, *, token: int = 0, element: str = "", values: Values | None = None
) -> Instance:
    """The instance after one deed: variables set, a token retried, skipped, moved, withdrawn or put, all cancelled."""
    return modify(tx, identity, [Deed(verb=verb, token=token, element=element, variables=dict(values or {}))])


def modify(tx: Tx, identity: UUID, deeds: Sequence[Deed]) -> Instance:
    """The instance after several deeds, done in their order before anything goes on; Conflict when it has ended.

    NotFound when the principal may not see it, Forbidden unless he looks after its process.
    """
    with opened(tx, identity) as state:
        require_level(tx, definition_of(tx, state.instance.definition).key, "admin")
        if not may_see(tx, state.instance):
            raise NotFound("process.instance_unknown")
        for deed in deeds:
            if state.instance.state != "running":
                raise Conflict("process.over")
            _set_values(state, deed)
            try:
                _do(state, deed)
            except Fault:
                raise Invalid([Refused("field.not_understood", field="element")]) from None
        return state.instance


def _set_values(state: State, deed: Deed) -> None:
    if deed.variables:
        root = next(each.number for each in state.scopes.values() if each.kind == "process")
        at = state.tokens[deed.token].scope if deed.token in state.tokens else root
        put_values(state, at, proven(deed.variables))


def _do(state: State, deed: Deed) -> None:
    match deed.verb:
        case "cancel":
            cancel(state)
        case "set":
            return
        case "start_before" | "start_after":
            put_at(state, deed.element, after=deed.verb == "start_after")
        case _:
            _do_with_token(state, deed)


def _do_with_token(state: State, deed: Deed) -> None:
    found = state.tokens.get(deed.token)
    if found is None or (deed.verb == "retry" and found.state != "failed"):
        raise NotFound("process.no_incident")
    match deed.verb:
        case "retry":
            retry(state, deed.token)
        case "skip":
            skip(state, found)
        case "withdraw":
            withdraw(state, found)
        case _:
            move(state, found, deed.element)
