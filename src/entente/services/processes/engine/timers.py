"""Moments, durations and cycles of ISO 8601, as timer events spell them; cycles may be cron lines as well."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from entente.kernel.expressions.literals import read_date, read_datetime, read_duration
from entente.kernel.expressions.values import Months, months_later, shift
from entente.kernel.kit.cron import home, is_cron, next_run
from entente.services.processes.engine.state import Fault
from entente.services.processes.engine.words import shown

# The zone by whose clock cron lines are reckoned, asked for only when there is one.
Zone = Callable[[], ZoneInfo]
MOST_TRIES = 100
WEEKS = re.compile(r"P(\d{1,6})W")
CYCLE = re.compile(r"R(\d*)/(?:([^/P]+)/)?(P[^/]+)")


class Due(msgspec.Struct, frozen=True):
    """When a timer is due, by what it repeats (empty: not), and how many turns are left (nothing: no end)."""

    at: datetime
    cycle: str = ""
    turns_left: int | None = None


def due_of(kind: str, value: Any, now: datetime, zone: Zone = home) -> Due:
    """When a timer of a kind is due first; Fault when the value is no moment, duration or cycle."""
    text = str(value) if isinstance(value, str) else value
    try:
        if kind == "cycle":
            return _cycle(str(text), now, zone)
        return Due(later(now, text) if kind == "duration" else _moment(text))
    except (ValueError, OverflowError, TypeError):
        raise Fault("process.incident.timer", shown(value)) from None


def is_iso(kind: str, text: str) -> bool:
    """Whether a timer's text is ISO 8601 as it stands; otherwise it is an expression."""
    try:
        due_of(kind, text, datetime(2000, 1, 1, tzinfo=UTC))
    except Fault:
        return False
    return True


def next_due(due: Due, now: datetime, zone: Zone = home) -> Due | None:
    """The turn after one that was due, missed ones counted as one; nothing when it was the last."""
    if not due.cycle or due.turns_left == 1:
        return None
    at = _turn(due.at, due.cycle, zone)
    if at <= now:
        at = _turn(now, due.cycle, zone)
    return Due(at, due.cycle, None if due.turns_left is None else due.turns_left - 1)


@lru_cache(maxsize=256)
def pauses_of(text: str) -> tuple[str, ...]:
    """The pauses between tries: durations, or `R5/PT5M` for one several times; Fault for neither."""
    repeated = CYCLE.fullmatch(text)
    if repeated is not None:
        pauses = [repeated[3]] * min(int(repeated[1] or MOST_TRIES), MOST_TRIES)
    else:
        pauses = [pause.strip() for pause in text.split(",") if text]
    for pause in pauses:
        due_of("duration", pause, datetime(2000, 1, 1, tzinfo=UTC))
    return tuple(pauses)


def turns_of(kind: str, text: str, now: datetime, count: int, zone: Zone = home) -> list[datetime]:
    """When a timer is due, so many turns at most; Fault when its text is no moment, duration or cycle."""
    due: Due | None = due_of(kind, text, now, zone)
    found: list[datetime] = []
    while due is not None and len(found) < count:
        found.append(due.at)
        due = next_due(due, due.at, zone)
    return found


def later(moment: datetime, duration: Any) -> datetime:
    """The moment after a duration; ValueError when it is none."""
    length = _length(duration) if isinstance(duration, str) else duration
    if isinstance(length, Months):
        return months_later(moment, length.total)
    if not isinstance(length, timedelta):
        raise ValueError(duration)
    return shift(moment, length)


def _length(text: str) -> timedelta | Months | None:
    """A duration as FEEL writes it, or in weeks, which ISO 8601 knows besides."""
    weeks = WEEKS.fullmatch(text)
    return timedelta(weeks=int(weeks[1])) if weeks else read_duration(text)


def _turn(after: datetime, cycle: str, zone: Zone) -> datetime:
    return next_run(cycle, after, zone()).astimezone(UTC) if is_cron(cycle) else later(after, cycle)


def _moment(value: Any) -> datetime:
    if isinstance(value, str):
        day = read_date(value)
        value = read_datetime(value) or (datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None)
    if not isinstance(value, datetime):
        raise ValueError(value)
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


def _cycle(text: str, now: datetime, zone: Zone) -> Due:
    if is_cron(text):
        return Due(_turn(now, text, zone), text)
    found = CYCLE.fullmatch(text)
    if found is None or found[1] == "0":
        raise ValueError(text)
    at = _moment(found[2]) if found[2] else later(now, found[3])
    if later(now, found[3]) <= now:
        raise ValueError(text)
    return Due(at, found[3], int(found[1]) if found[1] else None)
