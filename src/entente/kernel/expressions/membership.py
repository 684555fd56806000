"""Lists and ranges while evaluating: membership, elements, positions."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from entente.kernel.expressions.values import MAX_LIST, Range, Value, equal, kind, within
from entente.kernel.kit.refusal import Refused


def both_of(first: bool | None, second: bool | None) -> bool | None:
    """Whether both conditions hold, with SQL's three-valued logic."""
    if first is False or second is False:
        return False
    return None if first is None or second is None else True


def passes(value: Value, test: Value) -> bool | None:
    """Whether a value passes one test of `in`: lies in a range, is in a list, or equals."""
    if type(value) is str and type(test) is str:
        return value == test
    if isinstance(test, Range):
        return within(value, test) if kind(value) != "range" else equal(value, test)
    if isinstance(test, list):
        return any(
            passes(value, item) is True if isinstance(item, Range) else equal(value, item) is True for item in test
        ) or (isinstance(value, list) and equal(value, test) is True)
    return equal(value, test) is True if kind(test) != kind(value) else equal(value, test)


def elements(value: Value) -> Sequence[Value] | None:
    """What a loop runs over: a list, a range of whole numbers or days, or a single value; nothing of null."""
    if isinstance(value, Range):
        return _span(value)
    if value is None:
        return None
    return value if isinstance(value, list) else [value]


def _span(span: Range) -> list[Value] | None:
    low, high = span.low, span.high
    if isinstance(low, Decimal) and isinstance(high, Decimal):
        first, last = int(low), int(high)
        limited(abs(last - first) + 1)
        return [Decimal(n) for n in range(first, last + (1 if last >= first else -1), 1 if last >= first else -1)]
    if kind(low) == "date" and kind(high) == "date":
        days = (high - low).days
        limited(abs(days) + 1)
        step = 1 if days >= 0 else -1
        return [_day(low, n) for n in range(0, days + step, step)]
    return None


def _day(first: date, days: int) -> date:
    return first + timedelta(days=days)


def limited(length: int) -> None:
    """Refuse a list of more than 10,000 elements (`expression_list_limit`)."""
    if length > MAX_LIST:
        raise Refused("expression_list_limit", limit=MAX_LIST)


def at_position(items: Sequence[Value], position: Decimal) -> Value:
    """The element at a position, from 1, or from -1 backwards; null when there is none."""
    at = int(position)
    place = at - 1 if at > 0 else len(items) + at
    return items[place] if at and 0 <= place < len(items) else None
