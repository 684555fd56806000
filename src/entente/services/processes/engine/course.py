"""The course of an instance: begun, run until it waits, triggered from outside, stopped."""

from collections.abc import Mapping
from typing import Any

from entente.services.processes.engine.entering import enter, open_inclusive_joins
from entente.services.processes.engine.scopes import kill_scope, populate
from entente.services.processes.engine.state import (
    Fault,
    Scope,
    State,
    Subscription,
    Token,
    drop_waits,
    element_of,
    evaluate,
    fail,
    graph_of,
    next_number,
    note,
    put_token,
    put_values,
    take_token,
    wake,
)
from entente.services.processes.engine.stuck import never_opened
from entente.services.processes.engine.throwing import enter_event_scope, reach_boundary
from entente.services.processes.engine.timers import Due, next_due
from entente.services.processes.engine.waiting import arm, await_answer, condition_of, put_due

MOST_STEPS = 10_000


def begin(state: State, values: Mapping[str, Any], start: str = "") -> None:
    """Put the first tokens of a process: at its plain start, or at the start event of the given id."""
    root = Scope(next_number(state), "process", state.instance.definition, values=dict(values))
    state.scopes[root.number] = root
    if not start:
        populate(state, root, "")
        return
    for other in graph_of(state, root.number).event_starts(""):
        arm(state, root.number, 0, other)
    put_token(state, root.number, start)


def advance(state: State) -> None:
    """Step until everything waits or has ended; more than 10,000 steps without a wait stop with an incident."""
    while state.instance.state == "running":
        if not state.ready:
            if not _settle(state):
                return
            continue
        token = state.tokens.get(state.ready.popleft())
        if token is None or token.state != "ready":
            continue
        if state.steps >= MOST_STEPS:
            fail(state, token, "process.incident.loop_without_wait")
            return
        state.steps += 1
        enter(state, token)


def _settle(state: State) -> bool:
    """Whether something goes on though no token is ready: a join, or a condition that became true."""
    return open_inclusive_joins(state) or _meet_conditions(state) or _report_deadlock(state)


def _meet_conditions(state: State) -> bool:
    """Whether a condition became true; one that was true already must have been false in between."""
    for wait in [each for each in state.waits.values() if each.kind == "condition"]:
        try:
            met = evaluate(state, wait.scope, condition_of(state, wait)) is True
        except Fault:
            met = False
        before, wait.key = wait.key == "met", "met" if met else ""
        if met and not before:
            fire(state, wait, {})
            return True
    return False


def _report_deadlock(state: State) -> bool:
    """Stop tokens that wait at joins for ever; nothing goes on by it."""
    for token in never_opened(state):
        fail(state, token, "process.incident.deadlock")
    hosts = {scope.host for scope in state.scopes.values()}
    leaves = [token for token in state.tokens.values() if token.number not in hosts]
    if leaves and not state.waits and all(token.state == "at_join" for token in leaves):
        for token in leaves:
            fail(state, token, "process.incident.deadlock")
    return False


def fire(state: State, wait: Subscription, values: Mapping[str, Any]) -> None:
    """Let what was waited for happen, with the values that came along."""
    put_values(state, wait.scope, values)
    element = graph_of(state, wait.scope).elements[wait.element]
    if wait.kind == "retry":
        del state.waits[wait.number]
        _try_again(state, state.tokens[wait.token], wait.key)
    elif element.attached_to:
        _repeat(state, wait)
        reach_boundary(state, state.tokens[wait.token], element)
    elif element.kind == "startEvent":
        _repeat(state, wait)
        enter_event_scope(state, state.scopes[wait.scope], element)
    else:
        _go_on(state, wait)


def _try_again(state: State, token: Token, call: str) -> None:
    """Do the work of a token again; a call is made again as it was, whatever its values would be by now."""
    if call:
        await_answer(state, token, call)
    else:
        wake(state, token)


def _repeat(state: State, wait: Subscription) -> None:
    """Set a timer to its next turn, or forget it after its last; other subscriptions stay."""
    if wait.due_at is None:
        return
    due = Due(wait.due_at, wait.cycle, wait.turns_left)
    following = next_due(due, state.outside.now, state.outside.zone)
    if following is None:
        del state.waits[wait.number]
    else:
        put_due(wait, following)


def _go_on(state: State, wait: Subscription) -> None:
    token = state.tokens[wait.token]
    drop_waits(state, token)
    if token.element != wait.element:
        chosen = element_of(state, token)
        flows = graph_of(state, token.scope).flows
        flow = next(each for each in chosen.outgoing if flows[each].target == wait.element)
        note(state, token, "completed")
        take_token(state, token)
        token = put_token(state, token.scope, wait.element, flow)
        token.phase = "leaving"
        return
    token.phase = "leaving"
    wake(state, token)


def retry(state: State, token: int) -> None:
    """Try a stopped token again, with all its tries."""
    found = state.tokens[token]
    found.attempts = 0
    for incident in [each for each in state.incidents.values() if each.token == token]:
        del state.incidents[incident.number]
    wake(state, found)


def cancel(state: State) -> None:
    """End an instance with everything in it."""
    for scope in [each for each in state.scopes.values() if each.kind == "process"]:
        kill_scope(state, scope)
        state.scopes[scope.number] = scope
    state.instance.state, state.instance.ended_at = "cancelled", state.outside.now
