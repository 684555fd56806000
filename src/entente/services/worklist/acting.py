"""Opening, releasing and completing a task: slots are taken under the lock of the task, the first one wins."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Conflict, Refused
from entente.kernel.records.formulas import moment_of
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.worklist.deciding import Decision, Slot, decide
from entente.services.worklist.declared import Destination, Given
from entente.services.worklist.holding import Event, Item, Work, new_item, put_items, write_work
from entente.services.worklist.seats import ABOVE, active_work, seat_in
from entente.services.worklist.wording import over, taken, told

TASK = "task"
LONGEST = 4000


class Step(msgspec.Struct, frozen=True):
    """What completing did: the task and its record after it, and what is decided."""

    work: Work
    decision: Decision
    record: Record


def open_task(tx: Tx, task: UUID) -> Record:
    """The task, opened: one slot of it is the principal's; Conflict names who has the last one."""
    work = active_work(tx, task)
    item = take(tx, work, seat_in(tx, work))
    write_work(tx, work, Event("open", item))
    return write_record(tx, work, status="started")


def take(tx: Tx, work: Work, item: Item) -> Item:
    """The item in which the principal works from now on: the given one, or his own of a team's or role's.

    Nothing is written yet.
    """
    me, now = tx.principal.user_id, tx.clock.now()
    if item.state == "open":
        return item
    if work.root(item).id not in work.busy and len(work.busy) >= work.slots:
        raise taken(tx, work)
    if item.kind != "user" and me is not None:
        item = _personal(tx, work, item, me)
    item.state, item.opened_by, item.opened_at, item.wake_at = "open", me, now, None
    hide(work)
    return item


def _personal(tx: Tx, work: Work, item: Item, me: UUID) -> Item:
    before = next((each for each in work.items if each.acted_by == me and each.state == "done"), None)
    if before is not None and work.plan == "once":
        raise told(tx, "worklist.done_already", me, before.ended_at)
    made = new_item(
        work, Destination("user", me), "rule", tx.clock.now(), source=item.id, position=item.position,
        outcomes=item.outcomes, way="mine",
    )  # fmt: skip
    work.items.append(made)
    return made


def settle(tx: Tx, work: Work) -> None:
    """Hide what nobody may take while all slots are taken, show it again when one is free, and write which it was."""
    put_items(tx, hide(work))


def hide(work: Work) -> list[Item]:
    """The items that changed: hidden while all slots are taken, shown again when one is free."""
    busy = work.busy
    full = len(busy) >= work.slots
    changed = []
    for item in work.answering:
        if item.state not in ("available", "allocated"):
            continue
        hidden = _is_hidden(work, item, busy, full=full)
        wanted = "allocated" if hidden else "available"
        if item.state != wanted:
            item.state = "allocated" if hidden else "available"
            changed.append(item)
    return changed


def _is_hidden(work: Work, item: Item, busy: set[UUID], *, full: bool) -> bool:
    if work.root(item).id in busy:
        return item.kind != "user" and work.plan != "once"
    return full


def release(tx: Tx, task: UUID) -> Record:
    """The task, given back to whom it is for; Refused when it is not open."""
    work = active_work(tx, task)
    me = tx.principal.user_id
    held = [each for each in work.answering if each.state == "open" and (each.opened_by == me or each.way in ABOVE)]
    if not held:
        raise Refused("worklist.not_open")
    return give_back(tx, work, min(held, key=lambda each: each.opened_by != me))


def give_back(tx: Tx, work: Work, item: Item, *, because: str = "") -> Record:
    """The task, with the slot of an open item free again for whomever it is for."""
    if item.source is not None and item.origin == "rule":
        _end(item, "withdrawn", tx.clock.now(), tx.principal.user_id)
    else:
        item.state, item.opened_by, item.opened_at = "available", None, None
    hide(work)
    write_work(tx, work, Event("release", item, {"because": because} if because else {}))
    return write_record(tx, work, status="not_started")


def _end(item: Item, state: str, now: datetime, by: UUID | None) -> None:
    item.state = "withdrawn" if state == "withdrawn" else "done"
    item.ended_at = now
    if state == "done":
        item.acted_by = by


def complete_work(tx: Tx, work: Work, given: Given) -> Step:
    """What the principal's answer did to a task under its lock; Conflict when somebody was first or a question is open.

    Acting for the system decides the whole task. Refused when the outcome is none of those that he may give.
    """
    if work.state != "active":
        raise over(tx, work)
    if given.seen is not None and given.seen != work.lock_version:
        raise Conflict("worklist.changed")
    if tx.principal.is_system:
        return _end_by_system(tx, work, given)
    if work.is_asked:
        raise Conflict("worklist.question_open")
    item = seat_in(tx, work)
    _prove_outcome(work, item, given.outcome)
    item = take(tx, work, item)
    _finish_item(tx, work, item, given)
    decision = _decision(tx, work)
    event = Event("complete", item, {"outcome": given.outcome, "comment": given.comment[:LONGEST]})
    return Step(work, decision, _after(tx, work, decision, given, event))


def _prove_outcome(work: Work, item: Item, outcome: str) -> None:
    allowed = [each.key for each in work.outcomes if item.outcomes is None or each.key in item.outcomes]
    if work.outcomes and not outcome:
        raise Refused("worklist.which_outcome", field="outcome", known=", ".join(allowed))
    if work.outcomes and outcome not in allowed:
        raise Refused("worklist.no_such_outcome", field="outcome", outcome=outcome[:100], known=", ".join(allowed))


def _finish_item(tx: Tx, work: Work, item: Item, given: Given) -> None:
    now, me = tx.clock.now(), tx.principal.user_id
    for other in work.live:
        if other is not item and work.root(other).id == work.root(item).id and other.origin != "ask":
            _end(other, "withdrawn", now, me)
    _end(item, "done", now, me)
    item.acted_for = item.holder if item.kind == "user" and item.holder != me else None
    item.outcome, item.comment = given.outcome, given.comment[:LONGEST]
    item.channel = given.channel or tx.cause.via


def _decision(tx: Tx, work: Work) -> Decision:
    done = sorted(
        (each for each in work.answering if each.state == "done"), key=lambda each: each.ended_at or each.created_at
    )
    said = [Slot(each.outcome, str(each.acted_by or ""), each.comment) for each in done]
    return decide(work.slots, said, work.outcomes, work.rule, work.otherwise, moment_of(tx))


def _after(tx: Tx, work: Work, decision: Decision, given: Given, event: Event) -> Record:
    if decision.state == "decided":
        return close(tx, work, decision.outcome, given, event)
    if decision.state == "open" and work.queue:
        following, *rest = work.queue
        made = new_item(work, following, "rule", tx.clock.now(), position=work.slots - len(rest) - 1)
        work.items.append(made)
        write_work(tx, work, event, queue=rest)
        return write_record(tx, work, **_owner_of([made]))
    hide(work)
    write_work(tx, work, event)
    return write_record(tx, work, status="started")


def _owner_of(items: list[Item]) -> dict[str, Any]:
    users = [each.holder for each in items if each.kind == "user"]
    teams = [each.holder for each in items if each.kind == "team"]
    owner = users[0] if len(users) == 1 == len(items) else None
    return {"owner": owner, "team": teams[0] if len(teams) == 1 == len(items) else None}


def close(tx: Tx, work: Work, outcome: str, given: Given, event: Event, *, state: str = "completed") -> Record:
    """The record of a task that ends with an outcome: what is left of it goes out of everybody's hands."""
    now, me = tx.clock.now(), tx.principal.user_id
    for item in work.live:
        _end(item, "withdrawn", now, me)
    write_work(tx, work, event, state=state, outcome=outcome, ended_at=now, ended_by=me)
    if state != "completed":
        return write_record(tx, work, status="canceled")
    said: dict[str, Any] = {"outcome": outcome or None}
    if me is not None and work.process:
        said["owner"] = me
    return write_record(tx, work, status="completed", **said, **_told(given))


def _told(given: Given) -> dict[str, Any]:
    return given.noted if given.noted.get("result") or not given.comment else {**given.noted, "result": given.comment}


def _end_by_system(tx: Tx, work: Work, given: Given) -> Step:
    event = Event("complete", None, {"outcome": given.outcome})
    return Step(work, Decision("decided", given.outcome), close(tx, work, given.outcome, given, event))


def write_record(tx: Tx, work: Work, **values: Any) -> Record:
    """The record of a task, with the values that the worklist has decided."""
    return save(tx, TASK, values, id=work.id, trusted=True)
