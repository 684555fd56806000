"""What tokens and scopes wait for: messages, signals, timers and conditions, armed from the model."""

from decimal import Decimal

from entente.kernel.expressions.literals import write_number
from entente.services.processes.engine.state import (
    Fault,
    State,
    Subscription,
    Token,
    WaitKind,
    evaluate,
    graph_of,
    next_number,
)
from entente.services.processes.engine.timers import Due, due_of, is_iso
from entente.services.processes.model.graph import Element, Event, Timer

WAITING: dict[str, WaitKind] = {
    "message": "message",
    "signal": "signal",
    "timer": "timer",
    "conditional": "condition",
}


def arm(state: State, scope: int, token: int, element: Element) -> None:
    """Wait for the events of an element on behalf of a token (or of the scope when it is 0)."""
    for event in element.events:
        if event.kind in WAITING:
            _arm_event(state, scope, token, element, event)


def arm_message(state: State, scope: int, token: int, element: Element) -> None:
    """Wait for the message of a receive task."""
    _arm_event(state, scope, token, element, Event("message", element.message))


def _arm_event(state: State, scope: int, token: int, element: Element, event: Event) -> None:
    wait = Subscription(next_number(state), scope, token, element.id, WAITING[event.kind])
    _describe(state, wait, element, event)
    state.waits[wait.number] = wait


def await_answer(state: State, token: Token, call: str) -> None:
    """Let a token wait for the answer to a call."""
    number = next_number(state)
    state.waits[number] = Subscription(number, token.scope, token.number, token.element, "answer", key=call)
    token.state = "waiting"


def arm_again(state: State, wait: Subscription, element: Element) -> None:
    """Let a subscription wait for what an element waits for now, timers counted from now on."""
    events = element.events or (Event("message", element.message),)
    for event in events:
        if WAITING.get(event.kind) == wait.kind:
            _describe(state, wait, element, event)


def _describe(state: State, wait: Subscription, element: Element, event: Event) -> None:
    wait.name = event.name
    if event.timer is not None:
        _set(wait, _due(state, wait.scope, event.timer))
    if event.kind == "message" and element.settings.get("correlation"):
        wait.key = key_in(state, wait.scope, element.settings["correlation"])


def key_in(state: State, scope: int, text: str) -> str:
    """The correlation key that an expression gives; Fault when it gives none."""
    key = evaluate(state, scope, text)
    if isinstance(key, Decimal):
        return write_number(key)
    if not isinstance(key, str) or not key:
        raise Fault("process.incident.no_key", text)
    return key


def condition_of(state: State, wait: Subscription) -> str:
    """The condition that a subscription waits for."""
    return graph_of(state, wait.scope).elements[wait.element].event.condition


def put_due(wait: Subscription, due: Due) -> None:
    """Set the clock of a subscription anew."""
    _set(wait, due)


def _set(wait: Subscription, due: Due) -> None:
    wait.due_at, wait.cycle, wait.turns_left = due.at, due.cycle, due.turns_left


def _due(state: State, scope: int, timer: Timer) -> Due:
    value = timer.text if is_iso(timer.kind, timer.text) else evaluate(state, scope, timer.text)
    return due_of(timer.kind, value, state.outside.now, state.outside.zone)
