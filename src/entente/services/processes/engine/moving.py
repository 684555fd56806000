"""Leaving an element: which flows a token takes, when a turn, a sub-process or the process itself is over."""

from typing import Any

from entente.services.processes.engine.compensating import end_undo, remember, undo_next
from entente.services.processes.engine.scopes import begin_scope, close_if_empty, kill_scope
from entente.services.processes.engine.state import (
    Fault,
    Scope,
    State,
    Token,
    drop_waits,
    element_of,
    evaluate,
    fail,
    graph_of,
    note,
    put_token,
    put_values,
    take_token,
)
from entente.services.processes.engine.throwing import throw
from entente.services.processes.engine.words import shown
from entente.services.processes.model.graph import ACTIVITIES, SCOPES, Element, Flow, Loop

MOST_TURNS = 10_000


def in_body(state: State, token: Token) -> bool:
    """Whether a token is one turn of a repeated activity."""
    return state.scopes[token.scope].kind == "body"


def leave(state: State, token: Token, outcome: str = "completed") -> None:
    """Let a token go on from its element; it stops with an incident when no flow may be taken."""
    drop_waits(state, token)
    token.phase = "leaving"
    try:
        if in_body(state, token):
            _end_turn(state, token, outcome)
            return
        element = element_of(state, token)
        flows = _chosen(state, token, element)
    except Fault as fault:
        fail(state, token, fault.code, fault.detail)
        return
    if outcome == "completed" and element.loop is None:
        _remember(state, token, element)
    note(state, token, outcome)
    take_token(state, token)
    for flow in flows:
        put_token(state, token.scope, flow.target, flow.id)
    if not flows:
        close_if_empty(state, token.scope, _host_done)


def _remember(state: State, token: Token, element: Element) -> None:
    """Keep a completed task; a sub-process or call is kept when its scope ends."""
    if element.kind in ACTIVITIES and element.kind not in SCOPES and element.kind != "callActivity":
        remember(state, token, element)


def end_token(state: State, token: Token, outcome: str = "completed") -> None:
    """Consume a token at an end; the scope is over when it was the last."""
    note(state, token, outcome)
    take_token(state, token)
    close_if_empty(state, token.scope, _host_done)


def close(state: State, scope: int) -> None:
    """End a scope if nothing is left in it."""
    close_if_empty(state, scope, _host_done)


def _chosen(state: State, token: Token, element: Element) -> list[Flow]:
    graph = graph_of(state, token.scope)
    flows = [graph.flows[each] for each in element.outgoing]
    if element.kind == "parallelGateway" or not flows:
        return flows
    if element.kind == "eventBasedGateway":
        raise Fault("process.incident.no_flow")
    plain = [flow for flow in flows if flow.id != element.default]
    taken = _true_ones(state, token, plain, first_only=element.kind == "exclusiveGateway")
    taken = taken or [flow for flow in flows if flow.id == element.default]
    if not taken:
        raise Fault("process.incident.no_flow")
    return taken


def _true_ones(state: State, token: Token, flows: list[Flow], *, first_only: bool) -> list[Flow]:
    """The flows whose condition is true; a gateway's flow without one counts as true, in the order of the file."""
    taken = []
    for flow in flows:
        if not flow.condition or evaluate(state, token.scope, flow.condition) is True:
            taken.append(flow)
            if first_only:
                break
    return taken


def _host_done(state: State, host: Token, scope: Scope) -> None:
    """The scope that a token waited for is over: its results go out and the token goes on."""
    if scope.kind == "undo":
        _undone(state, host, scope)
        return
    element = element_of(state, host)
    output = element.settings.get("output")
    if scope.kind == "called" and output:
        try:
            put_values(state, host.scope, as_values(evaluate(state, scope.number, output)))
        except Fault as fault:
            host.phase = "leaving"
            fail(state, host, fault.code, fault.detail)
            return
    remember(state, host, element, scope)
    state.scopes.pop(scope.number)
    state.live.pop(scope.number, None)
    leave(state, host)


def _undone(state: State, host: Token, scope: Scope) -> None:
    """One thing is undone: the next, or the token that had it undone goes on; a cancelled transaction is left."""
    end_undo(state, scope)
    state.scopes.pop(scope.number)
    state.live.pop(scope.number, None)
    if not undo_next(state, host):
        go_on_undone(state, host)


def go_on_undone(state: State, token: Token) -> None:
    """Let a token go on after all was undone for it; the end event of a cancelled transaction leaves that."""
    cancels = any(event.kind == "cancel" for event in element_of(state, token).events)
    if not cancels:
        leave(state, token)
    elif not throw(state, token, "cancel", ""):
        fail(state, token, "process.incident.error", "cancel")


def as_values(found: Any) -> dict[str, Any]:
    """The context that an expression gave, as variables; Fault when it is none."""
    if not isinstance(found, dict):
        raise Fault("process.incident.no_context")
    return found


def start_turns(state: State, token: Token, loop: Loop) -> None:
    """Begin the turns of a repeated activity; without any it is over at once."""
    if loop.kind == "loop":
        if loop.test_before and evaluate(state, token.scope, loop.condition) is not True:
            leave(state, token, "skipped")
            return
        _turn(state, token, loop, 1, {})
        return
    items = _items(state, token, loop)
    if not items:
        leave(state, token, "skipped")
        return
    token.state = "waiting"
    for number, item in enumerate(items, 1):
        named = {loop.item: item} if loop.collection else {}
        values = {**named, "numberOfInstances": len(items)}
        _turn(state, token, loop, number, values, begun=loop.kind == "parallel" or number == 1)


def _items(state: State, token: Token, loop: Loop) -> list[Any]:
    if loop.collection:
        found = evaluate(state, token.scope, loop.collection)
        items = list(found) if isinstance(found, list) else [] if found is None else [found]
    else:
        number = evaluate(state, token.scope, loop.cardinality)
        try:
            items = [None] * int(number)
        except (TypeError, ValueError, ArithmeticError, OverflowError, MemoryError):
            raise Fault("process.incident.cardinality", shown(number)) from None
    if len(items) > MOST_TURNS:
        raise Fault("process.incident.cardinality", str(len(items)))
    return items


def _turn(state: State, token: Token, loop: Loop, number: int, values: dict[str, Any], *, begun: bool = True) -> None:
    token.state = "waiting"
    scope = begin_scope(state, "body", token.element, parent=token.scope, host=token.number)
    scope.values = {**values, "loopCounter": number}
    if begun:
        put_token(state, scope.number, token.element, token.flow)


def _end_turn(state: State, token: Token, outcome: str) -> None:
    """One turn is over: gather its result, then the next turn, or the end of all of them."""
    body = state.scopes[token.scope]
    host = state.tokens[body.host]
    element = element_of(state, token)
    others = [each for each in state.scopes.values() if each.host == host.number and each is not body]
    _gather(state, body, host, element)
    over = _is_over(state, body, element.loop, len(others))
    if outcome == "completed":
        _remember(state, token, element)
    note(state, token, outcome)
    take_token(state, token)
    kill_scope(state, body)
    if over:
        for other in others:
            kill_scope(state, other)
        leave(state, host)
    elif element.loop is not None and element.loop.kind == "loop":
        _turn(state, host, element.loop, body.values["loopCounter"] + 1, {})
    elif element.loop is not None and element.loop.kind == "sequential":
        put_token(state, min(other.number for other in others), element.id, host.flow)


def _gather(state: State, body: Scope, host: Token, element: Element) -> None:
    into, what = element.settings.get("into"), element.settings.get("collect")
    if into and what:
        known = evaluate(state, host.scope, into) or []
        put_values(state, host.scope, {into: [*known, evaluate(state, body.number, what)]})


def _is_over(state: State, body: Scope, loop: Loop | None, others: int) -> bool:
    if loop is None:
        return True
    if loop.kind == "loop":
        enough = loop.most is not None and body.values["loopCounter"] >= loop.most
        again = evaluate(state, body.number, loop.condition) is True if loop.condition else loop.most is not None
        return enough or not again
    done = body.values["numberOfInstances"] - others
    body.values = {**body.values, "numberOfCompletedInstances": done, "numberOfActiveInstances": others}
    met = bool(loop.completion) and evaluate(state, body.number, loop.completion) is True
    return met or others == 0
