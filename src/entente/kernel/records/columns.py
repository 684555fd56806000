"""Expressions in the database: what the paths of an entity's expressions mean in SQL, within the asker's rights."""

from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from entente.kernel.access.fields import may_use
from entente.kernel.access.predicate import visible
from entente.kernel.db.tx import Tx
from entente.kernel.expressions.nodes import Node
from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.sql import compile_sql
from entente.kernel.expressions.terms import Relation
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.indexed import implied
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.records.formulas import moment_of, user_values


@lru_cache(maxsize=4096)
def parsed(text: str) -> Node:
    """The tree of an expression's text; Refused says where it is wrong."""
    return parse(text)


def condition(tx: Tx, entity: Entity, filter_: str | Node) -> sa.ColumnElement[bool]:
    """The SQL condition of a filter; Refused when it names a field that does not exist or may not be read."""
    node = parsed(filter_) if isinstance(filter_, str) else filter_
    columns = EntityColumns(tx, entity, entity.table)
    made: sa.ColumnElement[bool] | None = compile_sql(node, columns, moment_of(tx), known={"user": user_values(tx)})
    if made is None or not isinstance(made.type, sa.Boolean | sa.types.NullType):
        raise Refused("filter.no_condition", field="filter")
    return sa.and_(made, *implied(entity, node))


class EntityColumns:
    """The fields of an entity, and of those behind its links, as SQL; every step within the reader's rights."""

    def __init__(self, tx: Tx, entity: Entity, table: sa.FromClause) -> None:
        self._tx = tx
        self._entity = entity
        self._table = table

    def column(self, path: tuple[str, ...]) -> Any:
        """The column that a path means, or nothing when it is no single value; Refused for an unknown field."""
        if path == ("record",) and "record" not in self._entity.fields:
            return None
        if path == ("id",):
            return self._table.c.id
        field = self._field(path[0])
        if len(path) == 1:
            return None if field.type.virtual else self._table.c[field.column]
        if field.type.key in ("address", "money"):
            return self._table.c.get(field.type.part(field.name, path[1]))
        if field.type.key != "link":
            return None
        return self._behind(field, path[1:])

    def _field(self, name: str) -> Field:
        field = self._entity.fields.get(name)
        if field is None or not may_use(self._tx, self._entity.name, name):
            raise Refused("field.unknown", field=name)
        return field

    def _behind(self, field: Field, rest: tuple[str, ...]) -> Any:
        """The value behind a link as a sub-select limited to readable rows: what may not be read is null."""
        target = self._tx.catalog.entity(targets(field.definition)[0])
        other = target.table.alias()
        column = EntityColumns(self._tx, target, other).column(rest)
        if column is None:
            return None
        statement = sa.select(column).where(
            other.c.id == self._table.c[field.name],
            other.c.deleted_at.is_(None),
            visible(self._tx, target, "read", other),
        )
        return statement.correlate(self._table).scalar_subquery()

    def relation(self, path: tuple[str, ...]) -> Relation | None:
        """The rows of a related list: a field of many links, or the entity that points here by its path's name."""
        if len(path) != 1:
            return None
        field = self._entity.fields.get(path[0])
        if field is not None and field.type.virtual:
            return self._links(field)
        return self._related(path[0])

    def _links(self, field: Field) -> Relation | None:
        if not may_use(self._tx, self._entity.name, field.name) or field.name not in self._entity.pairs:
            return None
        target = self._tx.catalog.entity(targets(field.definition)[0])
        pairs = self._entity.pairs[field.name].alias()
        other = target.table.alias()
        on = sa.and_(
            pairs.c.record == self._table.c.id,
            other.c.id == pairs.c.target,
            other.c.deleted_at.is_(None),
            visible(self._tx, target, "read", other),
        )
        source = pairs.join(other, other.c.id == pairs.c.target)
        return Relation(source=source, on=on, columns=EntityColumns(self._tx, target, other))

    def _related(self, name: str) -> Relation | None:
        for entity, field in self._tx.catalog.pointing_to(self._entity.name):
            if entity.definition.path.replace("-", "_") != name or not may_use(self._tx, entity.name, field.name):
                continue
            other = entity.table.alias()
            on = sa.and_(
                other.c[field.name] == self._table.c.id,
                other.c.deleted_at.is_(None),
                visible(self._tx, entity, "read", other),
            )
            return Relation(source=other, on=on, columns=EntityColumns(self._tx, entity, other))
        return None
