"""`$apply`: figures over a collection (OData Extension for Data Aggregation 4.0, the part that reports need).

`aggregate(amount with sum as total,$count as number)`, `groupby((status,owner_id),aggregate(…))`, and before either one
`filter(…)` with a slash between.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from entente.interfaces.api.call import Answer, Call, only
from entente.interfaces.api.filters import read_filter
from entente.interfaces.api.options import read_search, readable_field
from entente.interfaces.api.shape import member
from entente.interfaces.html.http.refusals import BadRequest
from entente.kernel.db.tx import Tx
from entente.kernel.expressions.nodes import Logic, Node
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import Ask
from entente.kernel.records.totals import Figure, Measure, totals

LONGEST = 4000
MOST_MEASURES = 20
FIGURES: dict[str, Figure] = {
    "sum": "sum",
    "average": "average",
    "avg": "average",
    "min": "min",
    "max": "max",
    "countdistinct": "countdistinct",
}
STEP = re.compile(r"(filter|groupby|aggregate)\((.*)\)", re.DOTALL)
GROUPS = re.compile(r"\(([\w\s,]*)\)\s*(?:,\s*aggregate\((.*)\))?", re.DOTALL)
COUNT = re.compile(r"\s*\$count\s+as\s+([A-Za-z]\w{0,60})\s*")
MEASURE = re.compile(r"\s*(\w+)\s+with\s+(\w+)\s+as\s+([A-Za-z]\w{0,60})\s*")


def read_totals(tx: Tx, entity: Entity, call: Call) -> Answer:
    """The figures that `$apply` asks for; BadRequest when it is not understood or reads what may not be read."""
    only(call, "apply", "filter", "search", "format")
    steps = _steps(call.query["apply"])
    nodes = [read_filter(tx.catalog, entity, body) for kind, body in steps[:-1] if kind == "filter"]
    if call.query.get("filter"):
        nodes.append(read_filter(tx.catalog, entity, call.query["filter"]))
    groups, measures = _last(tx, entity, *steps[-1])
    taken = [*(member(entity.fields[name]) for name in groups), *(made.name for made in measures)]
    if len(set(taken)) < len(taken):
        raise _wrong()
    found = totals(tx, Ask(entity=entity.name, filter=_both(nodes), search=read_search(call)), groups, measures)
    rows = [{**_keys(entity, row, groups), **{made.name: _plain(row[made.name]) for made in measures}} for row in found]
    return Answer(body={"@odata.context": f"{call.base}/$metadata#{call.path[0]}", "value": rows})


def _keys(entity: Entity, row: dict[str, Any], groups: tuple[str, ...]) -> dict[str, Any]:
    return {member(entity.fields[name]): _plain(row[name]) for name in groups}


def _both(nodes: list[Node]) -> Node | str:
    if not nodes:
        return ""
    return nodes[0] if len(nodes) == 1 else Logic("and", tuple(nodes))


def _steps(text: str) -> list[tuple[str, str]]:
    if len(text) > LONGEST:
        raise BadRequest("api.filter_too_long", field="$apply", count=LONGEST)
    steps = []
    for part in _split_steps(text):
        found = STEP.fullmatch(part.strip())
        if not found:
            raise _wrong()
        steps.append((found[1], found[2]))
    if steps[-1][0] == "filter" or any(kind != "filter" for kind, _ in steps[:-1]):
        raise _wrong()
    return steps


def _split_steps(text: str) -> list[str]:
    """The transformations between slashes that stand outside parentheses and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, sign in enumerate(text):
        if sign == "'":
            quoted = not quoted
        elif not quoted:
            depth += (sign == "(") - (sign == ")")
            if sign == "/" and depth == 0:
                parts.append(text[start:at])
                start = at + 1
    return [*parts, text[start:]]


def _last(tx: Tx, entity: Entity, kind: str, body: str) -> tuple[tuple[str, ...], list[Measure]]:
    if kind == "aggregate":
        return (), _measures(tx, entity, body)
    found = GROUPS.fullmatch(body.strip())
    names = [name.strip() for name in found[1].split(",")] if found else []
    if not found or len(names) > 5:
        raise _wrong()
    groups = tuple(readable_field(tx, entity, name, "$apply").name for name in names)
    if len(set(groups)) < len(groups):
        raise _wrong()
    return groups, _measures(tx, entity, found[2]) if found[2] else [Measure("count", "count")]


def _measures(tx: Tx, entity: Entity, text: str) -> list[Measure]:
    parts = text.split(",")
    if len(parts) > MOST_MEASURES:
        raise _wrong()
    return [_measure(tx, entity, part) for part in parts]


def _measure(tx: Tx, entity: Entity, text: str) -> Measure:
    if counted := COUNT.fullmatch(text):
        return Measure("count", counted[1])
    found = MEASURE.fullmatch(text)
    if not found or found[2] not in FIGURES:
        raise _wrong()
    return Measure(FIGURES[found[2]], found[3], readable_field(tx, entity, found[1], "$apply").name)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _wrong() -> BadRequest:
    return BadRequest("api.bad_apply", field="$apply")
