"""Errors and escalations: from where they are thrown outwards to the nearest part of the model that catches them."""

from collections.abc import Iterable

from entente.services.processes.engine.scopes import begin_scope, empty_scope, kill_hosted
from entente.services.processes.engine.state import (
    BusinessError,
    Scope,
    State,
    Token,
    fail,
    graph_of,
    note,
    put_token,
    put_values,
    take_token,
)
from entente.services.processes.engine.waiting import arm
from entente.services.processes.model.graph import Element


def throw_error(state: State, token: Token, error: BusinessError) -> None:
    """Throw an error from a token; one that nobody catches stops the token with an incident."""
    if not throw(state, token, "error", error.code, error.message):
        detail = f"{error.told} ({error.code})" if error.told else error.code
        fail(state, token, "process.incident.error", detail)


def throw(state: State, token: Token, kind: str, code: str, message: str = "") -> bool:
    """Whether an error or escalation was caught, by code before by all, an event sub-process before a boundary."""
    if state.scopes[token.scope].kind != "body" and _at_boundary(state, token, kind, code, message):
        return True
    scope: Scope | None = state.scopes[token.scope]
    from_event = False
    while scope is not None:
        if not from_event and _in_event_scope(state, scope, kind, code, message):
            return True
        host = state.tokens.get(scope.host)
        if (
            host is not None
            and state.scopes[host.scope].kind != "body"
            and _at_boundary(state, host, kind, code, message)
        ):
            return True
        from_event = scope.kind == "event"
        scope = state.scopes.get(host.scope if host is not None else scope.parent)
    return False


def _catching(found: Iterable[Element], kind: str, code: str) -> Element | None:
    fitting = [each for each in found if each.event.kind == kind and each.event.name in (code, "")]
    return max(fitting, key=lambda each: each.event.name == code, default=None)


def _at_boundary(state: State, host: Token, kind: str, code: str, message: str) -> bool:
    graph = graph_of(state, host.scope)
    catching = _catching(graph.boundaries.get(host.element, ()), kind, code)
    if catching is None:
        return False
    put_values(state, host.scope, {kind: {"code": code, "message": message}})
    reach_boundary(state, host, catching)
    return True


def reach_boundary(state: State, host: Token, boundary: Element) -> None:
    """Let work go on from a boundary event; an interrupting one ends the activity that it is attached to."""
    if boundary.interrupting:
        kill_hosted(state, host)
        note(state, host, "interrupted", boundary.id)
        take_token(state, host)
    put_token(state, host.scope, boundary.id)


def _in_event_scope(state: State, scope: Scope, kind: str, code: str, message: str) -> bool:
    if scope.kind in ("body", "undo"):
        return False
    graph = graph_of(state, scope.number)
    catching = _catching(graph.event_starts(container_of(scope)), kind, code)
    if catching is None:
        return False
    put_values(state, scope.number, {kind: {"code": code, "message": message}})
    enter_event_scope(state, scope, catching)
    return True


def container_of(scope: Scope) -> str:
    """The element whose content a scope runs; empty for a whole process."""
    return "" if scope.kind in ("process", "called") else scope.element


def enter_event_scope(state: State, scope: Scope, start: Element) -> None:
    """Begin an event sub-process in a scope; an interrupting one ends everything else in it."""
    if start.interrupting:
        empty_scope(state, scope)
    inner = begin_scope(state, "event", start.parent, parent=scope.number)
    for nested in graph_of(state, inner.number).event_starts(start.parent):
        arm(state, inner.number, 0, nested)
    put_token(state, inner.number, start.id)
