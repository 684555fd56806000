"""Built-in functions of ranges and points (Allen's relations)."""

from collections.abc import Callable

from entente.kernel.expressions.functions.overload import Overload
from entente.kernel.expressions.values import Range, Value, equal, less

_Test = Callable[[Range, Range], bool | None]


def _span(value: Value) -> Range:
    return value if isinstance(value, Range) else Range(value, value, True, True)


def _is_point(value: Range) -> bool:
    return value.low_included and value.high_included and equal(value.low, value.high) is True


def _precedes(a: Range, b: Range) -> bool | None:
    touching = equal(a.high, b.low) is True and not (a.high_included and b.low_included)
    return touching or less(a.high, b.low)


def _meets(a: Range, b: Range) -> bool:
    return a.high_included and b.low_included and equal(a.high, b.low) is True


def _starts_no_later(a: Range, b: Range) -> bool:
    same = equal(a.low, b.low) is True and (a.low_included or not b.low_included)
    return same or less(a.low, b.low) is True


def _ends_no_earlier(a: Range, b: Range) -> bool:
    same = equal(a.high, b.high) is True and (a.high_included or not b.high_included)
    return same or less(b.high, a.high) is True


def _includes(a: Range, b: Range) -> bool:
    return _starts_no_later(a, b) and _ends_no_earlier(a, b)


def _same_start(a: Range, b: Range) -> bool:
    return equal(a.low, b.low) is True and a.low_included == b.low_included


def _same_end(a: Range, b: Range) -> bool:
    return equal(a.high, b.high) is True and a.high_included == b.high_included


def _overlaps(a: Range, b: Range) -> bool:
    return _precedes(a, b) is False and _precedes(b, a) is False


def _overlaps_before(a: Range, b: Range) -> bool:
    starts = _starts_no_later(a, b) and not _same_start(a, b)
    return starts and _ends_no_earlier(b, a) and _overlaps(a, b)


def _starts(a: Range, b: Range) -> bool:
    return _same_start(a, b) and _includes(b, a) if not _is_point(a) else _begins(a, b)


def _begins(a: Range, b: Range) -> bool:
    return b.low_included and equal(a.low, b.low) is True


def _finishes(a: Range, b: Range) -> bool:
    if _is_point(a):
        return b.high_included and equal(a.high, b.high) is True
    return _same_end(a, b) and _includes(b, a)


def _coincides(a: Range, b: Range) -> bool:
    return _same_start(a, b) and _same_end(a, b)


def _test(test: _Test, *, swapped: bool = False) -> Callable[[Value, Value], bool | None]:
    def run(first: Value, second: Value) -> bool | None:
        a, b = _span(first), _span(second)
        if less(a.low, b.low) is None and equal(a.low, b.low) is not True and None not in (a.low, b.low):
            return None
        return test(b, a) if swapped else test(a, b)

    return run


def _both(names: str, run: Callable[[Value, Value], bool | None]) -> tuple[Overload, ...]:
    return (Overload(names, "boolean", run),)


_POINTS = "point1:any, point2:any"
_RANGES = "range1:range, range2:range"
FUNCTIONS: dict[str, tuple[Overload, ...]] = {
    "before": _both(_POINTS, _test(_precedes)),
    "after": _both(_POINTS, _test(_precedes, swapped=True)),
    "meets": _both(_RANGES, _test(_meets)),
    "met by": _both(_RANGES, _test(_meets, swapped=True)),
    "overlaps": _both(_RANGES, _test(_overlaps)),
    "overlaps before": _both(_RANGES, _test(_overlaps_before)),
    "overlaps after": _both(_RANGES, _test(_overlaps_before, swapped=True)),
    "finishes": _both("point:any, range:range", _test(_finishes)),
    "finished by": _both("range:range, point:any", _test(_finishes, swapped=True)),
    "includes": _both("range:range, point:any", _test(_includes)),
    "during": _both("point:any, range:range", _test(_includes, swapped=True)),
    "starts": _both("point:any, range:range", _test(_starts)),
    "started by": _both("range:range, point:any", _test(_starts, swapped=True)),
    "coincides": _both(_POINTS, _test(_coincides)),
}
