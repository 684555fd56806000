"""The conditions that an expression says, as the filter builder has them, for as much of the language as it has."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import msgspec

from entente.interfaces.web.comparing import kind_of
from entente.interfaces.web.conditions import node_of
from entente.interfaces.web.reaching import reached
from entente.kernel.db.tx import Tx
from entente.kernel.expressions.filters import from_filter, to_filter
from entente.kernel.expressions.nodes import In, ListOf, Logic, Node, RangeOf
from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.unparse import unparse
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity

Item = dict[str, Any]
OR_EMPTY = ("not_contains", "ne", "not_in")
ME = [{"me": True}]


def items_said(tx: Tx, entity: Entity, text: str) -> list[Item] | None:
    """The conditions that all have to hold, or nothing when the builder could not say the same.

    Where one of several has to hold they are one group, `{"any": […]}`.
    """
    if not text.strip():
        return []
    try:
        shown = to_filter(_listed(parse(text)))
        if "any" in shown and len(parts := _paired(shown["any"])) > 1:
            return [{"any": [_proved(tx, entity, part) for part in parts]}]
        return [_proved(tx, entity, part) for part in shown.get("all", [shown])]
    except (Refused, ValueError):
        return None


def _paired(parts: list[Any]) -> list[Any]:
    """Alternatives, those put together that the builder says as one: not some value, or none; options of a field."""
    found: list[Any] = []
    for part in parts:
        group = found[-1]["any"] if found and "any" in found[-1] else found[-1:]
        if group and group[0].get("field") == part.get("field") and _is_one([*group, part]):
            found[-1] = {"any": [*group, part]}
        else:
            found.append(part)
    return found


def _is_one(parts: list[Any]) -> bool:
    first, ops = parts[0], [each.get("op") for each in parts]
    return set(ops) == {"has"} or (first.get("op") in OR_EMPTY and ops[1:] == ["empty"])


def _listed(node: Node) -> Node:
    """The same with alternatives as one list: `in ("a", "b")` is `in (["a", "b"])`."""
    if isinstance(node, Logic):
        return Logic(node.op, tuple(_listed(each) for each in node.items))
    if isinstance(node, In) and len(node.tests) > 1 and not any(isinstance(x, ListOf | RangeOf) for x in node.tests):
        return In(node.of, (ListOf(node.tests),))
    return node


def _proved(tx: Tx, entity: Entity, part: Mapping[str, Any]) -> Item:
    """One condition as the builder has it; Refused when the builder would mean something else by it."""
    item = _item(tx, entity, part)
    means = node_of(tx, entity, msgspec.json.encode([item]).decode())
    one_of_one = part.get("op") == "eq" and item["op"] == "in"
    if not one_of_one and (means is None or unparse(means) != unparse(from_filter(part))):
        raise Refused("filter_malformed", detail=str(part)[:60])
    return item


def _item(tx: Tx, entity: Entity, part: Mapping[str, Any]) -> Item:
    some = part.get("any")
    if isinstance(some, list):
        return _of_some(tx, entity, some)
    field = reached(tx, entity, str(part.get("field")))
    kind = kind_of(field) if field else None
    if field is None or kind is None:
        raise Refused("filter_malformed", detail=str(part)[:60])
    op, value = str(part.get("op")), part.get("value")
    if kind == "boolean":
        return {"field": field.name, "op": "yes" if op == "eq" else "no"}
    if kind == "date":
        return {"field": field.name, **_of_days(op, value)}
    if kind == "link":
        return _of_links(field.name, op, value)
    if kind == "choice" and op == "eq":
        op, value = "in", [value]
    return {"field": field.name, "op": op, "value": _plain(value)}


def _of_some(tx: Tx, entity: Entity, some: list[Any]) -> Item:
    """Alternatives that are one condition: all but some means those without a value too; several options of a field."""
    first = some[0]
    if len(some) == 2 and some[1].get("op") == "empty" and first.get("op") in OR_EMPTY:
        return _item(tx, entity, first)
    if all(each.get("op") == "has" and each.get("field") == first.get("field") for each in some):
        return {"field": first["field"], "op": "in", "value": [each["value"] for each in some]}
    raise Refused("filter_malformed", detail="any")


def _of_links(name: str, op: str, value: Any) -> Item:
    if value == ME:
        return {"field": name, "op": "me"}
    if op == "eq":
        op, value = "in", [value]
    return {"field": name, "op": op, "value": [{"id": str(each)} for each in value or ()]}


def _of_days(op: str, value: Any) -> Item:
    if op == "lt" and value == {"days": 0}:
        return {"op": "overdue"}
    if op in ("lt", "ge") and isinstance(value, dict) and "at" in value:
        day = date.fromisoformat(str(value["at"])[:10])
        return {"op": "before", "value": str(day)} if op == "lt" else {"op": "after", "value": str(day - timedelta(1))}
    return {"op": op, "value": str(value) if isinstance(value, int) else value}


def _plain(value: Any) -> Any:
    """A value as the builder's inputs have it."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict) and "number" in value:
        return str(value["number"])
    return value if isinstance(value, str) else "" if value is None else str(value)
