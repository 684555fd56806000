"""What happens while a task is not done: reminders, notices, handing on, an outcome or an escalation, each at its time.

Whatever changes the task goes through the actions that a person has, so that it is told, checked and undone alike.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.expressions.literals import read_datetime, read_duration
from entente.kernel.jobs.queue import Run, job
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import NotFound, Refused
from entente.kernel.records.actions import perform
from entente.kernel.records.formulas import holds
from entente.kernel.records.query import find
from entente.kernel.records.save import save
from entente.services.worklist.calendars import Calendar, calendar_of
from entente.services.worklist.declared import PRIORITIES, Destination, Escalation, priority_name
from entente.services.worklist.destinations import named, people_behind
from entente.services.worklist.holding import Work, read_work, write_event
from entente.services.worklist.idling import release_idle
from entente.services.worklist.mailing import ask_for_mail
from entente.services.worklist.moving import KINDS, wake_due
from entente.services.worklist.noticing import TASK, tell

log = logging.getLogger(__name__)
AT = re.compile(r"(due)?([+-])?(P.*)?")
MOST_DUE = 1000
_DUE = """
SELECT * FROM {schema}.work_escalation WHERE due_at <= %(now)s AND NOT id = ANY (%(passed)s)
ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_MANAGERS = 'SELECT manager AS id FROM {schema}."user" WHERE id = ANY (%(people)s) AND manager IS NOT NULL'


def plan_escalations(tx: Tx, work: Work, planned: Iterable[Escalation]) -> None:
    """Note when each escalation of a new task is due; one whose time is past fires once, marked as late."""
    calendar, now = calendar_of(tx, work.calendar), tx.clock.now()
    for each in planned:
        due = moment_of(each.at, calendar, work.created_at, work.due_at)
        if due is None:
            write_event(tx, work, "no_escalation", None, at=each.at)
            continue
        engine_rows(
            tx,
            "INSERT INTO {schema}.work_escalation VALUES"
            " (%(id)s, %(task)s, %(due)s, %(every)s, %(left)s, %(late)s, %(plan)s)",
            id=new_id(),
            task=work.id,
            due=max(due, now),
            every=each.every,
            left=each.most,
            late=due <= now,
            plan=Jsonb(msgspec.to_builtins(each)),
        )


def moment_of(text: str, calendar: Calendar, created: datetime, due: datetime | None) -> datetime | None:
    """The moment that `PT4H`, `due`, `due-P1D`, `due+PT2H` or ISO 8601 means; nothing when it means none here."""
    plain = read_datetime(text)
    if plain is not None:
        return plain if plain.tzinfo else plain.replace(tzinfo=UTC)
    found = AT.fullmatch(text.strip())
    if found is None or not (found[1] or found[3]) or bool(found[1] and found[3]) != bool(found[2]):
        return None
    length = read_duration(found[3]) if found[3] else timedelta()
    start = due if found[1] else created
    if not isinstance(length, timedelta) or start is None:
        return None
    return calendar.earlier(start, length) if found[2] == "-" else calendar.later(start, length)


@job("worklist.due", every="* * * * *", transaction=False)
def escalate_due(run: Run) -> None:
    """Do what is due, each in a transaction of its own; put tasks that were laid aside or left alone in sight again."""
    passed: list[UUID] = []
    for _ in range(MOST_DUE):
        try:
            with run.begin() as tx:
                if not _escalate_one(tx, passed):
                    break
        except Exception:
            log.exception("an escalation failed")
    with run.begin() as tx:
        wake_due(tx)
    with run.begin() as tx:
        release_idle(tx)


def _escalate_one(tx: Tx, passed: list[UUID]) -> bool:
    """Whether something was due; it is passed over from now on, so that a faulty one blocks no other."""
    row = engine_row(tx, _DUE, now=tx.clock.now(), passed=passed)
    if row is None:
        return False
    passed.append(row["id"])
    plan = msgspec.convert(row["plan"], Escalation)
    with tx.connection.transaction():
        _set_next(tx, row)
    engine = tx.acting_as(system("worklist"))
    try:
        work = read_work(engine, row["task"], lock=False)
        if work.state == "active" and _applies(engine, work, plan):
            with tx.connection.transaction():
                ACTIONS[plan.action](engine, work, plan)
    except Refused as refusal:
        log.info("an escalation was refused: %s", refusal.code)
    return True


def _set_next(tx: Tx, row: Mapping[str, Any]) -> None:
    work = engine_row(tx, "SELECT state, calendar FROM {schema}.work_task WHERE id = %(task)s", task=row["task"]) or {}
    length = read_duration(row["every"]) if row["every"] else None
    left = (row["turns_left"] or 1) - 1
    if left <= 0 or not isinstance(length, timedelta) or not length or work.get("state") != "active":
        engine_rows(tx, "DELETE FROM {schema}.work_escalation WHERE id = %(id)s", id=row["id"])
        return
    calendar, now = calendar_of(tx, work["calendar"]), tx.clock.now()
    due = calendar.later(row["due_at"], length)
    engine_rows(
        tx,
        "UPDATE {schema}.work_escalation SET due_at = %(due)s, turns_left = %(left)s, late = false WHERE id = %(id)s",
        id=row["id"],
        due=due if due > now else calendar.later(now, length),
        left=left,
    )


def _applies(tx: Tx, work: Work, plan: Escalation) -> bool:
    if not plan.when:
        return True
    try:
        return holds(tx, tx.catalog.entity(TASK), plan.when, find(tx, TASK, work.id))
    except NotFound:
        return False


def _remind(tx: Tx, work: Work, plan: Escalation) -> None:
    holders = _holders(tx, work)
    tell(tx, work, holders, "worklist.reminder")
    ask_for_mail(tx, work, plan.template, holders)
    write_event(tx, work, "remind")


def _notify(tx: Tx, work: Work, plan: Escalation) -> None:
    holders = _holders(tx, work)
    if plan.to in ("", "manager"):
        people = [row["id"] for row in engine_rows(tx, _MANAGERS, people=holders)]
    else:
        people = people_behind(tx, _whom(tx, plan.to))
    tell(tx, work, people, "worklist.notice")
    ask_for_mail(tx, work, plan.template, people)
    write_event(tx, work, "notify", None, to=people)


def _whom(tx: Tx, text: str) -> list[Destination]:
    kind, colon, name = text.partition(":")
    asked = [each for each in KINDS if each == kind] if colon else KINDS
    return [found for each in asked for found in named(tx, each, [name if colon else text])]


def _holders(tx: Tx, work: Work) -> list[UUID]:
    """Whoever has the task in his hands, with those who stand in for him."""
    held = people_behind(tx, [Destination(each.kind, each.holder) for each in work.live])
    substitutes = engine_rows(
        tx,
        "SELECT DISTINCT unnest({schema}.work_substitutes(p.id, %(task)s, %(now)s)) AS id"
        " FROM unnest(%(people)s::uuid[]) p(id)",
        task=work.id,
        now=tx.clock.now(),
        people=held,
    )
    return list(dict.fromkeys([*held, *(row["id"] for row in substitutes)]))


def _redirect(tx: Tx, work: Work, plan: Escalation) -> None:
    target = _whom(tx, plan.to)
    perform(tx, TASK, "redirect", [work.id], {"to": str(target[0].id) if target else plan.to, "reason": plan.at})


def _raise(tx: Tx, work: Work, plan: Escalation) -> None:
    higher = [each for each in PRIORITIES.values() if each > work.priority]
    wanted = plan.to if plan.to in PRIORITIES else priority_name(min(higher, default=work.priority))
    save(tx, TASK, {"priority": wanted}, id=work.id, trusted=True)


def _complete(tx: Tx, work: Work, plan: Escalation) -> None:
    perform(tx, TASK, "complete", [work.id], {"outcome": plan.outcome})


def _escalate(tx: Tx, work: Work, plan: Escalation) -> None:
    perform(tx, TASK, "escalate", [work.id], {"code": plan.code})
    write_event(tx, work, "escalate", None, code=plan.code)


ACTIONS = {
    "remind": _remind,
    "notify": _notify,
    "redirect": _redirect,
    "priority": _raise,
    "complete": _complete,
    "escalate": _escalate,
}
