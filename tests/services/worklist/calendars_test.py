"""Working calendars: hours, holidays, time zones, and flags counted in them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.kernel.kit.refusal import Refused
from entente.services.worklist.calendars import Calendar, easter, read_calendar
from entente.services.worklist.flags import flag_at, flagged

HOURS = {day: ["09:00-12:30", "14:00-17:30"] for day in ("mon", "tue", "wed", "thu", "fri")}
FRANCE = read_calendar("Europe/Paris", HOURS, ["01-01", "easter+1", "12-25"])
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-23T08:00", 1, "2026-11-23T09:00"),
        ("2026-11-23T11:00", 1, "2026-11-23T13:30"),
        ("2026-11-27T16:00", 1, "2026-11-30T08:30"),
        ("2026-11-28T10:00", 1, "2026-11-30T09:00"),
        ("2026-12-24T16:00", 1, "2026-12-28T08:30"),
        ("2026-03-27T16:00", 1, "2026-03-30T07:30"),
        ("2026-04-03T15:00", 1, "2026-04-07T07:30"),
    ],
    ids=["plain", "lunch", "weekend", "from a Saturday", "Christmas", "summer time", "Easter Monday"],
)
def test_only_worked_hours_count(start: str, hours: int, end: str) -> None:
    assert FRANCE.later(at(start), timedelta(hours=hours)) == at(end)


@given(st.integers(0, 40_000), st.integers(1, 3_000))
def test_earlier_and_later_are_each_others_inverse(offset: int, minutes: int) -> None:
    start, length = MONDAY + timedelta(minutes=offset), timedelta(minutes=minutes)
    end = FRANCE.later(start, length)
    assert FRANCE.between(start, end) == length
    assert FRANCE.later(FRANCE.earlier(end, length), length) == end


def test_without_hours_every_moment_counts() -> None:
    assert Calendar().later(MONDAY, timedelta(days=2)) == MONDAY + timedelta(days=2)
    assert Calendar().earlier(MONDAY, timedelta(days=2)) == MONDAY - timedelta(days=2)


def test_easter_is_where_the_church_has_it() -> None:
    assert [easter(year) for year in (2025, 2026, 2027, 2038)] == [
        date(2025, 4, 20), date(2026, 4, 5), date(2027, 3, 28), date(2038, 4, 25),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("timezone", "hours", "holidays"),
    [
        ("Europe/Nowhere", {}, []),
        ("UTC", {"monday": []}, []),
        ("UTC", {"mon": ["17:00-09:00"]}, []),
        ("UTC", {"mon": "09:00"}, []),
        ("UTC", {}, ["31-12"]),
        ("UTC", {}, ["easter+x"]),
    ],
)
def test_calendar_that_is_none_is_refused(timezone: str, hours: object, holidays: object) -> None:
    with pytest.raises(Refused):
        read_calendar(timezone, hours, holidays)


def test_flags_turn_with_the_expected_time_and_the_due_moment() -> None:
    made = flagged(FRANCE, MONDAY, None, 60)
    assert made.yellow_at == MONDAY + timedelta(hours=1)
    assert [flag_at(MONDAY + timedelta(hours=each), made.yellow_at, made.red_at) for each in (0, 2, 26)] == [
        "green", "yellow", "red",
    ]  # fmt: skip
    due = flagged(FRANCE, MONDAY, MONDAY + timedelta(days=3), None)
    assert [flag_at(MONDAY + timedelta(hours=each), due.yellow_at, due.red_at) for each in (0, 49, 73)] == [
        "green", "yellow", "red",
    ]  # fmt: skip
    assert flag_at(MONDAY, None, None) == "green"
