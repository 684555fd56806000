"""Values of expressions: plain Python values, with a struct each for durations in months and for ranges.

Numbers are `Decimal` (34 digits), days-and-time durations are `timedelta`, identifiers are their text.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from entente.kernel.kit.money import Money

Value = Any

# IEEE 754 decimal128, as FEEL asks; halves go away from zero because PostgreSQL's numeric rounds so.
ARITHMETIC = Context(
    prec=34, rounding=ROUND_HALF_UP, Emin=-6143, Emax=6144, traps=[InvalidOperation, DivisionByZero, Overflow]
)
MAX_STRING = 1_000_000
MAX_LIST = 10_000
MAX_STEPS = 100_000


class Moment(msgspec.Struct, frozen=True):
    """The instant and the time zone that `now()`, `today()` and the parts of date-times are taken from."""

    now: datetime
    zone: ZoneInfo = ZoneInfo("UTC")

    def today(self) -> date:
        """The date in the moment's zone."""
        return self.now.astimezone(self.zone).date()


class Months(msgspec.Struct, frozen=True, order=True):
    """A duration of years and months, as a signed number of months."""

    total: int


class Range(msgspec.Struct, frozen=True):
    """An interval; an absent bound (`None`) is open-ended."""

    low: Value
    high: Value
    low_included: bool
    high_included: bool


class Function:
    """A function as a value: called with positional values."""

    __slots__ = ("call", "name", "parameters")

    def __init__(self, call: Callable[..., Value], parameters: tuple[str, ...] | None, name: str = "") -> None:
        self.call = call
        self.parameters = parameters
        self.name = name

    def apply(self, values: Sequence[Value], names: tuple[str, ...]) -> Value:
        """The result for values, given in order or by name; null when they do not fit the parameters."""
        if self.parameters is None:
            return None if names else self.call(*values)
        if names:
            if set(names) != set(self.parameters):
                return None
            values = [values[names.index(name)] for name in self.parameters]
        return self.call(*values) if len(values) == len(self.parameters) else None


_KINDS: dict[type, str] = {
    bool: "boolean",
    Decimal: "number",
    str: "string",
    date: "date",
    datetime: "datetime",
    time: "time",
    timedelta: "duration",
    Months: "months",
    Range: "range",
    Function: "function",
    list: "list",
    dict: "context",
    type(None): "null",
}
_PLAIN = frozenset({bool, Decimal, str, date, time, timedelta, Months, Range, Function, dict, type(None)})


def kind(value: Value) -> str:
    """The kind of a value: number, string, boolean, date, datetime, time, duration, months, list, context, …"""
    found = _KINDS.get(type(value))
    if found is None:
        found = "context" if isinstance(value, Mapping) else "any"
    return found


def normal(value: Value, zone: tzinfo | None = None) -> Value:
    """The value as expressions know it: int and float become Decimal, UUID text, tuples lists, date-times local."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, datetime):
        return value.astimezone(zone) if zone is not None and value.tzinfo is not None else value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value)) if value == value and abs(value) != float("inf") else None
    return _normal_object(value, zone)


def _normal_object(value: Value, zone: tzinfo | None) -> Value:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Money):
        return value.amount
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        return [normal(item, zone) for item in value]
    return value


def local(naive: datetime, zone: tzinfo) -> datetime:
    """The wall-clock time in a zone; of an hour that occurs twice the later one, as PostgreSQL chooses."""
    first = naive.replace(tzinfo=zone, fold=0)
    second = naive.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    return second if before is not None and after is not None and before > after else first


def shift(moment: datetime, by: timedelta) -> datetime:
    """The instant after an elapsed duration, in the same zone (OverflowError outside years 1 to 9999)."""
    if moment.tzinfo is None:
        return moment + by
    return (moment.astimezone(UTC) + by).astimezone(moment.tzinfo)


def add_months(day: date, months: int) -> date:
    """The same day some months later, or the last day of that month (ValueError outside years 1 to 9999)."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return _clamped(day, years, month + 1)


def _clamped(day: date, year: int, month: int) -> date:
    following = date(year + month // 12, month % 12 + 1, 1) if (year, month) != (9999, 12) else None
    last = 31 if following is None else (following - timedelta(days=1)).day
    return day.replace(year=year, month=month, day=min(day.day, last))


def months_later(moment: datetime, months: int) -> datetime:
    """The same wall-clock time some months later, in the same zone."""
    naive = moment.replace(tzinfo=None)
    shifted = datetime.combine(add_months(naive.date(), months), naive.time())
    return shifted if moment.tzinfo is None else local(shifted, moment.tzinfo)


def comparable(left: Value, right: Value) -> tuple[Value, Value] | None:
    """The pair in a form that Python can order, or nothing when the two have no order."""
    of = kind(left)
    if of != kind(right) or of in ("null", "boolean", "list", "context", "range", "function", "any"):
        return None
    if of == "datetime":
        return _instants(left, right)
    if of == "time":
        return _same_clock(left, right)
    return left, right


def _instants(left: datetime, right: datetime) -> tuple[Value, Value]:
    """Both as instants; one without a zone is a wall-clock time in the other's."""
    if left.tzinfo is None and right.tzinfo is None:
        return left, right
    first = left if left.tzinfo else local(left, right.tzinfo or UTC)
    second = right if right.tzinfo else local(right, left.tzinfo or UTC)
    return first.astimezone(UTC), second.astimezone(UTC)


def _same_clock(left: time, right: time) -> tuple[Value, Value] | None:
    if (left.utcoffset() is None) != (right.utcoffset() is None):
        return None
    return seconds_of(left), seconds_of(right)


def seconds_of(moment: time) -> timedelta:
    """The time since midnight UTC, or since local midnight when the time has no offset."""
    since = timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
    offset = moment.utcoffset()
    return since if offset is None else since - offset


def less(left: Value, right: Value) -> bool | None:
    """Whether left orders before right; nothing when the two have no order."""
    pair = comparable(left, right)
    return None if pair is None else bool(pair[0] < pair[1])


def equal(left: Value, right: Value) -> bool | None:
    """FEEL equality: null equals null only; values of different kinds compare to nothing."""
    if type(left) is str and type(right) is str:
        return left == right
    if left is None or right is None:
        return left is None and right is None
    of = kind(left)
    if of != kind(right):
        return _same_record(left, right)
    if of == "list":
        return _all_equal(left, right)
    if of == "context":
        return set(left) == set(right) and _all_equal([left[k] for k in left], [right[k] for k in left])
    if of == "range":
        return bool(left == right)
    pair = comparable(left, right)
    return bool(left == right) if pair is None else bool(pair[0] == pair[1])


def _same_record(left: Value, right: Value) -> bool | None:
    """A linked record equals its identifier; other values of different kinds compare to nothing."""
    if isinstance(right, Mapping):
        left, right = right, left
    if isinstance(left, Mapping) and isinstance(right, str) and "id" in left:
        return bool(normal(left["id"]) == right)
    return None


def _all_equal(left: Sequence[Value], right: Sequence[Value]) -> bool:
    return len(left) == len(right) and all(
        equal(normal(a), normal(b)) is True for a, b in zip(left, right, strict=True)
    )


def within(value: Value, bounds: Range) -> bool | None:
    """Whether a value lies in a range, with SQL's three-valued logic."""
    low = True if bounds.low is None else at_least(value, bounds.low, bounds.low_included)
    high = True if bounds.high is None else at_least(bounds.high, value, bounds.high_included)
    if low is False or high is False:
        return False
    return None if low is None or high is None else True


def at_least(value: Value, bound: Value, included: bool) -> bool | None:
    """Whether a value is above a bound, or at it when included; nothing when the two have no order."""
    pair = comparable(value, bound)
    if pair is None:
        return None
    return bool(pair[0] >= pair[1]) if included else bool(pair[0] > pair[1])
