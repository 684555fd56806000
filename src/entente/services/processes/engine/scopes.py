"""Scopes: begun with their tokens and event sub-processes, ended when empty, killed with all that is inside."""

from collections.abc import Callable
from uuid import UUID

from entente.services.processes.engine.state import (
    Scope,
    ScopeKind,
    State,
    Token,
    drop_waits,
    forget_completed,
    graph_of,
    next_number,
    note,
    put_token,
    take_token,
)
from entente.services.processes.engine.waiting import arm


def begin_scope(
    state: State, kind: ScopeKind, element: str, *, parent: int = 0, host: int = 0, definition: UUID | None = None
) -> Scope:
    """A fresh, empty scope; it runs its parent's process unless another definition is given."""
    runs = definition or state.scopes[parent].definition
    scope = Scope(next_number(state), kind, runs, parent, element, host, {})
    state.scopes[scope.number] = scope
    if kind == "event":
        state.live[parent] += 1
    return scope


def populate(state: State, scope: Scope, container: str) -> None:
    """Arm the event sub-processes of a container and put a token at each of its starts."""
    graph = graph_of(state, scope.number)
    for start in graph.event_starts(container):
        arm(state, scope.number, 0, start)
    for start in graph.starts(container):
        if state.scopes.get(scope.number) is scope:
            put_token(state, scope.number, start.id)


def kill_scope(state: State, scope: Scope) -> None:
    """Remove a scope with everything in it; what it was the work of is not told."""
    empty_scope(state, scope)
    _remove(state, scope)


def empty_scope(state: State, scope: Scope) -> None:
    """Remove every token, inner scope and subscription of a scope."""
    for token in [each for each in state.tokens.values() if each.scope == scope.number]:
        kill_token(state, token)
    for inner in [each for each in state.scopes.values() if each.parent == scope.number and each.kind == "event"]:
        kill_scope(state, inner)
    for wait in [each for each in state.waits.values() if each.scope == scope.number]:
        del state.waits[wait.number]


def kill_token(state: State, token: Token) -> None:
    """Remove a token with the scopes that it waits for."""
    kill_hosted(state, token)
    note(state, token, "cancelled")
    take_token(state, token)


def kill_hosted(state: State, token: Token) -> None:
    """Remove the scopes whose end a token waits for, and what it waits for itself."""
    for inner in [each for each in state.scopes.values() if each.host == token.number]:
        kill_scope(state, inner)
    drop_waits(state, token)


def close_if_empty(state: State, number: int, host_done: Callable[[State, Token, Scope], None]) -> None:
    """End a scope that holds nothing any more, and let the token that waited for it go on."""
    scope = state.scopes.get(number)
    if scope is None or state.live[number] > 0:
        return
    for wait in [each for each in state.waits.values() if each.scope == number]:
        del state.waits[wait.number]
    host = state.tokens.get(scope.host)
    if scope.kind == "process":
        state.instance.state = "completed"
        state.instance.ended_at = state.outside.now
        state.completed.clear()
    elif scope.kind == "event":
        for each in state.completed.values():
            each.scope = scope.parent if each.scope == number else each.scope
        _remove(state, scope)
        close_if_empty(state, scope.parent, host_done)
    elif host is not None:
        host_done(state, host, scope)
        if state.scopes.get(number) is scope:
            _remove(state, scope)


def _remove(state: State, scope: Scope) -> None:
    if state.scopes.pop(scope.number, None) is not None and scope.kind == "event":
        state.live[scope.parent] -= 1
    state.live.pop(scope.number, None)
    for each in [each for each in state.completed.values() if scope.number in (each.scope, each.run)]:
        forget_completed(state, each)
