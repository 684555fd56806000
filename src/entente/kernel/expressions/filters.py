"""The form that a filter builder edits, and the tree that it stands for.

A filter is a group `{"all": […]}` or `{"any": […]}` of groups and conditions `{"field", "op", "value"}`;
`{"not": …}` negates one, `{"some": "contacts", "where": …}` asks for a related record. A value is a text, a whole
number, a boolean, `{"number": "1.25"}`, `{"at": "2026-03-31"}` (a date or date-time), `{"days": -7}` (from today) or
`{"me": true}` (the current user). On date-times, `"moments": true` makes days mean their midnights.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal, NoReturn

from entente.kernel.expressions import literals, periods
from entente.kernel.expressions.functions.strings import lower
from entente.kernel.expressions.nodes import (
    Binding,
    Boolean,
    Call,
    Comparison,
    Filter,
    In,
    ListOf,
    Logic,
    Member,
    Name,
    Node,
    Null,
    Number,
    Quantified,
    RangeOf,
    String,
    Temporal,
    both,
    path,
    path_of,
    within_limits,
)
from entente.kernel.expressions.unparse import unparse
from entente.kernel.kit.refusal import Refused

Json = Mapping[str, Any]
ME = Member(Name("current user"), "id")
COMPARISONS: dict[str, Literal["=", "!=", "<", "<=", ">", ">="]] = {
    "eq": "=",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}
TEXTS = {"contains": "contains", "starts_with": "starts with", "ends_with": "ends with"}
_OPS = {sign: op for op, sign in COMPARISONS.items()}
_TEXT_OPS = {function: op for op, function in TEXTS.items()}
_MAX_GROUPS = 20


def from_filter(body: Json) -> Node:
    """The condition that a filter stands for (refused with `filter_malformed`, or for its size)."""
    return within_limits(_group(body, 0))


def to_filter(node: Node) -> dict[str, Any]:
    """The filter that stands for a condition (refused with `expression_no_filter` when the builder has no form)."""
    found = _shown(node)
    return found if "all" in found or "any" in found else {"all": [found]}


def _malformed(detail: str) -> NoReturn:
    raise Refused("filter_malformed", detail=detail)


def _group(body: Any, depth: int) -> Node:
    if not isinstance(body, Mapping) or depth > _MAX_GROUPS:
        _malformed(str(body)[:60])
    if "not" in body:
        return _not(_group(body["not"], depth + 1))
    if "some" in body:
        return _related(body, depth)
    for key, op in (("all", "and"), ("any", "or")):
        if key in body:
            items = [_group(item, depth + 1) for item in _listed(body[key])]
            return both("and" if op == "and" else "or", *items) if items else Boolean(True)
    return _condition(body)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else _malformed(str(value)[:60])


def _related(body: Json, depth: int) -> Node:
    of = _field(body["some"])
    inner = _group(body["where"], depth + 1) if body.get("where") else Boolean(True)
    over = of if inner == Boolean(True) else Filter(of, inner)
    return Quantified("some", (Binding("each", over),), Boolean(True))


def _field(name: Any) -> Node:
    if not isinstance(name, str) or not name or not all(name.split(".")):
        _malformed(str(name)[:60])
    return path(*name.split("."))


def _not(node: Node) -> Node:
    return Call(Name("not"), (node,))


def _condition(body: Json) -> Node:
    field, op, value = _field(body.get("field")), body.get("op"), body.get("value")
    moments = bool(body.get("moments"))
    if op in COMPARISONS:
        return Comparison(COMPARISONS[op], field, _value(value, moments))
    if op in TEXTS:
        return Call(Name(TEXTS[op]), (Call(Name("lower case"), (field,)), String(lower(str(value)))))
    if op == "not_contains":
        return _not(_condition({**body, "op": "contains"}))
    found = _MAKERS[op](field, value, moments) if isinstance(op, str) and op in _MAKERS else None
    return _malformed(str(op)[:60]) if found is None else found


def _among(field: Node, value: Any, moments: bool) -> Node:
    return In(field, (ListOf(tuple(_value(item, moments) for item in _listed(value))),))


def _between(field: Node, value: Any, moments: bool) -> Node:
    ends = [_value(item, moments) for item in _listed(value)]
    return In(field, (RangeOf(ends[0], ends[1]),)) if len(ends) == 2 else _malformed("between")


def _period(field: Node, value: Any, moments: bool) -> Node | None:
    found = periods.period(str(value), of_moments=moments)
    return None if found is None else In(field, (found,))


def _days(first: Callable[[int], int], last: Callable[[int], int]) -> Callable[[Node, Any, bool], Node | None]:
    def make(field: Node, value: Any, moments: bool) -> Node | None:
        if not isinstance(value, int) or not 0 < value <= periods.MAX_DAYS:
            return None
        low, high = periods.day(first(value)), periods.day(last(value))
        return In(field, (periods.span(low, high, of_moments=moments),))

    return make


_MAKERS: dict[str, Callable[[Node, Any, bool], Node | None]] = {
    "in": _among,
    "not_in": lambda field, value, moments: _not(_among(field, value, moments)),
    "between": _between,
    "empty": lambda field, value, moments: Call(Name("is empty"), (field,)),
    "not_empty": lambda field, value, moments: _not(Call(Name("is empty"), (field,))),
    "has": lambda field, value, moments: Call(Name("list contains"), (field, _value(value, moments))),
    "period": _period,
    "last_days": _days(lambda days: -days, lambda days: 1),
    "next_days": _days(lambda days: 0, lambda days: days + 1),
}


def _value(value: Any, moments: bool) -> Node:
    if value is None:
        return Null()
    if isinstance(value, bool):
        return Boolean(value)
    if isinstance(value, int | float):
        return Number(Decimal(repr(value)))
    if isinstance(value, str):
        return String(value)
    if isinstance(value, Mapping) and len(value) == 1:
        return _marked(*next(iter(value.items())), moments)
    return _malformed(str(value)[:60])


def _marked(key: str, value: Any, moments: bool) -> Node:
    number = literals.number(str(value)) if key == "number" else None
    if number is not None:
        return Number(number)
    if key == "at" and literals.read_temporal(str(value)) is not None:
        return Temporal(str(value))
    if key == "me":
        return ME
    if key == "days" and isinstance(value, int) and abs(value) <= periods.MAX_DAYS:
        day = periods.day(value)
        return periods.midnight(day) if moments else day
    return _malformed(key[:60])


def _no_form(node: Node) -> NoReturn:
    raise Refused("expression_no_filter", part=unparse(node))


def _shown(node: Node) -> dict[str, Any]:
    if isinstance(node, Logic):
        return {"all" if node.op == "and" else "any": [_shown(item) for item in node.items]}
    if isinstance(node, Comparison):
        return _shown_value(_named(node.left), _OPS[node.op], node.right)
    if isinstance(node, In) and len(node.tests) == 1:
        return _shown_in(node, node.tests[0])
    if isinstance(node, Quantified):
        return _shown_related(node)
    if isinstance(node, Call) and isinstance(node.of, Name):
        return _shown_call(node, node.of.name)
    if isinstance(node, Name | Member):
        return {"field": _named(node), "op": "eq", "value": True}
    return {"all": []} if node == Boolean(True) else _no_form(node)


def _named(node: Node) -> str:
    found = path_of(node)
    return _no_form(node) if found is None else ".".join(found)


def _shown_value(field: str, op: str, node: Node) -> dict[str, Any]:
    shown: dict[str, Any] = {"field": field, "op": op, "value": _plain(node)}
    if isinstance(node, Call) and node.of == Name("start of day"):
        shown["moments"] = True
    return shown


def _plain(node: Node) -> Any:
    if isinstance(node, Null):
        return None
    if isinstance(node, String | Boolean):
        return node.value
    if isinstance(node, Number):
        whole = node.value == node.value.to_integral_value() and abs(node.value) < 2**53
        return int(node.value) if whole else {"number": literals.write_number(node.value)}
    if isinstance(node, Temporal):
        return {"at": node.text}
    if node == ME:
        return {"me": True}
    days = periods.offset_of(node)
    return _no_form(node) if days is None else {"days": days}


def _shown_in(node: In, test: Node) -> dict[str, Any]:
    field = _named(node.of)
    if isinstance(test, ListOf):
        return {"field": field, "op": "in", "value": [_plain(item) for item in test.items]}
    if not isinstance(test, RangeOf) or test.low is None or test.high is None:
        return _no_form(node)
    moments = {"moments": True} if periods.is_of_moments(test) else {}
    if (name := periods.named_period(test)) is not None:
        return {"field": field, "op": "period", "value": name, **moments}
    if (counted := periods.counted_days(test)) is not None:
        return {"field": field, "op": counted[0], "value": counted[1], **moments}
    if not (test.low_included and test.high_included):
        return _no_form(node)
    return {"field": field, "op": "between", "value": [_plain(test.low), _plain(test.high)], **moments}


def _shown_related(node: Quantified) -> dict[str, Any]:
    if node.quantifier != "some" or len(node.bindings) != 1 or node.test != Boolean(True):
        return _no_form(node)
    over = node.bindings[0].over
    if isinstance(over, Filter):
        return {"some": _named(over.of), "where": _shown(over.test)}
    return {"some": _named(over)}


def _shown_call(node: Call, name: str) -> dict[str, Any]:
    arguments = node.arguments
    if name == "not" and len(arguments) == 1:
        return _negated(_shown(arguments[0]))
    if name == "is empty" and len(arguments) == 1:
        return {"field": _named(arguments[0]), "op": "empty"}
    if name == "list contains" and len(arguments) == 2:
        return _shown_value(_named(arguments[0]), "has", arguments[1])
    if name in _TEXT_OPS and len(arguments) == 2 and isinstance(arguments[1], String):
        return _shown_text(node, _TEXT_OPS[name], arguments[0], arguments[1].value)
    return _no_form(node)


def _shown_text(node: Node, op: str, of: Node, value: str) -> dict[str, Any]:
    lowered = isinstance(of, Call) and of.of == Name("lower case") and len(of.arguments) == 1
    if not isinstance(of, Call) or not lowered:
        return _no_form(node)
    return {"field": _named(of.arguments[0]), "op": op, "value": value}


def _negated(shown: dict[str, Any]) -> dict[str, Any]:
    opposite = {"empty": "not_empty", "in": "not_in", "contains": "not_contains"}.get(shown.get("op", ""))
    return {"not": shown} if opposite is None else {**shown, "op": opposite}
