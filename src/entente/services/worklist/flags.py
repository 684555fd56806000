"""When a task turns yellow and red: after the time expected for it, or as its due moment comes near."""

from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from entente.kernel.db.tx import Tx
from entente.services.worklist.calendars import Calendar, calendar_of
from entente.services.worklist.declared import Wanted

Flag = Literal["green", "yellow", "red"]
NOTICE = timedelta(hours=24)


class Flags(msgspec.Struct, frozen=True):
    """The due moment of a task, and when it turns yellow and red; nothing for never."""

    due_at: datetime | None
    yellow_at: datetime | None
    red_at: datetime | None


def flags_of(tx: Tx, wanted: Wanted) -> Flags:
    """The flags of a task that begins now, counted in its working calendar."""
    return flagged(calendar_of(tx, wanted.calendar), tx.clock.now(), wanted.due_at, wanted.expected_minutes)


def flagged(calendar: Calendar, start: datetime, due: datetime | None, expected: int | None) -> Flags:
    """Yellow once the expected minutes are over, red a day after or when due; without them yellow a day before due."""
    if expected is not None:
        yellow = calendar.later(start, timedelta(minutes=expected))
        return Flags(due, min(yellow, due) if due else yellow, due or yellow + NOTICE)
    return Flags(due, max(start, due - NOTICE) if due else None, due)


def called_due(due: datetime | None, process: str, timezone: str) -> datetime | date | None:
    """What people call the due moment: of a task made by hand, the day that ends at this midnight of theirs."""
    if due is None or process:
        return due
    local = due.astimezone(ZoneInfo(timezone))
    return local.date() - timedelta(days=1) if local.time() == time() else due


def flag_at(now: datetime, yellow: datetime | None, red: datetime | None) -> Flag:
    """The flag of a task at a moment."""
    if red is not None and now >= red:
        return "red"
    return "yellow" if yellow is not None and now >= yellow else "green"
