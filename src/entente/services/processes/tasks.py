"""Completing a task of a process: the answer is taken and the token moves in the same transaction."""

from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.refusal import Refused
from entente.services.processes.engine.entering import complete
from entente.services.processes.engine.state import State, Token, element_of, fail, note, put_values
from entente.services.processes.engine.throwing import throw
from entente.services.processes.running import opened
from entente.services.worklist.acting import Step, complete_work
from entente.services.worklist.declared import Given

LONGEST = 4000


class Place(msgspec.Struct, frozen=True):
    """Where the token of a task stands."""

    instance: UUID
    token: int


def place_of(tx: Tx, task: UUID) -> Place | None:
    """The instance and the token of a task; nothing for one that people made by hand."""
    row = engine_row(tx, "SELECT instance, token FROM {schema}.work_task WHERE id = %(task)s", task=task)
    return Place(row["instance"], row["token"]) if row and row["instance"] is not None else None


def variables_at(tx: Tx, task: UUID) -> dict[str, Any]:
    """The values that the process of a task has for all of it, by name; none for a task made by hand."""
    sql = (
        "SELECT v.name, v.value FROM {schema}.work_task t JOIN {schema}.process_scope s"
        " ON s.instance = t.instance AND s.kind = 'process' AND s.parent = 0"
        " JOIN {schema}.process_variable v ON v.instance = s.instance AND v.scope = s.number WHERE t.id = %(task)s"
    )
    return {row["name"]: row["value"] for row in engine_rows(tx, sql, task=task)}


def complete_task(tx: Tx, task: UUID, given: Given) -> Step:
    """The task after the principal's answer; when that decides it, the process has gone on to where it waits next.

    Conflict when somebody was first or the task was taken back, Forbidden when it is not in the principal's hands.
    """
    place = place_of(tx, task)
    if place is None:
        return complete_work(tx, task, given)
    with opened(tx, place.instance) as state:
        step = complete_work(tx, task, given)
        token = state.tokens.get(place.token)
        if token is not None and token.task:
            _answered(state, token, step, given)
    return step


def _answered(state: State, token: Token, step: Step, given: Given) -> None:
    if given.comment:
        note(state, token, "comment", given.comment[:LONGEST])
    match step.decision.state:
        case "decided":
            outcome = step.decision.outcome
            name = element_of(state, token).settings.get("result", "")
            said = {each: outcome for each in ("outcome", name) if each and outcome}
            complete(state, token, {**given.values, **said})
        case "stuck":
            put_values(state, token.scope, given.values)
            token.task = False
            fail(state, token, "process.incident.undecided", step.work.rule)
        case "open":
            put_values(state, token.scope, given.values)


def throw_from(tx: Tx, task: UUID, code: str) -> bool:
    """Whether an escalation that was thrown from a task of a process was caught by its model; Refused without one."""
    place = place_of(tx, task)
    if place is None:
        raise Refused("process.task_unknown")
    with opened(tx, place.instance) as state:
        token = state.tokens.get(place.token)
        return token is not None and token.task and throw(state, token, "escalation", code)
