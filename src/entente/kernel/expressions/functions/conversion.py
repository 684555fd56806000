"""Built-in functions that turn one kind of value into another, and tests of presence."""

from collections.abc import Callable
from decimal import Decimal

from entente.kernel.expressions import literals
from entente.kernel.expressions.functions.overload import Overload
from entente.kernel.expressions.nodes import Call, Name, Node, Number, RangeOf, String, Temporal
from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.values import Function, Range, Value, kind, less, normal
from entente.kernel.kit.refusal import Refused


def _number(source: str, grouping: str | None, decimal: str | None) -> Decimal | None:
    if grouping not in (None, " ", ",", ".") or decimal not in (None, ",", ".") or grouping == (decimal or "#"):
        return None
    text = source.replace(grouping, "") if grouping else source
    return literals.number(text.replace(decimal, ".") if decimal else text)


def _number_from(source: str) -> Decimal | None:
    return literals.number(source)


_WRITERS: dict[str, Callable[[Value], str]] = {
    "number": literals.write_number,
    "datetime": literals.write_datetime,
    "time": literals.write_time,
    "duration": literals.write_duration,
    "months": literals.write_months,
}


def text_of(value: Value) -> str | None:
    """A value as `string()` writes it; nothing of null."""
    if value is None:
        return None
    return value if isinstance(value, str) else _inner(value)


def _inner(value: Value) -> str:
    of = kind(value)
    if of in _WRITERS:
        return _WRITERS[of](value)
    if of == "boolean":
        return "true" if value else "false"
    if of == "date":
        return str(value.isoformat())
    return _collection(value, of)


def _collection(value: Value, of: str) -> str:
    if of == "null":
        return "null"
    if of == "string":
        return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
    if of == "list":
        return "[" + ", ".join(_inner(normal(item)) for item in value) + "]"
    if of == "context":
        return "{" + ", ".join(f"{key}: {_inner(normal(item))}" for key, item in value.items()) + "}"
    if of == "range":
        return _span(value)
    return f"function {value.name}".strip() if isinstance(value, Function) else str(value)


def _span(value: Range) -> str:
    opening, closing = "[" if value.low_included else "(", "]" if value.high_included else ")"
    return f"{opening}{_inner(value.low)}..{_inner(value.high)}{closing}"


def _range(source: str) -> Range | None:
    try:
        node = parse(source)
    except Refused:
        return None
    if not isinstance(node, RangeOf) or node.low is None or node.high is None:
        return None
    low, high = _literal(node.low), _literal(node.high)
    if less(low, high) is None or less(high, low):
        return None
    return Range(low, high, node.low_included, node.high_included)


def _literal(node: Node) -> Value:
    if isinstance(node, Number | String):
        return node.value
    if isinstance(node, Temporal):
        return literals.read_temporal(node.text)
    reads = {
        "date": literals.read_date,
        "time": literals.read_time,
        "date and time": literals.read_datetime,
        "duration": literals.read_duration,
    }
    if isinstance(node, Call) and isinstance(node.of, Name) and len(node.arguments) == 1:
        read, source = reads.get(node.of.name), node.arguments[0]
        if read is not None and isinstance(source, String):
            return read(source.value)
    return None


def _not(value: Value) -> bool | None:
    return not value if isinstance(value, bool) else None


def _is(first: Value, second: Value) -> bool:
    return kind(first) == kind(second) and bool(first == second)


def _is_defined(value: Value) -> bool:
    return value is not None


def _is_empty(value: Value) -> bool:
    return value is None or value in ("", [], {})


FUNCTIONS: dict[str, tuple[Overload, ...]] = {
    "number": (
        Overload("from:string, grouping separator:string?, decimal separator:string?", "number", _number),
        Overload("from:string", "number", _number_from),
    ),
    "string": (Overload("from:any", "string", text_of),),
    "range": (Overload("from:string", "range", _range),),
    "not": (Overload("negand:any?", "boolean", _not),),
    "is": (Overload("value1:any?, value2:any?", "boolean", _is),),
    "is defined": (Overload("value:any?", "boolean", _is_defined),),
    "is empty": (Overload("value:any?", "boolean", _is_empty),),
}
