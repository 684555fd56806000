"""Instances from outside: started, their tasks completed, messages and signals heard, repaired."""

from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import Conflict, Invalid, NotFound, Refused
from entente.kernel.records.query import exists, find
from entente.services.processes.definitions import graph_of, latest, may_design, require_right
from entente.services.processes.engine.course import cancel, retry
from entente.services.processes.engine.moving import leave
from entente.services.processes.engine.scopes import kill_hosted
from entente.services.processes.engine.state import (
    Instance,
    State,
    Token,
    element_of,
    put_token,
    put_values,
    take_token,
)
from entente.services.processes.engine.state import note as write_down
from entente.services.processes.running import Values, opened, run_fresh

VERBS = ("retry", "skip", "move", "cancel", "set")


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
        started_by=tx.principal.user_id,
    )
    return run_fresh(tx, instance, values or {})


def may_see(tx: Tx, instance: Instance) -> bool:
    """Whether the principal may see an instance: he reads its record, or started it without one, or designs."""
    if may_design(tx):
        return True
    if instance.entity is not None and instance.record is not None:
        return exists(tx, instance.entity, instance.record)
    return instance.started_by is not None and instance.started_by == tx.principal.user_id


def repair(
    tx: Tx, identity: UUID, verb: str, *, token: int = 0, element: str = "", values: Values | None = None
) -> Instance:
    """The instance after a repair: set variables, and retry, skip or move a token, or cancel everything."""
    require_right(tx)
    with opened(tx, identity) as state:
        if state.instance.state != "running":
            raise Conflict("process.over")
        if values:
            root = next(each.number for each in state.scopes.values() if each.kind == "process")
            put_values(state, state.tokens[token].scope if token in state.tokens else root, values)
        if verb == "cancel":
            cancel(state)
        elif verb != "set":
            _repair_token(state, verb, token, element)
        return state.instance


def _repair_token(state: State, verb: str, number: int, element: str) -> None:
    found = state.tokens.get(number)
    if found is None or (verb == "retry" and found.state != "failed"):
        raise NotFound("process.no_incident")
    if verb == "retry":
        retry(state, number)
        return
    kill_hosted(state, found)
    if verb == "skip":
        for incident in [each for each in state.incidents.values() if each.token == number]:
            del state.incidents[incident.number]
        found.state = "waiting"
        leave(state, found, "skipped")
    else:
        _move(state, found, element)


def _move(state: State, token: Token, element: str) -> None:
    here = element_of(state, token)
    there = state.graphs[state.scopes[token.scope].definition].elements.get(element)
    turn = state.scopes[token.scope].kind == "body"
    if turn or there is None or there.parent != here.parent or there.attached_to:
        raise Invalid([Refused("field.not_understood", field="element")])
    write_down(state, token, "moved", element)
    take_token(state, token)
    put_token(state, token.scope, element)
