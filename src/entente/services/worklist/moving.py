"""What else is done with a task: handed on, shared, asked about, laid aside, remarked upon."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.expressions.literals import read_duration
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Conflict, Forbidden, Refused
from entente.kernel.records.query import find
from entente.kernel.records.record import Record
from entente.services.worklist.acting import LONGEST, TASK, settle, write_record
from entente.services.worklist.declared import Destination, HolderKind
from entente.services.worklist.destinations import named, people_behind, reached
from entente.services.worklist.holding import Item, Work, change_work, new_item, put_items, read_work, write_event
from entente.services.worklist.noticing import tell
from entente.services.worklist.seats import ABOVE, active_work, seat_in
from entente.services.worklist.showing import may_show

KINDS: tuple[HolderKind, ...] = ("user", "team", "role")
FARTHEST = timedelta(days=3660)


def record_of(tx: Tx, work: Work) -> Record:
    """The record of a task as it stands."""
    return find(tx.acting_as(system("worklist")), TASK, work.id)


def holds(tx: Tx, task: UUID, person: UUID) -> bool:
    """Whether a task is, or was, in the hands of a person himself."""
    found = engine_row(
        tx,
        "SELECT 1 FROM {schema}.work_item WHERE task = %(task)s"
        " AND (holder = %(person)s OR acted_by = %(person)s) LIMIT 1",
        task=task,
        person=person,
    )
    return found is not None


def whom(tx: Tx, text: str, *, field: str = "to") -> Destination:
    """The active person, team or role that an id, a login, a name or a key means; Refused when there is none."""
    identity = parse_id(text)
    for kind in KINDS:
        asked = [Destination(kind, identity)] if identity else named(tx, kind, [text])
        found = reached(tx, asked)
        if found:
            return found[0]
    raise Refused("worklist.nobody", field=field, name=text[:100])


def redirect(tx: Tx, task: UUID, to: str, reason: str = "") -> Record:
    """The task in somebody else's hands; Refused for oneself, whoever has it already, or a task that stays put."""
    work = active_work(tx, task)
    item, target = seat_in(tx, work), whom(tx, to)
    if not work.redirectable and item.way not in ABOVE:
        raise Refused("worklist.stays")
    if target.id in {each.holder for each in work.live if each.origin != "ask"}:
        raise Refused("worklist.has_it_already", field="to")
    made = new_item(
        work, target, "redirect", tx.clock.now(), source=item.id, position=item.position, outcomes=item.outcomes,
        original=item.original or item.holder,
    )  # fmt: skip
    moved = [each for each in work.live if each is item or (each.origin == "rule" and each.source == item.id)]
    for each in moved:
        each.state, each.ended_at, each.acted_by = "moved", tx.clock.now(), tx.principal.user_id
    put_items(tx, [*moved, made])
    work.items.append(made)
    write_event(tx, work, "redirect", item, to=target.id, reason=reason[:LONGEST])
    settle(tx, work)
    change_work(tx, work)
    return write_record(tx, work, status="not_started", **_owner(work))


def _owner(work: Work) -> dict[str, Any]:
    """The owner of the record: the one person who has the task, if there is one."""
    held = [each for each in work.live if each.origin in ("rule", "redirect", "record")]
    if len(held) != 1 or held[0].kind == "role":
        return {"owner": None}
    return {"owner": held[0].holder} if held[0].kind == "user" else {"owner": None, "team": held[0].holder}


def share(tx: Tx, task: UUID, to: Sequence[str], outcomes: Sequence[str] = ()) -> Record:
    """The task in others' hands as well, with the outcomes that they may give; the first to act does it for all."""
    work = active_work(tx, task)
    item = seat_in(tx, work)
    targets = [whom(tx, each) for each in to]
    if not targets:
        raise Refused("field.required", field="to")
    allowed = {each.key for each in work.outcomes} if item.outcomes is None else set(item.outcomes)
    unknown = next((each for each in outcomes if each not in allowed), None)
    if unknown is not None:
        raise Refused("worklist.no_such_outcome", field="outcomes", outcome=unknown[:100], known=", ".join(allowed))
    held = {each.holder for each in work.live if each.origin != "ask"}
    made = [
        new_item(work, each, "share", tx.clock.now(), source=item.id, position=item.position,
                 outcomes=list(outcomes) or item.outcomes)
        for each in dict.fromkeys(targets)
        if each.id not in held
    ]  # fmt: skip
    work.items += made
    put_items(tx, made)
    _wake(tx, work, item)
    for each in made:
        write_event(tx, work, "share", each, outcomes=list(outcomes))
    tell(tx, work, people_behind(tx, [Destination(each.kind, each.holder) for each in made]), "worklist.told_share")
    settle(tx, work)
    change_work(tx, work)
    return record_of(tx, work)


def ask(tx: Tx, task: UUID, to: str, question: str, shown: bool = False) -> Record:
    """The task, which nobody completes until the question is answered or taken back; `shown` opens its record."""
    work = active_work(tx, task)
    item, target = seat_in(tx, work), whom(tx, to)
    if work.is_asked:
        raise Conflict("worklist.question_open")
    if target.id == tx.principal.user_id:
        raise Refused("worklist.not_yourself", field="to")
    if shown and not may_show(tx, work):
        raise Refused("worklist.not_yours_to_show", field="shown")
    made = new_item(
        work, target, "ask", tx.clock.now(), source=item.id, question=question[:LONGEST],
        asked_by=tx.principal.user_id,
    )  # fmt: skip
    work.items.append(made)
    put_items(tx, [made])
    write_event(tx, work, "ask", made, to=target.id, question=question[:LONGEST], shown=shown)
    tell(tx, work, people_behind(tx, [target]), "worklist.told_ask")
    change_work(tx, work)
    return write_record(tx, work, status="waiting")


def answer(tx: Tx, task: UUID, comment: str) -> Record:
    """The task, back in the hands of whoever asked; Forbidden for whoever was not asked."""
    work = active_work(tx, task)
    asked = [each for each in work.live if each.origin == "ask" and each.way]
    if not asked:
        raise Forbidden("worklist.not_asked")
    _close_question(tx, work, asked[0], "answer", comment)
    tell(tx, work, [each for each in (asked[0].asked_by,) if each], "worklist.told_answer")
    return write_record(tx, work, status="started" if work.busy else "not_started")


def withdraw_question(tx: Tx, task: UUID) -> Record:
    """The task without its open question; Refused when there is none, or for others than who asked."""
    work = active_work(tx, task)
    me = tx.principal.user_id
    asked = [each for each in work.live if each.origin == "ask" and (each.asked_by == me or _is_above(work))]
    if not asked:
        raise Refused("worklist.no_question")
    _close_question(tx, work, asked[0], "withdraw_question", "")
    return write_record(tx, work, status="started" if work.busy else "not_started")


def _is_above(work: Work) -> bool:
    return any(each.way in ABOVE for each in work.live)


def _close_question(tx: Tx, work: Work, item: Item, verb: str, comment: str) -> None:
    item.state = "done" if verb == "answer" else "withdrawn"
    item.ended_at, item.acted_by, item.comment = tx.clock.now(), tx.principal.user_id, comment[:LONGEST]
    put_items(tx, [item])
    write_event(tx, work, verb, item, comment=comment[:LONGEST])
    change_work(tx, work)


def sleep(tx: Tx, task: UUID, until: datetime | None = None, duration: str = "") -> Record:
    """The task, out of sight until a moment or for a duration; what is due stays due."""
    work = active_work(tx, task)
    item, wake_at = seat_in(tx, work), _until(tx, until, duration)
    if item.kind != "user":
        raise Refused("worklist.sleeps_not")
    item.state, item.wake_at, item.opened_by, item.opened_at = "asleep", wake_at, None, None
    put_items(tx, [item])
    write_event(tx, work, "sleep", item, until=wake_at)
    settle(tx, work)
    change_work(tx, work)
    awake = any(each.state != "asleep" for each in work.live if each.origin != "ask")
    return record_of(tx, work) if awake else write_record(tx, work, status="deferred")


def _until(tx: Tx, until: datetime | None, duration: str) -> datetime:
    now = tx.clock.now()
    if until is None:
        length = read_duration(duration)
        if not isinstance(length, timedelta):
            raise Refused("worklist.until_when", field="duration" if duration else "until")
        until = now + min(length, FARTHEST)
    until = until if until.tzinfo else until.replace(tzinfo=now.tzinfo)
    if not now < until <= now + FARTHEST:
        raise Refused("worklist.until_when", field="until")
    return until


def wake(tx: Tx, task: UUID) -> Record:
    """The task, in sight again; Refused when it does not sleep."""
    work = active_work(tx, task)
    asleep = [each for each in work.live if each.state == "asleep" and (each.way or tx.principal.is_system)]
    if not asleep:
        raise Refused("worklist.awake")
    for item in asleep:
        _wake(tx, work, item)
    settle(tx, work)
    change_work(tx, work)
    return write_record(tx, work, status="started" if work.busy else "not_started")


def _wake(tx: Tx, work: Work, item: Item) -> None:
    if item.state == "asleep":
        item.state, item.wake_at = "available", None
        put_items(tx, [item])
        write_event(tx, work, "wake", item)


def wake_due(tx: Tx) -> int:
    """How many tasks came back into sight because the moment has come until which they were laid aside."""
    found = engine_rows(
        tx,
        "SELECT DISTINCT task FROM {schema}.work_item WHERE state = 'asleep' AND wake_at <= %(now)s ORDER BY task",
        now=tx.clock.now(),
    )
    for row in found:
        _wake_due(tx, read_work(tx, row["task"]))
    return len(found)


def _wake_due(tx: Tx, work: Work) -> None:
    due = [each for each in work.live if each.state == "asleep" and each.wake_at and each.wake_at <= tx.clock.now()]
    for item in due:
        _wake(tx, work, item)
    if due and work.state == "active":
        settle(tx, work)
        change_work(tx, work)
        write_record(tx, work, status="started" if work.busy else "not_started")


def comment(tx: Tx, task: UUID, text: str) -> Record:
    """The task with a remark; who laid it aside sees it again."""
    work = active_work(tx, task)
    if not text.strip():
        raise Refused("field.required", field="comment")
    write_event(tx, work, "comment", None, comment=text[:LONGEST])
    asleep = [each for each in work.live if each.state == "asleep"]
    for item in asleep:
        _wake(tx, work, item)
    change_work(tx, work)
    return write_record(tx, work, status="not_started") if asleep else record_of(tx, work)
