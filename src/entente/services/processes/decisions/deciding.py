"""Decisions worked out: rules tested, results gathered as the hit policy says, values of the declared types."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from entente.kernel.expressions.depends import free_names
from entente.kernel.expressions.evaluate import compile_python
from entente.kernel.expressions.frame import Context
from entente.kernel.expressions.instances import typed
from entente.kernel.expressions.literals import read_temporal
from entente.kernel.expressions.parser import parse, parse_tests
from entente.kernel.expressions.values import Moment, Months, equal, normal
from entente.kernel.kit.refusal import Refused
from entente.services.processes.decisions.table import Decision, Input, Model, Output, Table

SUBJECT = "?"
Compiled = Callable[[Context], Any]
TEMPORAL = (date, datetime, time, timedelta, Months)
# What FEEL calls the types that files name.
TYPES: Mapping[str, str] = {
    "string": "string", "number": "number", "boolean": "boolean", "date": "date", "time": "time", "Any": "Any",
    "dateTime": "date and time", "date and time": "date and time", "dayTimeDuration": "days and time duration",
    "days and time duration": "days and time duration", "yearMonthDuration": "years and months duration",
    "years and months duration": "years and months duration", "integer": "number", "long": "number",
    "double": "number", "context": "context",
}  # fmt: skip


def decide(model: Model, decision: str, names: Mapping[str, Any], moment: Moment) -> Any:
    """The result of a decision of a model, after those that it needs; Refused when there is none or rules disagree."""
    found = model.decisions.get(decision)
    if found is None:
        raise Refused("decision.unknown")
    return _decided(model, found, dict(names), moment, ())


def fitting_rules(model: Model, decision: str, names: Mapping[str, Any], moment: Moment) -> tuple[int, ...]:
    """The places of the rules of a decision that fit, after those decisions that it needs; none without a table."""
    found, known = model.decisions[decision], dict(names)
    if found.table is None:
        return ()
    _decide_before(model, found, known, moment, ())
    return tuple(_hits(model, found.table, known, moment))


def _decide_before(
    model: Model, decision: Decision, names: dict[str, Any], moment: Moment, above: tuple[str, ...]
) -> None:
    if decision.id in above:
        raise Refused("decision.circle", name=decision.name)
    for required in decision.requires:
        other = model.decisions.get(required)
        if other is not None and other.variable not in names:
            names[other.variable] = _decided(model, other, names, moment, (*above, decision.id))


def _decided(model: Model, decision: Decision, names: dict[str, Any], moment: Moment, above: tuple[str, ...]) -> Any:
    _decide_before(model, decision, names, moment, above)
    if decision.table is not None:
        found = _of_table(model, decision.table, names, moment)
    else:
        found = expression(decision.expression, model.names)(Context(names, moment))
    return _fitting(model, found, decision.type, decision.name) if decision.type else found


def _of_table(model: Model, table: Table, names: Mapping[str, Any], moment: Moment) -> Any:
    hits = [table.rules[place] for place in _hits(model, table, names, moment)]
    if table.policy == "UNIQUE" and len(hits) > 1:
        raise Refused("decision.not_unique", name=table.id, rules=", ".join(rule.id for rule in hits))
    taken = hits[:1] if table.policy in ("UNIQUE", "FIRST") else hits
    rows = [_row(model, table, rule.results, names, moment) for rule in taken]
    return _gathered(model, table, rows, names, moment)


def _hits(model: Model, table: Table, names: Mapping[str, Any], moment: Moment) -> list[int]:
    values = [_tested(model, each, names, moment) for each in table.inputs]
    return [
        place
        for place, rule in enumerate(table.rules)
        if all(
            tests(text, model.names)(Context({**names, "?": value}, moment)) is True
            for text, value in zip(rule.tests, values, strict=True)
        )
    ]


def _tested(model: Model, column: Input, names: Mapping[str, Any], moment: Moment) -> Any:
    context = Context(names, moment)
    value = _fitting(model, expression(column.expression, model.names)(context), column.type, column.label)
    if not column.allowed or value is None:
        return value
    if tests(column.allowed, model.names)(Context({**names, "?": value}, moment)) is not True:
        raise Refused("decision.not_allowed", name=column.label, value=str(value)[:100])
    return value


def _row(model: Model, table: Table, texts: tuple[str, ...], names: Mapping[str, Any], moment: Moment) -> list[Any]:
    context = Context(names, moment)
    return [
        _fitting(model, expression(text, model.names)(context), column.type, column.name) if text else None
        for text, column in zip(texts, table.outputs, strict=True)
    ]


def _gathered(model: Model, table: Table, rows: list[list[Any]], names: Mapping[str, Any], moment: Moment) -> Any:
    several = table.policy in ("COLLECT", "RULE ORDER", "OUTPUT ORDER")
    if table.policy in ("PRIORITY", "OUTPUT ORDER"):
        weights = [_weights(model, column, names, moment) for column in table.outputs]
        rows = sorted(rows, key=lambda row: [_place(value, by) for value, by in zip(row, weights, strict=True)])
    if table.policy == "ANY" and any(not _same(row, rows[0]) for row in rows):
        raise Refused("decision.rules_differ", name=table.id)
    if table.policy == "COLLECT" and table.aggregation:
        return _aggregated(table, [row[0] for row in rows])
    if several:
        return [_result(table, row) for row in rows]
    if not rows and any(column.default for column in table.outputs):
        rows = [_row(model, table, tuple(column.default for column in table.outputs), names, moment)]
    return _result(table, rows[0]) if rows else None


def _result(table: Table, row: list[Any]) -> Any:
    if len(table.outputs) == 1:
        return row[0]
    return {column.name: value for column, value in zip(table.outputs, row, strict=True)}


def _same(one: list[Any], other: list[Any]) -> bool:
    return all(equal(left, right) is True for left, right in zip(one, other, strict=True))


def _weights(model: Model, column: Output, names: Mapping[str, Any], moment: Moment) -> list[Any]:
    found = expression(f"[{column.allowed}]", model.names)(Context(names, moment)) if column.allowed else []
    return list(found) if isinstance(found, list) else []


def _place(value: Any, weights: list[Any]) -> int:
    return weights.index(value) if value in weights else len(weights)


def _aggregated(table: Table, values: list[Any]) -> Any:
    if table.aggregation == "COUNT":
        return Decimal(len(values))
    if not values:
        return None
    if not all(isinstance(value, Decimal) for value in values) and (
        table.aggregation == "SUM" or len({type(value) for value in values}) > 1
    ):
        raise Refused("decision.no_numbers", name=table.id)
    match table.aggregation:
        case "SUM":
            return sum(values, Decimal(0))
        case "MIN":
            return min(values)
        case _:
            return max(values)


def feel_type(model: Model, name: str) -> str | None:
    """The type that a file names in words of FEEL; nothing when there is no such type."""
    plain = name.rpartition(":")[2]
    plain = model.types.get(plain, plain)
    inner = plain.removeprefix("list<").removesuffix(">")
    known = TYPES.get(model.types.get(inner, inner))
    return None if known is None else f"list<{known}>" if plain.startswith("list<") else known


def _fitting(model: Model, value: Any, name: str, of: str) -> Any:
    """A value as its column declares it; dates may come as text. Refused when it is of another type."""
    kind = feel_type(model, name) if name else None
    value = normal(value)
    if kind is None or value is None:
        return value
    if isinstance(value, str) and kind not in ("string", "Any"):
        read = read_temporal(value)
        value = read if isinstance(read, TEMPORAL) else value
    found = typed(value, kind)
    if found is None:
        raise Refused("decision.wrong_type", name=of, type=kind, value=str(value)[:100])
    return found


@lru_cache(maxsize=8192)
def expression(text: str, names: tuple[str, ...]) -> Compiled:
    """What an expression of a model means; Refused when it is none."""
    return compile_python(parse(text, names))


@lru_cache(maxsize=8192)
def tests(text: str, names: tuple[str, ...]) -> Compiled:
    """What the tests of a cell mean, over `?`; Refused when they are none.

    A test that speaks of `?` itself is a condition, any other is what the value must equal, lie in or compare to
    (DMN 1.5, 10.3.2.7).
    """
    if SUBJECT in text:
        with suppress(Refused):
            condition = parse(text, names)
            if SUBJECT in free_names(condition):
                return compile_python(condition)
    return compile_python(parse_tests(text, names))
