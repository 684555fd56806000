"""Expressions inside indexes: the very SQL that filters compile to, so that the planner recognises it."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.sql import compile_sql
from entente.kernel.expressions.sql_functions import lowered
from entente.kernel.expressions.values import Moment
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field

DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
TEXTS = ("text", "person_name", "auto_number")
# A condition of an index may not depend on the time: whatever moment is given, nothing may read it.
NO_MOMENT = Moment(datetime(2000, 1, 1, tzinfo=UTC), ZoneInfo("UTC"))


def holds_lowered(field: Field) -> bool:
    """Whether the field's text is indexed in small letters too, for filters that ask what it contains."""
    return field.definition.index and field.type.key in TEXTS


def lowered_column(field: Field) -> str:
    """The SQL of the field's text in small letters."""
    return _sql(lowered(sa.column(field.column, sa.Text())))


def index_condition(entity: Entity, text: str) -> str:
    """The SQL of a condition over the entity's own columns; Refused when it reads more than those."""
    return _sql(compile_sql(parse(text), _OwnColumns(entity), NO_MOMENT))


def _sql(made: Any) -> str:
    return str(made.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})).replace("%%", "%")


class _OwnColumns:
    """The columns of one table by the names of their fields."""

    def __init__(self, entity: Entity) -> None:
        self._entity = entity

    def column(self, path: tuple[str, ...]) -> Any:
        """The column of a field, without its table's name; nothing for paths that leave the row."""
        field = self._entity.fields.get(path[0])
        if field is None or len(path) > 1 or field.type.virtual:
            return None
        return sa.column(field.column, self._entity.table.c[field.column].type)

    def relation(self, path: tuple[str, ...]) -> None:
        """No lists: an index sees one row."""
