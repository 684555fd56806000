"""Pieces of SQL with the kind of value that they are."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import Grouping

from entente.kernel.expressions.values import Moment, Months, Range, Value, kind, local
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Refused

Sql = sa.ColumnElement[Any]
DIGITS = 34


class Columns(Protocol):
    """Where the fields of an expression live in SQL."""

    def column(self, path: tuple[str, ...]) -> Sql | None:
        """The column of a field, through joins if need be; nothing when there is no such field."""
        ...

    def relation(self, path: tuple[str, ...]) -> "Relation | None":
        """The rows of a related list; nothing when there is no such list."""
        ...


class Relation(msgspec.Struct, frozen=True):
    """The rows of a related list: a fresh alias, the condition that ties (and permits) them, their columns."""

    source: sa.FromClause
    on: sa.ColumnElement[bool]
    columns: Columns


class Term(msgspec.Struct, frozen=True):
    """A piece of SQL and its kind; a constant knows its value, a number about how many digits it may have."""

    kind: str
    sql: Any
    constant: bool = False
    value: Any = None
    digits: int = 18
    of: str = "any"
    foreign: bool = False  # a date-time that may stand in another zone than the moment's

    @property
    def is_null(self) -> bool:
        """Whether it is the constant null."""
        return self.constant and self.value is None


def no_sql(what: str) -> Refused:
    """The refusal of something that cannot be asked of the database."""
    return Refused("expression_no_sql", what=what)


def kind_of(of: Any) -> str:
    """The kind of values that a column type holds."""
    for types, name in _KINDS:
        if isinstance(of, types):
            return name
    return "any"


_KINDS: tuple[tuple[tuple[type, ...], str], ...] = (
    ((sa.Boolean,), "boolean"),
    ((sa.Numeric, sa.Integer), "number"),
    ((sa.DateTime,), "datetime"),
    ((sa.Date,), "date"),
    ((sa.Time,), "time"),
    ((sa.Interval, postgresql.INTERVAL), "duration"),
    ((sa.Uuid,), "id"),
    ((sa.ARRAY, postgresql.ARRAY), "list"),
    ((sa.String,), "string"),
)


def term_of(column: Sql) -> Term:
    """A column as a term."""
    of = column.type
    if isinstance(of, sa.ARRAY):
        return Term("list", column, of=kind_of(of.item_type))
    precision = getattr(of, "precision", None) if isinstance(of, sa.Numeric) else None
    return Term(kind_of(of), column, digits=precision or 19)


_TYPES: Mapping[str, Any] = {
    "boolean": sa.Boolean(),
    "number": sa.Numeric(),
    "string": sa.Text(),
    "date": sa.Date(),
    "datetime": sa.DateTime(timezone=True),
    "time": sa.Time(),
    "duration": sa.Interval(),
    "id": sa.Uuid(),
}


def constant(value: Value, moment: Moment) -> Term:
    """A value as a bound parameter."""
    of = kind(value)
    if of == "null":
        return Term("null", sa.null(), True, None)
    if isinstance(value, Months | Range) or of in ("list", "context"):
        return Term(of, None, True, value)
    if of not in _TYPES or (of == "time" and value.tzinfo is not None):
        raise no_sql(of)
    if isinstance(value, timedelta):
        return Term(of, interval(value), True, value)
    if isinstance(value, datetime) and value.tzinfo is None:
        return Term(of, sa.literal(local(value, moment.zone), _TYPES[of]), True, value)
    if isinstance(value, datetime):
        return Term(of, sa.literal(value, _TYPES[of]), True, value, foreign=value.tzinfo != moment.zone)
    digits = len(value.as_tuple().digits) if isinstance(value, Decimal) else DIGITS
    return Term(of, sa.literal(value, _TYPES[of]), True, value, digits=digits)


def interval(length: timedelta) -> Sql:
    """An elapsed time that adds the same whatever the session's zone: seconds, no days."""
    seconds = Decimal(length // timedelta(microseconds=1)) / 1_000_000
    return seconds_long(sa.literal(seconds, sa.Numeric()))


def seconds_long(seconds: Sql) -> Sql:
    """The elapsed time of some seconds."""
    return sa.type_coerce(sa.cast(seconds, sa.Double()) * sa.literal_column("INTERVAL '1 second'"), sa.Interval())


def bound_like(value: Value, other: Term, moment: Moment) -> Sql | None:
    """A constant bound in the type of the column that it is compared with, so that an index serves.

    Nothing when the column can never hold it.
    """
    of = other.sql.type
    if other.kind == "id":
        found = parse_id(value)
        return None if found is None or str(found) != value else sa.literal(found, sa.Uuid())
    if isinstance(of, sa.Integer) and isinstance(value, Decimal):
        if value != value.to_integral_value() or abs(value) > _largest(of):
            return None
        return sa.literal(int(value), of)
    return constant(value, moment).sql  # type: ignore[no-any-return]


def _largest(of: sa.Integer) -> int:
    if isinstance(of, sa.SmallInteger):
        return (1 << 15) - 1
    return (1 << 63) - 1 if isinstance(of, sa.BigInteger) else (1 << 31) - 1


def as_text(term: Term) -> Sql:
    """An identifier as its text, anything else as it is."""
    return sa.cast(term.sql, sa.Text()) if term.kind == "id" else term.sql


def numeric(term: Term) -> Sql:
    """A number that divides and multiplies as a decimal."""
    sql: Sql = term.sql
    return sa.cast(sql, sa.Numeric()) if isinstance(sql.type, sa.Integer) else sql


def rounded(sql: Sql) -> Sql:
    """The number rounded to 34 significant digits, as the Python back-end rounds."""
    # to_char() in scientific form is PostgreSQL's one way to round to significant digits.
    return sa.cast(sa.func.to_char(sql, "9." + "9" * (DIGITS - 1) + "EEEE"), sa.Numeric())


def number(sql: Sql, digits: int) -> Term:
    """A computed number, rounded when it may have more than 34 digits."""
    return Term("number", rounded(sql), digits=DIGITS) if digits > DIGITS else Term("number", sql, digits=digits)


def boolean(sql: Sql) -> Term:
    """A condition, in parentheses: SQLAlchemy puts none around NOT before IS DISTINCT FROM."""
    return Term("boolean", Grouping(sql))


NOTHING = Term("boolean", sa.cast(sa.null(), sa.Boolean()), True, None)
