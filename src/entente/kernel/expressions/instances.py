"""`instance of`, and the coercion of values to declared types."""

import re
from collections.abc import Mapping
from typing import Any

from entente.kernel.expressions.values import Function, Range, Value, kind, normal

_KINDS = {
    "number": "number",
    "string": "string",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "date and time": "datetime",
    "dateTime": "datetime",
    "days and time duration": "duration",
    "dayTimeDuration": "duration",
    "years and months duration": "months",
    "yearMonthDuration": "months",
    "context": "context",
    "list": "list",
    "range": "range",
    "function": "function",
}


def instance_of(value: Value, type_name: str, frame: Any = None) -> bool | None:
    """Whether a value is of the type that a name spells; null for an unknown type, false for null."""
    if value is None:
        return False
    return _is(value, type_name.strip())


def typed(value: Value, type_name: str) -> Value:
    """The value as a declared type: itself, a list of one, the element of a list of one, or null when it is none."""
    if value is None or _is(value, type_name) is not False:
        return value
    if isinstance(value, list) and len(value) == 1 and _is(normal(value[0]), type_name):
        return normal(value[0])
    if type_name.startswith("list") and _is([value], type_name):
        return [value]
    return None


def _is(value: Value, name: str) -> bool | None:
    if name == "Any":
        return value is not None
    if name.startswith("function"):
        return isinstance(value, Function)
    base, bracket, inner = name.partition("<")
    wanted = _KINDS.get(base.strip())
    if wanted is None:
        return None
    if kind(value) != wanted:
        return False
    return _holds(value, inner.rstrip()[:-1]) if bracket else True


def _holds(value: Value, inner: str) -> bool:
    if isinstance(value, list):
        return all(_is(normal(item), inner.strip()) is not False for item in value if item is not None)
    if isinstance(value, Range):
        ends = [end for end in (value.low, value.high) if end is not None]
        return all(_is(end, inner.strip()) for end in ends)
    if isinstance(value, Mapping):
        fields = (part.partition(":") for part in _parts(inner))
        return all(_has(value, name.strip(), of.strip()) for name, _, of in fields)
    return False


def _has(value: Mapping[str, Any], name: str, of: str) -> bool:
    return name in value and (value[name] is None or _is(normal(value[name]), of) is not False)


def _parts(inner: str) -> list[str]:
    """The text between commas that are not inside `<…>`."""
    parts, depth = [""], 0
    for piece in re.split(r"([<>,])", inner):
        depth += (piece == "<") - (piece == ">")
        if piece == "," and not depth:
            parts.append("")
        else:
            parts[-1] += piece
    return [part for part in parts if part.strip()]
