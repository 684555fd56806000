"""Figures over records: counts, sums, averages, least and greatest values, by groups; within the asker's rights."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from entente.kernel.access.fields import may_use
from entente.kernel.access.predicate import guarded
from entente.kernel.db.statement import marked, touched
from entente.kernel.db.tx import Row, Tx, rows
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.columns import condition
from entente.kernel.records.query import Ask, contains

Figure = Literal["count", "sum", "average", "min", "max", "countdistinct"]
MOST_GROUPS = 1000
NUMERIC = ("integer", "duration", "decimal", "percent", "money")
ORDERED = (*NUMERIC, "date", "datetime")


class Measure(msgspec.Struct, frozen=True):
    """A figure to work out: over a field (none: the records themselves), shown under a name."""

    figure: Figure
    name: str
    field: str | None = None


def totals(tx: Tx, ask: Ask, groups: Sequence[str], measures: Sequence[Measure]) -> list[Row]:
    """One row for each group with its keys and figures, at most 1,000; money in the base currency.

    Refused when a field does not exist, may not be read, or has no such figure.
    """
    entity = tx.catalog.entity(ask.entity)
    keys = [_key(tx, entity, name) for name in groups]
    columns = [*(key.label(f"key_{at}") for at, key in enumerate(keys))]
    columns += [_figure(tx, entity, made).label(f"figure_{at}") for at, made in enumerate(measures)]
    statement = sa.select(*columns).select_from(entity.table)
    if ask.filter:
        held = condition(tx, entity, ask.filter)
        statement = marked(statement.where(held), *touched(held))
    if ask.search.strip():
        statement = statement.where(contains(tx, entity, ask.search))
    limited = guarded(tx, statement, entity).group_by(*keys).limit(MOST_GROUPS)
    return [_named(found, groups, measures) for found in rows(tx, limited.order_by(*keys) if keys else limited)]


def _named(found: Row, groups: Sequence[str], measures: Sequence[Measure]) -> Row:
    keys = {name: found[f"key_{at}"] for at, name in enumerate(groups)}
    return keys | {made.name: found[f"figure_{at}"] for at, made in enumerate(measures)}


def _key(tx: Tx, entity: Entity, name: str) -> sa.ColumnElement[Any]:
    field = entity.fields.get(name)
    if field is None or field.type.virtual or not may_use(tx, entity.name, name):
        raise Refused("field.unknown", field=name)
    if field.type.key in ("json", "checklist", "rich_text", "long_text"):
        raise Refused("field.not_sortable", field=name)
    return entity.table.c[field.column]


def _figure(tx: Tx, entity: Entity, measure: Measure) -> sa.ColumnElement[Any]:
    if measure.field is None:
        return sa.func.count()
    column = _key(tx, entity, measure.field)
    kind = entity.fields[measure.field].type.key
    match measure.figure:
        case "count":
            return sa.func.count(column)
        case "countdistinct":
            return sa.func.count(sa.distinct(column))
        case "sum" if kind in NUMERIC:
            return sa.func.sum(column)
        case "average" if kind in NUMERIC:
            return sa.func.avg(column)
        case "min" if kind in ORDERED:
            return sa.func.min(column)
        case "max" if kind in ORDERED:
            return sa.func.max(column)
    raise Refused("field.no_such_figure", field=measure.field)
