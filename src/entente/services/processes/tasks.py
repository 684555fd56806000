"""Completing a task of a process: the answer is taken and the token moves in the same transaction."""

from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.refusal import Refused
from entente.services.processes.engine.entering import complete
from entente.services.processes.engine.state import State, Token, element_of, fail, note, put_values
from entente.services.processes.engine.throwing import throw
from entente.services.processes.running import held_for
from entente.services.processes.values import proven
from entente.services.worklist.acting import Step, complete_work
from entente.services.worklist.declared import Given
from entente.services.worklist.holding import read_work

LONGEST = 4000


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
    with held_for(tx, task) as found:
        if found is None:
            return complete_work(tx, read_work(tx, task), given)
        kept, number = found.kept, found.token
        proven(given.values)
        step = complete_work(tx, found.work, given)
        token = kept.state.tokens.get(number)
        if token is not None and token.task:
            _answered(kept.state, token, step, given)
        if step.work.state != "active":
            kept.answered.add(number)
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
    with held_for(tx, task) as found:
        if found is None:
            raise Refused("process.task_unknown")
        state = found.kept.state
        token = state.tokens.get(found.token)
        return token is not None and token.task and throw(state, token, "escalation", code)
