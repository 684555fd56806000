"""Arithmetic and members of values, as FEEL defines them: whatever has no meaning is null."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, DecimalException
from typing import Any

from entente.kernel.expressions.functions.strings import bounded
from entente.kernel.expressions.values import (
    ARITHMETIC,
    Months,
    Range,
    Value,
    add_months,
    kind,
    months_later,
    normal,
    seconds_of,
    shift,
)


def arithmetic(op: str, left: Value, right: Value) -> Value:
    """The result of an operation; null for values without it, for division by zero and beyond the limits."""
    if left is None or right is None:
        return None
    try:
        if isinstance(left, Decimal) and isinstance(right, Decimal):
            return _numbers(op, left, right)
        return _OTHER[op](left, right) if op in _OTHER else None
    except (DecimalException, OverflowError, ValueError):
        return None


def _numbers(op: str, left: Decimal, right: Decimal) -> Decimal | None:
    if op == "+":
        return ARITHMETIC.add(left, right)
    if op == "-":
        return ARITHMETIC.subtract(left, right)
    if op == "*":
        return ARITHMETIC.multiply(left, right)
    if op == "/":
        return ARITHMETIC.divide(left, right) if right else None
    return ARITHMETIC.power(left, right)


def negative(value: Value) -> Value:
    """The value with the other sign; null for what has none."""
    if isinstance(value, Decimal):
        return value.copy_negate() if value else value
    if isinstance(value, timedelta):
        return -value
    return Months(-value.total) if isinstance(value, Months) else None


def _add(left: Value, right: Value) -> Value:
    if isinstance(left, str) and isinstance(right, str):
        return bounded(left + right)
    if isinstance(left, Months) and isinstance(right, Months):
        return Months(left.total + right.total)
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return left + right
    return _later(right, left) if isinstance(left, timedelta | Months) else _later(left, right)


def _later(point: Value, by: Value) -> Value:
    """A point in time moved by a duration."""
    if isinstance(by, timedelta):
        return _elapsed(point, by)
    if isinstance(by, Months):
        if isinstance(point, datetime):
            return months_later(point, by.total)
        return add_months(point, by.total) if isinstance(point, date) else None
    return None


def _elapsed(point: Value, by: timedelta) -> Value:
    if isinstance(point, datetime):
        return shift(point, by)
    if isinstance(point, date):
        return (datetime.combine(point, time()) + by).date()
    if isinstance(point, time):
        moved = datetime.combine(date(2000, 1, 1), point.replace(tzinfo=None)) + by % timedelta(days=1)
        return moved.time().replace(tzinfo=point.tzinfo)
    return None


def _subtract(left: Value, right: Value) -> Value:
    if isinstance(left, Months) and isinstance(right, Months):
        return Months(left.total - right.total)
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return left - right
    if isinstance(right, timedelta | Months):
        return _later(left, negative(right)) if isinstance(left, date | time) else None
    if isinstance(left, time) and isinstance(right, time):
        same = (left.utcoffset() is None) == (right.utcoffset() is None)
        return seconds_of(left) - seconds_of(right) if same else None
    if isinstance(left, date) and isinstance(right, date):
        return _between(left, right)
    return None


def _between(left: date, right: date) -> timedelta | None:
    if not isinstance(left, datetime) and not isinstance(right, datetime):
        return left - right
    # A bare date among date-times counts as midnight UTC (DMN 1.5, 10.3.2.3.6).
    first, second = _midnight(left), _midnight(right)
    if (first.tzinfo is None) != (second.tzinfo is None):
        return None
    # Two date-times of one zone object would subtract as wall-clock times.
    return first - second if first.tzinfo is None else first.astimezone(UTC) - second.astimezone(UTC)


def _midnight(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time(tzinfo=UTC))


def _multiply(left: Value, right: Value) -> Value:
    if isinstance(left, Decimal):
        left, right = right, left
    if not isinstance(right, Decimal):
        return None
    if isinstance(left, timedelta):
        return timedelta(microseconds=int(ARITHMETIC.multiply(_micros(left), right)))
    return Months(int(ARITHMETIC.multiply(Decimal(left.total), right))) if isinstance(left, Months) else None


def _micros(length: timedelta) -> Decimal:
    return Decimal(length // timedelta(microseconds=1))


def _divide(left: Value, right: Value) -> Value:
    if isinstance(left, timedelta):
        if isinstance(right, timedelta) and right:
            return ARITHMETIC.divide(_micros(left), _micros(right))
        if isinstance(right, Decimal) and right:
            return timedelta(microseconds=int(ARITHMETIC.divide(_micros(left), right)))
    if isinstance(left, Months):
        if isinstance(right, Months) and right.total:
            return ARITHMETIC.divide(Decimal(left.total), Decimal(right.total))
        if isinstance(right, Decimal) and right:
            return Months(int(ARITHMETIC.divide(Decimal(left.total), right)))
    return None


_OTHER = {"+": _add, "-": _subtract, "*": _multiply, "/": _divide}


def member(value: Value, name: str) -> Value:
    """The part of a value that a name stands for; of a list, the parts of its elements; null when it has none."""
    if isinstance(value, Mapping):
        return normal(value.get(name))
    if isinstance(value, list):
        return [member(normal(item), name) for item in value]
    read = _MEMBERS.get(kind(value))
    return None if read is None else read(value, name)


def _of_date(value: date, name: str) -> Value:
    if name == "weekday":
        return Decimal(value.isoweekday())
    return Decimal(getattr(value, name)) if name in ("year", "month", "day") else None


def _of_time(value: Any, name: str) -> Value:
    if name in ("hour", "minute"):
        return Decimal(getattr(value, name))
    if name == "second":
        return Decimal(value.second) + Decimal(value.microsecond) / 1_000_000
    if name == "time offset":
        return value.utcoffset()
    return getattr(value.tzinfo, "key", None) if name == "timezone" else None


def _of_datetime(value: datetime, name: str) -> Value:
    of_date = _of_date(value, name)
    return _of_time(value, name) if of_date is None else of_date


def _of_duration(value: timedelta, name: str) -> Value:
    length = abs(value)
    parts: dict[str, int | Decimal] = {
        "days": length.days,
        "hours": length.seconds // 3600,
        "minutes": length.seconds // 60 % 60,
        "seconds": Decimal(length.seconds % 60) + Decimal(length.microseconds) / 1_000_000,
    }
    found = parts.get(name)
    return None if found is None else Decimal(found) if value >= timedelta() or not found else -Decimal(found)


def _of_months(value: Months, name: str) -> Value:
    years, months = divmod(abs(value.total), 12)
    found = {"years": years, "months": months}.get(name)
    return None if found is None else Decimal(found if value.total >= 0 else -found)


def _of_range(value: Range, name: str) -> Value:
    parts = {
        "start": value.low,
        "end": value.high,
        "start included": value.low_included,
        "end included": value.high_included,
    }
    return parts.get(name)


_MEMBERS = {
    "date": _of_date,
    "time": _of_time,
    "datetime": _of_datetime,
    "duration": _of_duration,
    "months": _of_months,
    "range": _of_range,
}
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
