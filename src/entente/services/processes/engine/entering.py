"""Arriving at an element: what each kind of element does with a token."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from entente.services.processes.engine.compensating import begin_undo
from entente.services.processes.engine.moving import (
    as_values,
    close,
    end_token,
    go_on_undone,
    in_body,
    leave,
    start_turns,
)
from entente.services.processes.engine.scopes import begin_scope, empty_scope, kill_scope, kill_token, populate
from entente.services.processes.engine.state import (
    Awaited,
    BusinessError,
    Failed,
    Fault,
    Sent,
    State,
    Subscription,
    Token,
    drop_waits,
    element_of,
    evaluate,
    fail,
    graph_of,
    lineage,
    names_in,
    next_number,
    note,
    put_token,
    put_values,
    take_token,
)
from entente.services.processes.engine.throwing import throw, throw_error
from entente.services.processes.engine.timers import later, pauses_of
from entente.services.processes.engine.waiting import arm, arm_message, await_answer, key_in
from entente.services.processes.model.graph import ACTIVITIES, Element, Event

PAUSES = "PT1M,PT5M,PT30M"
DEEPEST = 50
Behaviour = Callable[[State, Token, Element], None]


def enter(state: State, token: Token) -> None:
    """Take the next step with a token."""
    element = element_of(state, token)
    if token.phase == "leaving":
        leave(state, token)
        return
    try:
        if element.kind in ACTIVITIES and token.phase == "arrived" and _begin(state, token, element):
            return
        token.phase = "begun"
        BEHAVIOURS[element.kind](state, token, element)
    except BusinessError as error:
        throw_error(state, token, error)
    except Failed as failure:
        _try_later(state, token, str(failure))
    except Fault as fault:
        fail(state, token, fault.code, fault.detail)


def _begin(state: State, token: Token, element: Element) -> bool:
    """Arm the boundary of an activity; whether it is repeated, and so left to its turns."""
    if in_body(state, token):
        return False
    drop_waits(state, token)
    for boundary in graph_of(state, token.scope).boundaries.get(element.id, ()):
        arm(state, token.scope, token.number, boundary)
    if element.loop is None:
        return False
    start_turns(state, token, element.loop)
    token.phase = "begun" if token.phase == "arrived" else token.phase
    return True


def _try_later(state: State, token: Token, detail: str, call: str = "") -> None:
    note(state, token, "failed", detail[:500])
    pauses = pauses_of(element_of(state, token).settings.get("retries", PAUSES))
    if token.attempts >= len(pauses):
        fail(state, token, "process.incident.work", detail)
        return
    number = next_number(state)
    due = later(state.outside.now, pauses[token.attempts])
    state.waits[number] = Subscription(number, token.scope, token.number, token.element, "retry", key=call, due_at=due)
    token.attempts += 1
    token.state = "waiting"


def _pass(state: State, token: Token, element: Element) -> None:
    leave(state, token)


def _ask(state: State, token: Token, element: Element) -> None:
    token.state = "waiting"
    token.task = True


def _receive(state: State, token: Token, element: Element) -> None:
    arm_message(state, token.scope, token.number, element)
    token.state = "waiting"


def _catch(state: State, token: Token, element: Element) -> None:
    if element.event.kind in ("none", "link"):
        leave(state, token)
        return
    arm(state, token.scope, token.number, element)
    token.state = "waiting"


def _work(state: State, token: Token, element: Element) -> None:
    result = state.outside.work(state, token, element)
    if isinstance(result, Awaited):
        await_answer(state, token, result.call)
    else:
        _done(state, token, element, result)


def _done(state: State, token: Token, element: Element, result: Any) -> None:
    """Leave an element with what its work brought."""
    if element.message and "action" not in element.settings:
        send(state, token, Event("message", element.message), element)
    if element.settings.get("result"):
        put_values(state, token.scope, {element.settings["result"]: result})
    leave(state, token)


def answered(state: State, wait: Subscription, result: Any) -> None:
    """Let a token go on with the answer that it waited for."""
    token = _no_longer_waiting(state, wait)
    try:
        _done(state, token, element_of(state, token), result)
    except Fault as fault:
        fail(state, token, fault.code, fault.detail)


def unanswered(state: State, wait: Subscription, detail: str) -> None:
    """Have a call tried again that failed, after the next of its element's pauses; after the last it is an incident."""
    _try_later(state, _no_longer_waiting(state, wait), detail, wait.key)


def refused(state: State, wait: Subscription, error: BusinessError) -> None:
    """Throw an error at an element whose call was refused for good."""
    throw_error(state, _no_longer_waiting(state, wait), error)


def _no_longer_waiting(state: State, wait: Subscription) -> Token:
    del state.waits[wait.number]
    return state.tokens[wait.token]


def send(state: State, token: Token, event: Event, element: Element) -> None:
    """Put a message or signal among what leaves the instance, with the values that its element gives it."""
    given = element.settings.get("input")
    values = as_values(evaluate(state, token.scope, given)) if given else {}
    asked = element.settings.get("correlation")
    key = key_in(state, token.scope, asked) if asked else ""
    kind: Literal["message", "signal"] = "signal" if event.kind == "signal" else "message"
    state.sent.append(Sent(kind, event.name, values, lineage(state, token.scope), key))


def _throw(state: State, token: Token, element: Element) -> None:
    if element.event.kind == "link":
        target = graph_of(state, token.scope).links[(element.parent, element.event.name)]
        note(state, token, "completed")
        take_token(state, token)
        put_token(state, token.scope, target.id)
        return
    if _announce(state, token, element) and not _undo(state, token, element):
        leave(state, token)


def _undo(state: State, token: Token, element: Element) -> bool:
    """Whether a token waits for what its element has undone."""
    return any(begin_undo(state, token, event.activity) for event in element.events if event.kind == "compensation")


def _cancel(state: State, token: Token) -> None:
    """End all else in a transaction, have undone what was completed in it, then leave it."""
    for other in [each for each in state.tokens.values() if each.scope == token.scope and each is not token]:
        if other.number in state.tokens:
            kill_token(state, other)
    if not begin_undo(state, token, ""):
        go_on_undone(state, token)


def _announce(state: State, token: Token, element: Element) -> bool:
    """Throw the events of an element; whether its token is still there."""
    for event in element.events:
        if event.kind in ("message", "signal"):
            send(state, token, event, element)
        elif event.kind == "escalation" and not throw(state, token, "escalation", event.name):
            note(state, token, "escalation_ignored", event.name)
    return token.number in state.tokens


def _end(state: State, token: Token, element: Element) -> None:
    kinds = {event.kind for event in element.events}
    if "error" in kinds:
        throw_error(state, token, BusinessError(element.event.name))
    elif "terminate" in kinds:
        note(state, token, "completed")
        take_token(state, token)
        empty_scope(state, state.scopes[token.scope])
        close(state, token.scope)
    elif "cancel" in kinds:
        _cancel(state, token)
    elif _announce(state, token, element) and not _undo(state, token, element):
        end_token(state, token)


def _parallel(state: State, token: Token, element: Element) -> None:
    """Wait until a token came over each flow; then one of each goes on as one, others keep waiting."""
    first = _arrived(state, token, element)
    if len(first) == len(element.incoming):
        _merge(state, first)


def _inclusive(state: State, token: Token, element: Element) -> None:
    if len(element.incoming) < 2:
        leave(state, token)
    else:
        token.state = "at_join"


def _arrived(state: State, token: Token, element: Element) -> dict[str, Token]:
    """The first token that waits at a join, by the flow that it came over."""
    token.state = "at_join"
    first: dict[str, Token] = {}
    for each in state.tokens.values():
        if each.element == element.id and each.scope == token.scope and each.state == "at_join":
            first.setdefault(each.flow, each)
    return first


def _merge(state: State, first: Mapping[str, Token]) -> None:
    kept, *others = first.values()
    for other in others:
        note(state, other, "joined")
        take_token(state, other)
    leave(state, kept)


def open_inclusive_joins(state: State) -> bool:
    """Whether an inclusive join went on, because no token elsewhere can still reach a flow that has none."""
    for token in [each for each in state.tokens.values() if each.state == "at_join"]:
        if token.number in state.tokens and element_of(state, token).kind == "inclusiveGateway":
            first = _arrived(state, token, element_of(state, token))
            if not _may_still_come(state, token, first):
                _merge(state, first)
                return True
    return False


def _may_still_come(state: State, token: Token, first: Mapping[str, Token]) -> bool:
    """Whether a token elsewhere can reach a flow that has none.

    One that would come in the next turn of a loop can reach a flow that has a token as well, and is not waited for
    (BPMN 2.0.2, 13.4.3): else the join would wait for the next turn, and the turn for the join.
    """
    graph = graph_of(state, token.scope)
    flows = graph.elements[token.element].incoming
    to_empty, to_full = (
        frozenset[str]().union(*(graph.reaching[flow] for flow in flows if (flow in first) is full))
        for full in (False, True)
    )
    waited = to_empty - (to_full & graph.looping)
    return any(each.element in waited for each in state.tokens.values() if _elsewhere(each, token))


def _elsewhere(each: Token, token: Token) -> bool:
    return each.scope == token.scope and each.element != token.element


def _choose_by_event(state: State, token: Token, element: Element) -> None:
    graph = graph_of(state, token.scope)
    for flow in element.outgoing:
        target = graph.elements[graph.flows[flow].target]
        if target.kind == "receiveTask":
            arm_message(state, token.scope, token.number, target)
        else:
            arm(state, token.scope, token.number, target)
    token.state = "waiting"


def _sub_process(state: State, token: Token, element: Element) -> None:
    _discard_inner(state, token)
    token.state = "waiting"
    scope = begin_scope(state, "sub", element.id, parent=token.scope, host=token.number)
    given = element.settings.get("input")
    if given:
        scope.values = as_values(evaluate(state, token.scope, given))
    populate(state, scope, element.id)
    close(state, scope.number)


def _discard_inner(state: State, token: Token) -> None:
    """Remove what an earlier try left half begun."""
    for inner in [each for each in state.scopes.values() if each.host == token.number]:
        kill_scope(state, inner)


def _call(state: State, token: Token, element: Element) -> None:
    pinned = element.settings.get("version", "")
    found = state.outside.called(element.called, int(pinned) if pinned else None, lineage(state, token.scope))
    if found is None:
        raise Fault("process.incident.called", element.called)
    if _depth(state, token) > DEEPEST:
        raise Fault("process.incident.too_deep", element.called)
    given = element.settings.get("input")
    values = as_values(evaluate(state, token.scope, given)) if given else names_in(state, token.scope)
    definition, graph = found
    _discard_inner(state, token)
    state.graphs[definition] = graph
    token.state = "waiting"
    scope = begin_scope(state, "called", element.id, parent=token.scope, host=token.number, definition=definition)
    scope.values = dict(values)
    populate(state, scope, "")
    close(state, scope.number)


def _depth(state: State, token: Token) -> int:
    depth, scope = 0, state.scopes.get(token.scope)
    while scope is not None:
        depth, scope = depth + 1, state.scopes.get(scope.parent)
    return depth


def complete(state: State, token: Token, values: Mapping[str, Any]) -> None:
    """End a task of a person with what he gave."""
    token.task = False
    put_values(state, token.scope, values)
    leave(state, token)


BEHAVIOURS: Mapping[str, Behaviour] = {
    "startEvent": _pass,
    "endEvent": _end,
    "boundaryEvent": _pass,
    "intermediateCatchEvent": _catch,
    "intermediateThrowEvent": _throw,
    "task": _pass,
    "manualTask": _pass,
    "userTask": _ask,
    "receiveTask": _receive,
    "serviceTask": _work,
    "sendTask": _work,
    "businessRuleTask": _work,
    "exclusiveGateway": _pass,
    "parallelGateway": _parallel,
    "inclusiveGateway": _inclusive,
    "eventBasedGateway": _choose_by_event,
    "subProcess": _sub_process,
    "transaction": _sub_process,
    "callActivity": _call,
}
