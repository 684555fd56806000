"""Compensation: what was completed is remembered with its variables, and undone in the reverse order."""

from collections.abc import Iterator

from entente.services.processes.engine.scopes import begin_scope
from entente.services.processes.engine.state import (
    Completed,
    Scope,
    State,
    Token,
    forget_completed,
    graph_of,
    names_in,
    next_number,
    put_token,
)
from entente.services.processes.model.graph import Element


def remember(state: State, token: Token, element: Element, inner: Scope | None = None) -> None:
    """Keep a completed activity with its variables, and what was completed inside it, if anything can undo it."""
    graph = graph_of(state, token.scope)
    if not graph.undone_by and not graph.undo_starts and not state.completed:
        return
    within = [each for each in state.completed.values() if inner is not None and each.scope == inner.number]
    if not within and element.id not in graph.undone_by and element.id not in graph.undo_starts:
        return
    at = state.scopes[token.scope]
    made = Completed(
        number=next_number(state),
        scope=at.parent if at.kind == "body" else at.number,
        definition=at.definition,
        element=element.id,
        values=names_in(state, inner.number if inner is not None else token.scope),
    )
    state.completed[made.number] = made
    for each in within:
        each.scope, each.within = 0, made.number


def begin_undo(state: State, token: Token, activity: str) -> bool:
    """Whether a token waits for work to be undone: that of one activity, or all of its scope."""
    for each in _fitting(state, token, activity):
        _plan(state, token, each)
    return undo_next(state, token)


def undo_next(state: State, token: Token) -> bool:
    """Whether a token still waits: the one completed last among what it has undone begins to be."""
    due = [each for each in state.completed.values() if each.by == token.number and not each.run]
    if not due:
        return False
    latest = max(due, key=lambda each: each.number)
    graph = state.graphs[latest.definition]
    start = graph.undone_by.get(latest.element) or graph.undo_starts[latest.element]
    scope = begin_scope(
        state, "undo", start.id, parent=token.scope, host=token.number, definition=latest.definition
    )  # fmt: skip
    scope.values = dict(latest.values)
    latest.run = scope.number
    token.state = "waiting"
    put_token(state, scope.number, start.id)
    return True


def end_undo(state: State, scope: Scope) -> None:
    """Forget what a scope has undone, with all that was inside it."""
    for each in [each for each in state.completed.values() if each.run == scope.number]:
        forget_completed(state, each)


def _fitting(state: State, token: Token, activity: str) -> list[Completed]:
    places = set(_places(state, state.scopes[token.scope], everywhere=bool(activity)))
    undoing = {each.number for each in state.completed.values() if each.run in places}
    return [
        each
        for each in state.completed.values()
        if not each.by
        and (each.scope in places or each.within in undoing)
        and (not activity or each.element == activity)
    ]


def _places(state: State, scope: Scope, *, everywhere: bool) -> Iterator[int]:
    """The scopes whose work a token may undo: its own, that around an event sub-process, or all around."""
    yield scope.number
    while scope.kind not in ("process", "called") and (everywhere or scope.kind in ("event", "body")):
        scope = state.scopes[scope.parent]
        yield scope.number


def _plan(state: State, token: Token, completed: Completed) -> None:
    """Have something undone for a token by its own means, else by those of what it consists of."""
    graph = state.graphs[completed.definition]
    if completed.element in graph.undone_by or completed.element in graph.undo_starts:
        completed.by = token.number
        return
    for each in [each for each in state.completed.values() if each.within == completed.number]:
        _plan(state, token, each)
        each.within = 0
    del state.completed[completed.number]
