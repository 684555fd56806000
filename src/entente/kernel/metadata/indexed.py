"""Expressions inside indexes: the very SQL that filters compile to, so that the planner recognises it."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from entente.kernel.expressions.nodes import Comparison, In, Logic, Node, String, path_of
from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.sql import compile_sql
from entente.kernel.expressions.sql_functions import lowered
from entente.kernel.expressions.values import Moment
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field
from entente.kernel.metadata.types.sets import SetType

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


def implied(entity: Entity, filter_: Node) -> list[sa.ColumnElement[bool]]:
    """What holds wherever a filter does and is found by an index, which `=` over the text itself is not.

    It only adds to a condition of rows: where the filter is unknown, this may be no.
    """
    parts = filter_.items if isinstance(filter_, Logic) and filter_.op == "and" else (filter_,)
    asked = (_texts_asked(part) for part in parts)
    made = (_served(entity, *each) for each in asked if each)
    return [each for each in made if each is not None]


def _texts_asked(part: Node) -> tuple[str, list[str]] | None:
    """The field that a condition compares with texts, and the texts."""
    if isinstance(part, Comparison) and part.op == "=":
        sides = (part.left, part.right)
        of, tests = sides if isinstance(part.right, String) else sides[::-1]
        texts: tuple[Node, ...] = (tests,)
    elif isinstance(part, In):
        of, texts = part.of, part.tests
    else:
        return None
    path = path_of(of)
    known = [text.value for text in texts if isinstance(text, String)]
    return (path[0], known) if path and len(path) == 1 and len(known) == len(texts) else None


def _served(entity: Entity, name: str, texts: list[str]) -> sa.ColumnElement[bool] | None:
    field = entity.fields.get(name)
    if field is None:
        return None
    column = entity.table.c.get(field.column)
    if isinstance(field.type, SetType):
        keys = [field.type.normal(text) for text in texts]
        return entity.table.c[f"{name}_keys"].overlap(sa.literal(keys, ARRAY(sa.Text()))) if all(keys) else None
    if field.type.key in TEXTS and field.definition.index:
        return _alike(sa.func.public.fold, column, texts)
    return _alike(sa.func.lower, column, texts) if field.type.key == "text" and field.definition.unique else None


def _alike(form: Any, column: Any, texts: list[str]) -> sa.ColumnElement[bool]:
    wanted = [form(sa.literal(text, sa.Text()), type_=sa.Text()) for text in texts]
    made: sa.ColumnElement[bool] = form(column, type_=sa.Text()).in_(wanted)
    return made


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
