"""Tasks: in the worklist of whom they are for, made by hand or asked for by a process, with all that may be done there.

Whoever has a task in his hands may act, whatever his rights on the record are.
"""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.behaviours import action, check, prepare, react
from entente.kernel.records.query import exists
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.save import save
from entente.modules.base.activity import is_done
from entente.modules.base.task_answers import prove_asked
from entente.services.processes.tasks import complete_task, throw_from
from entente.services.worklist import acting, moving
from entente.services.worklist.declared import PRIORITIES, Given
from entente.services.worklist.holding import state_of
from entente.services.worklist.plain import Plain, State, follow_facts, follow_plain, put_plain
from entente.services.worklist.seats import may_act

STATES: dict[str, State] = {"completed": "completed", "canceled": "cancelled"}
OPEN = "done_at = null"
FACTS = ("subject", "regarding", "priority", "due_on", "due_at")


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """How a task ends; the variables are the process's, the time spent is in minutes."""

    outcome: str = ""
    comment: str = ""
    result: str | None = None
    time_spent: int | None = None
    variables: dict[str, Any] = {}


class Redirection(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to have the task instead: a login or the name of a team, or the id of either."""

    to: str
    reason: str = ""


class Sharing(msgspec.Struct, frozen=True, kw_only=True):
    """Who else may act, and with which outcomes if not with all."""

    to: str | list[str]
    outcomes: str | list[str] = ""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question about the task, who is to answer it, and whether he is shown the name and facts of its record."""

    to: str
    question: str
    shown: bool = False


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a question about the task."""

    comment: str


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """Until when the task is out of sight: a moment, or an ISO 8601 duration from now on."""

    until: datetime | None = None
    duration: str = ""


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be remembered about the task."""

    comment: str


class Thrown(msgspec.Struct, frozen=True, kw_only=True):
    """The code of an escalation."""

    code: str


def admits(tx: Tx, task: Record) -> bool:
    """Whether the task is in the principal's hands; one made by hand is in those of whoever may change it, too."""
    if may_act(tx, task.id):
        return True
    return not task.get("process_instance") and exists(tx, "task", task.id, "update")


@prepare("task")
def day_follows_moment(tx: Tx, old: Record | None, new: Draft) -> None:
    """A task that is due at a moment is due on its day."""
    if new.changes("due_at") and new["due_at"] is not None:
        new["due_on"] = new["due_at"].astimezone(ZoneInfo(tx.principal.timezone)).date()


@check("task")
def process_ends_its_tasks(tx: Tx, old: Record | None, new: Draft) -> None:
    """A task of a process is completed, handed on or taken back in the worklist, not by writing its record."""
    if old is None or not new["process_instance"]:
        return
    if new.changes("status") and STATES.get(new["status"], "active") != state_of(tx, new.id):
        raise Refused("task.of_process", field="status")
    if new.changes("owner") and "owner" in new.given and not _is_trusted(tx, new):
        raise Refused("task.of_process", field="owner")


def _is_trusted(tx: Tx, new: Draft) -> bool:
    return new["owner"] is None or moving.holds(tx, new.id, new["owner"])


@react("task")
def worklist_follows(tx: Tx, old: Record | None, task: Record) -> None:
    """A task made by hand is in its owner's worklist; of each task the worklist shows what its record says."""
    followed = FACTS if task["process_instance"] else (*FACTS, "owner", "status")
    if old is not None and all(old[name] == task[name] for name in followed):
        return
    if task["process_instance"]:
        if old is not None:
            follow_facts(tx, _plain(tx, task))
    elif old is None:
        put_plain(tx, _plain(tx, task))
    else:
        follow_plain(tx, _plain(tx, task))


def _plain(tx: Tx, task: Record) -> Plain:
    return Plain(
        id=task.id,
        state=STATES.get(task["status"], "active"),
        subject=task["subject"],
        entity=task["regarding"].entity if task["regarding"] else None,
        record=task["regarding"].id if task["regarding"] else None,
        owner=task["owner"],
        priority=PRIORITIES[task["priority"]],
        created_at=task["created_at"],
        due_at=_due(tx, task),
    )


def _due(tx: Tx, task: Record) -> datetime | None:
    """The due moment; a day is over at its end in the time zone of whoever wrote it."""
    if task["due_at"] is not None or task["due_on"] is None:
        return task["due_at"]  # type: ignore[no-any-return]
    midnight = datetime.combine(task["due_on"] + timedelta(days=1), time(), ZoneInfo(tx.principal.timezone))
    return midnight.astimezone(tx.clock.now().tzinfo)


@action("task", scope="each", show_if=OPEN, icon="check", tone="primary", undo=False, admits=admits, decides=True)
def complete(tx: Tx, task: Record, wish: Completion) -> Record:
    """The task as done, with its outcome, a comment and the time spent; a process goes on at once."""
    prove_asked(tx, task.id, wish.variables)
    noted = {"result": wish.result, "time_spent": wish.time_spent}
    given = Given(
        outcome=wish.outcome,
        comment=wish.comment,
        values=wish.variables,
        noted={name: value for name, value in noted.items() if value is not None},
    )
    return complete_task(tx, task.id, given).record


@action("task", show_if="done_at != null and process_instance = null", icon="rotate")
def reopen(tx: Tx, task: Record) -> Record:
    """The task as still to be done."""
    if not is_done(tx, task):
        raise Refused("activity.not_done", field="status")
    return save(tx, "task", {"status": "not_started"}, id=task.id)


@action("task", show_if=OPEN, icon="player-play", undo=False, admits=admits)
def open_(tx: Tx, task: Record) -> Record:
    """The task, taken by the principal: who else could have it sees that he works on it."""
    return acting.open_task(tx, task.id)


@action("task", scope="each", show_if=OPEN, icon="arrow-back-up", undo=False, admits=admits)
def release(tx: Tx, task: Record) -> Record:
    """The task, given back to everyone whom it is for."""
    return acting.release(tx, task.id)


@action("task", scope="each", show_if=OPEN, icon="arrow-forward-up", undo=False, admits=admits)
def redirect(tx: Tx, task: Record, wish: Redirection) -> Record:
    """The task, in another person's or team's hands instead."""
    return moving.redirect(tx, task.id, wish.to, wish.reason)


@action("task", scope="each", show_if=OPEN, icon="share", undo=False, admits=admits)
def share(tx: Tx, task: Record, wish: Sharing) -> Record:
    """The task, in others' hands as well; the first to act does it for all."""
    return moving.share(tx, task.id, _several(wish.to), _several(wish.outcomes))


@action("task", show_if=OPEN, icon="message-question", undo=False, admits=admits)
def ask(tx: Tx, task: Record, wish: Question) -> Record:
    """The task, waiting for somebody's answer to a question."""
    return moving.ask(tx, task.id, wish.to, wish.question, wish.shown)


@action("task", show_if='done_at = null and status = "waiting"', icon="message-check", undo=False, admits=admits)
def answer(tx: Tx, task: Record, wish: Reply) -> Record:
    """The task, back in the hands of whoever asked, with the answer."""
    return moving.answer(tx, task.id, wish.comment)


@action("task", show_if='done_at = null and status = "waiting"', icon="message-x", undo=False, admits=admits)
def withdraw_question(tx: Tx, task: Record) -> Record:
    """The task without the question that was open."""
    return moving.withdraw_question(tx, task.id)


@action("task", scope="each", show_if=OPEN, icon="zzz", undo=False, admits=admits)
def sleep(tx: Tx, task: Record, wish: Rest) -> Record:
    """The task, out of sight for a while; what is due stays due."""
    return moving.sleep(tx, task.id, wish.until, wish.duration)


@action("task", scope="each", show_if=OPEN, icon="bell", undo=False, admits=admits)
def wake(tx: Tx, task: Record) -> Record:
    """The task, in sight again."""
    return moving.wake(tx, task.id)


@action("task", icon="message", undo=False, admits=admits)
def comment(tx: Tx, task: Record, wish: Remark) -> Record:
    """The task with a remark; one that sleeps wakes up."""
    return moving.comment(tx, task.id, wish.comment)


@action("task", icon="urgent", undo=False, admits=admits, shown=False)
def escalate(tx: Tx, task: Record, wish: Thrown) -> bool:
    """Whether the model of the process caught an escalation that was thrown from the task."""
    return throw_from(tx, task.id, wish.code)


def _several(given: str | list[str]) -> list[str]:
    return [part.strip() for part in (given.split(",") if isinstance(given, str) else given) if part.strip()]
