"""Which item of a task a person acts in, and whether he may act at all."""

from collections.abc import Iterable
from uuid import UUID

from entente.kernel.db.tx import Tx, engine_row
from entente.kernel.kit.refusal import Forbidden
from entente.kernel.records.query import exists
from entente.services.worklist.declared import Destination
from entente.services.worklist.holding import Item, Way, Work, is_in_hands, new_item, put_items, read_work
from entente.services.worklist.wording import over, taken, told

TASK = "task"
WAYS: tuple[Way, ...] = ("mine", "groups", "away", "people", "all")
ABOVE: tuple[Way, ...] = ("people", "all")
_STATES = ("open", "available", "allocated", "asleep")


def may_act(tx: Tx, task: UUID) -> bool:
    """Whether a task is, or was, in the principal's hands in one way or another; what is over is told when he acts."""
    if tx.principal.is_system or tx.principal.is_admin:
        return engine_row(tx, "SELECT 1 FROM {schema}.work_task WHERE id = %(task)s", task=task) is not None
    return is_in_hands(tx, task)


def active_work(tx: Tx, task: UUID) -> Work:
    """A task under its lock; Conflict tells who ended it and when."""
    work = read_work(tx, task)
    if work.state != "active":
        raise over(tx, work)
    return work


def seat_in(tx: Tx, work: Work) -> Item:
    """The item in which the principal acts: one he opened before one that is free, his own before others'.

    Forbidden when he has none; Conflict when he has done his part, or somebody else works in it.
    """
    me = tx.principal.user_id
    seats = sorted((each for each in work.live if each.way and each.origin != "ask"), key=lambda each: _rank(each, me))
    if not seats and not work.process and me is not None and exists(tx, TASK, work.id, "update"):
        return _lent_seat(tx, work, me)
    if not seats:
        raise _nothing_left(tx, work)
    item = seats[0]
    if item.state == "open" and item.opened_by != me and not _left_open(item):
        raise told(tx, "worklist.slot_taken", item.opened_by, item.opened_at)
    if item.state == "allocated":
        raise taken(tx, work)
    return item


def _left_open(item: Item) -> bool:
    """Whether who opened it does not keep others from it: he is away, or the principal stands above him."""
    return item.way in ABOVE or (item.way == "away" and item.opened_by == item.holder)


def _rank(item: Item, me: UUID | None) -> tuple[bool, bool, int, int]:
    theirs = item.state == "open" and item.opened_by != me
    mine = item.state == "open" and item.opened_by == me
    return not mine, theirs, WAYS.index(item.way or "all"), _STATES.index(item.state)


def _lent_seat(tx: Tx, work: Work, me: UUID) -> Item:
    """A copy of a task made by hand, for somebody who may change its record though it is not for him."""
    source = next(iter(work.live), None)
    made = new_item(work, Destination("user", me), "share", tx.clock.now(), source=source and source.id, way="mine")
    work.items.append(made)
    put_items(tx, [made])
    return made


def _nothing_left(tx: Tx, work: Work) -> Exception:
    done = _last(each for each in work.items if each.way and each.state == "done")
    if done is not None:
        return told(tx, "worklist.done_already", done.acted_by, done.ended_at)
    moved = _last(each for each in work.items if each.way and each.state in ("moved", "withdrawn"))
    if moved is not None:
        return told(tx, "worklist.not_yours_any_more", moved.acted_by, moved.ended_at)
    return Forbidden("worklist.not_yours")


def _last(items: Iterable[Item]) -> Item | None:
    return max(items, key=lambda each: each.ended_at or each.created_at, default=None)
