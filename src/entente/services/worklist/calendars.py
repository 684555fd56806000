"""Working calendars: hours by weekday, holidays and a time zone; durations count in the hours that are worked."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.query import Ask, page

ENTITY = "calendar"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EASTER = "easter"
FARTHEST = timedelta(days=3660)
Span = tuple[time, time]


class Calendar(msgspec.Struct, frozen=True):
    """Hours by weekday and what days are off; without hours every moment counts."""

    timezone: str = "UTC"
    hours: tuple[tuple[Span, ...], ...] = ()
    holidays: tuple[str, ...] = ()

    def later(self, start: datetime, length: timedelta) -> datetime:
        """The moment at which so much working time has passed since the start."""
        if not any(self.hours):
            return start + length
        left = length
        for begin, end in self._spans(start):
            if end - begin >= left:
                return begin + left
            left -= end - begin
        return start + length

    def earlier(self, end: datetime, length: timedelta) -> datetime:
        """The moment from which on so much working time remains until the end."""
        if not any(self.hours):
            return end - length
        low = end - length
        step = length
        while self.between(low, end) < length and end - low < FARTHEST:
            low -= step
            step *= 2
        return self.later(low, self.between(low, end) - length)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much working time lies between two moments."""
        if not any(self.hours):
            return end - start
        total = timedelta()
        for begin, stop in self._spans(start):
            if begin >= end:
                break
            total += min(stop, end) - begin
        return total

    def _spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans that are worked from a moment on, in UTC; ten years of them at the most."""
        zone = ZoneInfo(self.timezone)
        first = start.astimezone(zone).date()
        for number in range(FARTHEST.days):
            day = first + timedelta(days=number)
            if self.is_off(day):
                continue
            for opens, closes in self.hours[day.weekday()]:
                begin = datetime.combine(day, opens, zone).astimezone(UTC)
                end = datetime.combine(day, closes, zone).astimezone(UTC)
                if end > start:
                    yield max(begin, start), end

    def is_off(self, day: date) -> bool:
        """Whether a day is a holiday."""
        return day.isoformat() in self.holidays or day in _holidays(self.holidays, day.year)


@lru_cache(maxsize=256)
def _holidays(declared: tuple[str, ...], year: int) -> frozenset[date]:
    found = set()
    for text in declared:
        if text.startswith(EASTER):
            found.add(easter(year) + timedelta(days=int(text.removeprefix(EASTER) or "0")))
        elif len(text) == 5:
            found.add(date(year, int(text[:2]), int(text[3:])))
    return frozenset(found)


def easter(year: int) -> date:
    """Easter Sunday of a year by the Gregorian reckoning (Meeus, Astronomical Algorithms, chapter 8)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


def read_calendar(timezone: str, hours: Any, holidays: Any) -> Calendar:
    """The calendar that declared hours (`{mon: ["09:00-12:30"]}`) and holidays (`MM-DD`, a date, `easter+1`) mean.

    Refused with the field at fault when one is not understood.
    """
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        raise Refused("calendar.timezone", field="timezone") from None
    return Calendar(timezone, _hours(hours), _days_off(holidays))


def _hours(declared: Any) -> tuple[tuple[Span, ...], ...]:
    try:
        given: Mapping[str, Sequence[str]] = msgspec.convert(declared or {}, dict[str, list[str]])
        if set(given) - set(DAYS):
            raise ValueError
        return tuple(tuple(_span(each) for each in given.get(day, ())) for day in DAYS)
    except (ValueError, msgspec.ValidationError):
        raise Refused("calendar.hours", field="hours") from None


def _span(text: str) -> Span:
    opens, _, closes = text.partition("-")
    begin = time.fromisoformat(opens.strip())
    end = time(23, 59, 59) if closes.strip() == "24:00" else time.fromisoformat(closes.strip())
    if end <= begin:
        raise ValueError(text)
    return begin, end


def _days_off(declared: Any) -> tuple[str, ...]:
    try:
        found = tuple(msgspec.convert(declared or [], list[str]))
        for text in found:
            if text.startswith(EASTER):
                int(text.removeprefix(EASTER) or "0")
            else:
                date.fromisoformat(text if len(text) == 10 else f"2024-{text}")
    except (ValueError, msgspec.ValidationError):
        raise Refused("calendar.holidays", field="holidays") from None
    return found


def calendar_of(tx: Tx, name: str) -> Calendar:
    """The calendar of a name; every moment counts when no name is given, or there is none of it."""
    if not name:
        return Calendar()
    everything = tx.acting_as(system("calendar"))
    found = page(everything, Ask(entity=ENTITY, filter="active", limit=200)).records
    record = next((each for each in found if name in (each["key"], each["name"])), None)
    if record is None:
        return Calendar()
    return read_calendar(record["timezone"], record["hours"], record["holidays"])
