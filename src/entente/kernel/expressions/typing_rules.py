"""The types of parts of values and of arithmetic."""

from entente.kernel.expressions.types import ANY, BOOLEAN, DURATION, NUMBER, STRING, Type

_PARTS: dict[str, dict[str, Type]] = {
    "date": {"year": NUMBER, "month": NUMBER, "day": NUMBER, "weekday": NUMBER},
    "time": {"hour": NUMBER, "minute": NUMBER, "second": NUMBER, "time offset": DURATION, "timezone": STRING},
    "duration": {"days": NUMBER, "hours": NUMBER, "minutes": NUMBER, "seconds": NUMBER},
    "months": {"years": NUMBER, "months": NUMBER},
    "range": {"start": ANY, "end": ANY, "start included": BOOLEAN, "end included": BOOLEAN},
}
_PARTS["datetime"] = {**_PARTS["date"], **_PARTS["time"]}


def part(of: Type, name: str) -> Type | None:
    """The type of a part of a value (`created_at.year`, a context's field); nothing when it has none."""
    if of.kind in ("any", "null"):
        return ANY
    return _PARTS.get(of.kind, {}).get(name) or of.field(name)


_SPANS = ("duration", "months")


def result(op: str, left: str, right: str) -> Type | None:
    """The type of an operation; nothing when the kinds have none."""
    if left == right == "number":
        return NUMBER
    if op == "+" and left == right == "string":
        return STRING
    if op in "+-" and left == right and left in _SPANS:
        return Type(left)
    if op == "+" and left in _SPANS:
        left, right = right, left
    if op in "+-" and right in _SPANS and left in ("date", "datetime", "time"):
        return Type(left) if (left, right) != ("time", "months") else None
    if (op == "-" and {left, right} <= {"date", "datetime"}) or (op == "-" and left == right == "time"):
        return DURATION
    return _scaled(op, left, right)


def _scaled(op: str, left: str, right: str) -> Type | None:
    if op == "/" and left == right and left in _SPANS:
        return NUMBER
    if op in ("*", "/") and left in _SPANS and right == "number":
        return Type(left)
    return Type(right) if op == "*" and left == "number" and right in _SPANS else None
