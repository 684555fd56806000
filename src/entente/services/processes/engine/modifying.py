"""Modification by a person: tokens taken away, led past their element, or put anywhere in the model."""

from entente.services.processes.engine.moving import close, leave
from entente.services.processes.engine.scopes import begin_scope, kill_hosted, kill_token
from entente.services.processes.engine.state import (
    Fault,
    Scope,
    State,
    Token,
    element_of,
    next_number,
    note,
    put_token,
    take_token,
)
from entente.services.processes.engine.waiting import arm
from entente.services.processes.model.graph import SCOPES, Element, Graph

BAD_PLACE = "process.bad_place"


def skip(state: State, token: Token) -> None:
    """Lead a token past its element, whatever that was doing."""
    kill_hosted(state, token)
    for incident in [each for each in state.incidents.values() if each.token == token.number]:
        del state.incidents[incident.number]
    token.state, token.task = "waiting", False
    leave(state, token, "skipped")


def move(state: State, token: Token, element: str) -> None:
    """Put a token at another element of the same sub-process; Fault when there is no such place."""
    here = element_of(state, token)
    there = state.graphs[state.scopes[token.scope].definition].elements.get(element)
    turn = state.scopes[token.scope].kind == "body"
    if turn or there is None or there.parent != here.parent or there.attached_to:
        raise Fault(BAD_PLACE, element)
    kill_hosted(state, token)
    note(state, token, "moved", element)
    take_token(state, token)
    put_token(state, token.scope, element)


def withdraw(state: State, token: Token) -> None:
    """Take a token away with all that it waits for; its scope ends when it was the last."""
    scope = token.scope
    if state.scopes[scope].kind == "body":
        raise Fault(BAD_PLACE, token.element)
    kill_token(state, token)
    close(state, scope)


def start(state: State, element: str, *, after: bool = False) -> Token:
    """A new token before an element, or behind it; the sub-processes around it are begun when they are not running.

    Fault when there is no such element, when it lies in something repeated, or in several running sub-processes.
    """
    root = next(each for each in state.scopes.values() if each.kind == "process")
    graph = state.graphs[root.definition]
    found = graph.elements.get(element)
    if found is None or found.attached_to or found.by_event or found.for_compensation:
        raise Fault(BAD_PLACE, element)
    token = put_token(state, _scope_for(state, graph, root, found).number, element)
    if after:
        token.phase = "leaving"
    return token


def _scope_for(state: State, graph: Graph, root: Scope, element: Element) -> Scope:
    """The running scope in which an element lies, begun with all around it when there is none."""
    if not element.parent:
        return root
    running = [
        each
        for each in state.scopes.values()
        if each.kind in ("sub", "event") and each.element == element.parent and each.definition == root.definition
    ]
    if len(running) == 1:
        return running[0]
    around = graph.elements[element.parent]
    if running or around.kind not in SCOPES or around.loop is not None or around.by_event:
        raise Fault(BAD_PLACE, element.id)
    host = Token(next_number(state), _scope_for(state, graph, root, around).number, around.id, "", state.outside.now)
    host.state, host.phase = "waiting", "begun"
    state.tokens[host.number] = host
    state.live[host.scope] += 1
    for boundary in graph.boundaries.get(around.id, ()):
        arm(state, host.scope, host.number, boundary)
    scope = begin_scope(state, "sub", around.id, parent=host.scope, host=host.number)
    for event in graph.event_starts(around.id):
        arm(state, scope.number, 0, event)
    return scope
