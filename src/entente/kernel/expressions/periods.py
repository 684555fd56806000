"""Periods relative to today, as a filter builder offers them and as expressions spell them."""

import re

from entente.kernel.expressions.nodes import Call, Name, Node, RangeOf
from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.unparse import unparse

_DAYS = re.compile(r"today\(\)(?: ([+-]) @\"P(\d+)D\")?")
MAX_DAYS = 100_000

PERIODS: dict[str, tuple[str, str]] = {
    "today": ("today()", 'today() + @"P1D"'),
    "yesterday": ('today() - @"P1D"', "today()"),
    "tomorrow": ('today() + @"P1D"', 'today() + @"P2D"'),
    "this_week": ("start of week(today())", 'start of week(today()) + @"P7D"'),
    "last_week": ('start of week(today()) - @"P7D"', "start of week(today())"),
    "next_week": ('start of week(today()) + @"P7D"', 'start of week(today()) + @"P14D"'),
    "this_month": ("start of month(today())", 'start of month(today()) + @"P1M"'),
    "last_month": ('start of month(today()) - @"P1M"', "start of month(today())"),
    "next_month": ('start of month(today()) + @"P1M"', 'start of month(today()) + @"P2M"'),
    "this_quarter": ("start of quarter(today())", 'start of quarter(today()) + @"P3M"'),
    "last_quarter": ('start of quarter(today()) - @"P3M"', "start of quarter(today())"),
    "next_quarter": ('start of quarter(today()) + @"P3M"', 'start of quarter(today()) + @"P6M"'),
    "this_year": ("start of year(today())", 'start of year(today()) + @"P1Y"'),
    "last_year": ('start of year(today()) - @"P1Y"', "start of year(today())"),
    "next_year": ('start of year(today()) + @"P1Y"', 'start of year(today()) + @"P2Y"'),
}
_NAMES = {ends: name for name, ends in PERIODS.items()}


def midnight(day: Node) -> Node:
    """The date-time at which a day starts."""
    return Call(Name("start of day"), (day,))


def day(offset: int) -> Node:
    """The day some days after today, or before."""
    if not offset:
        return parse("today()")
    return parse(f'today() {"+" if offset > 0 else "-"} @"P{abs(offset)}D"')


def offset_of(node: Node) -> int | None:
    """How many days after today a day is; nothing when it is spelled otherwise."""
    match = _DAYS.fullmatch(unparse(_date_of(node)))
    if match is None:
        return None
    days = int(match.group(2) or 0)
    return -days if match.group(1) == "-" else days


def span(low: Node, high: Node, *, of_moments: bool) -> Node:
    """The days from one to another, the last excluded; for date-times their midnights."""
    ends = (midnight(low), midnight(high)) if of_moments else (low, high)
    return RangeOf(*ends, True, False)


def period(name: str, *, of_moments: bool) -> Node | None:
    """The range of a named period; nothing for an unknown name."""
    ends = PERIODS.get(name)
    return None if ends is None else span(parse(ends[0]), parse(ends[1]), of_moments=of_moments)


def named_period(node: RangeOf) -> str | None:
    """The name of the period that a range spells; nothing when it has none."""
    if node.low is None or node.high is None or not node.low_included or node.high_included:
        return None
    return _NAMES.get((unparse(_date_of(node.low)), unparse(_date_of(node.high))))


def counted_days(node: RangeOf) -> tuple[str, int] | None:
    """The `last_days` or `next_days` that a range spells, with their number; nothing when it spells neither."""
    if node.low is None or node.high is None or not node.low_included or node.high_included:
        return None
    low, high = offset_of(node.low), offset_of(node.high)
    if low is None or high is None:
        return None
    if high == 1 and low < 0:
        return "last_days", -low
    return ("next_days", high - 1) if low == 0 and high > 1 else None


def is_of_moments(node: RangeOf) -> bool:
    """Whether a range is one of date-times."""
    return node.low is not None and _date_of(node.low) is not node.low


def _date_of(node: Node) -> Node:
    if isinstance(node, Call) and node.of == Name("start of day") and len(node.arguments) == 1:
        return node.arguments[0]
    return node
