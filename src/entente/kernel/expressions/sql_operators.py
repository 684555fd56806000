"""Comparison, membership and arithmetic in SQL, equal to the Python back-end value by value."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from entente.kernel.expressions.membership import passes
from entente.kernel.expressions.terms import (
    DIGITS,
    NOTHING,
    Sql,
    Term,
    as_text,
    boolean,
    bound_like,
    constant,
    interval,
    no_sql,
    number,
    numeric,
    rounded,
    seconds_long,
)
from entente.kernel.expressions.values import Moment, Months, Range, Value, kind

_ORDERED = frozenset(("number", "string", "date", "datetime", "time", "duration"))
_OPERATORS = {"<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def compare(op: str, left: Term, right: Term, moment: Moment, *, positive: bool = False) -> Term:
    """A comparison; in a positive place an equality with a literal is plain `=`."""
    if op in ("=", "!="):
        found = _equality(left, right, moment, positive=positive and op == "=")
        return boolean(sa.not_(found)) if op == "!=" else boolean(found)
    return boolean(_order(op, left, right, moment))


def _alike(left: Term, right: Term) -> bool:
    return left.kind == right.kind or {left.kind, right.kind} == {"id", "string"}


def _equality(left: Term, right: Term, moment: Moment, *, positive: bool) -> Sql:
    if left.is_null:
        left, right = right, left
    if right.is_null:
        return sa.true() if left.is_null else _typed(left).is_(None)
    if not _alike(left, right):
        return NOTHING.sql  # type: ignore[no-any-return]
    if left.constant:
        left, right = right, left
    if left.kind in ("list", "context", "any", "range", "months"):
        raise no_sql("=")
    if right.constant:
        return _equals(left, right.value, moment, positive=positive)
    return same(left, right, moment)


def _typed(term: Term) -> Sql:
    if term.sql is None:
        raise no_sql(term.kind)
    return term.sql  # type: ignore[no-any-return]


def _equals(left: Term, value: Value, moment: Moment, *, positive: bool) -> Sql:
    bound = bound_like(value, left, moment)
    if bound is None:
        return sa.false()
    return left.sql == bound if positive else left.sql.is_not_distinct_from(bound)  # type: ignore[no-any-return]


def same(left: Term, right: Term, moment: Moment) -> Sql:
    """Whether two values are the same, null being the same as null only."""
    if left.is_null or right.is_null or left.constant or right.constant:
        return _equality(left, right, moment, positive=False) if _comparable(left, right) else sa.false()
    if not _alike(left, right):
        return sa.and_(left.sql.is_(None), right.sql.is_(None))
    return as_text(left).is_not_distinct_from(as_text(right)) if left.kind != right.kind else (
        left.sql.is_not_distinct_from(right.sql)
    )  # fmt: skip


def _comparable(left: Term, right: Term) -> bool:
    return left.is_null or right.is_null or _alike(left, right)


def _order(op: str, left: Term, right: Term, moment: Moment) -> Sql:
    if left.kind != right.kind or left.kind not in _ORDERED:
        return NOTHING.sql  # type: ignore[no-any-return]
    if left.constant and not right.constant:
        return _order(_TURNED[op], right, left, moment)
    first, second = left.sql, _bound_to_order(right, left, moment)
    if left.kind == "string":
        # Code points order strings the same everywhere; a locale would not.
        first = first.collate("C")
    return getattr(first, _OPERATORS[op])(second)  # type: ignore[no-any-return]


def _bound_to_order(right: Term, left: Term, moment: Moment) -> Sql:
    bound = bound_like(right.value, left, moment) if right.constant else None
    return right.sql if bound is None else bound


def within(value: Term, span: Range, moment: Moment) -> Sql:
    """Whether a value lies in a constant range."""
    parts = []
    if span.low is not None:
        low = constant(span.low, moment)
        parts.append(_order(">=" if span.low_included else ">", value, low, moment))
    if span.high is not None:
        high = constant(span.high, moment)
        parts.append(_order("<=" if span.high_included else "<", value, high, moment))
    return sa.and_(*parts)


def among(value: Term, items: list[Value], moment: Moment, *, positive: bool) -> Sql:
    """Whether a value is one of some constants; never null, except in a positive place."""
    if value.constant:
        return sa.true() if passes(value.value, items) else sa.false()
    parts: list[Sql] = [within(value, item, moment) for item in items if isinstance(item, Range)]
    bound = [
        bound_like(item, value, moment) for item in items if item is not None and _alike(value, Term(kind(item), None))
    ]
    present = [item for item in bound if item is not None]
    if present:
        found = value.sql.in_(present) if len(present) > 1 else value.sql == present[0]
        parts.append(found if positive else sa.and_(value.sql.is_not(None), found))
    if None in items:
        parts.append(value.sql.is_(None))
    return sa.or_(sa.false(), *parts) if len(parts) != 1 else parts[0]


def in_array(value: Term, array: Term, moment: Moment, *, positive: bool) -> Sql:
    """Whether a value is an element of an array column; of null, only null is."""
    of = array.sql.type.item_type
    element = Term(array.of, sa.column("item", of))
    if not _comparable(value, element):
        return sa.false()
    if value.constant and value.value is not None:
        bound = bound_like(value.value, element, moment)
        if bound is None:
            return sa.false()
        if positive:
            return array.sql.op("@>", is_comparison=True)(sa.cast(postgresql.array([bound]), postgresql.ARRAY(of)))  # type: ignore[no-any-return]
        value = Term(array.of, bound)
    inside = sa.func.array_position(array.sql, value.sql).is_not(None)
    return sa.or_(sa.and_(array.sql.is_not(None), inside), sa.and_(_typed(value).is_(None), array.sql.is_(None)))


def arithmetic(op: str, left: Term, right: Term, moment: Moment) -> Term:
    """The result of an operation; null for kinds without it."""
    kinds = (left.kind, right.kind)
    if kinds == ("number", "number"):
        return _numbers(op, left, right)
    if "null" in kinds:
        return Term("null", sa.null(), True)
    if kinds == ("string", "string") and op == "+":
        return Term("string", left.sql + right.sql)
    found = _temporal(op, left, right, moment)
    return Term("null", sa.null(), True) if found is None else found


def _numbers(op: str, left: Term, right: Term) -> Term:
    a, b = numeric(left), numeric(right)
    if op == "+":
        return number(a + b, max(left.digits, right.digits) + 1)
    if op == "-":
        return number(a - b, max(left.digits, right.digits) + 1)
    if op == "*":
        return number(a * b, left.digits + right.digits)
    if op == "/":
        return Term("number", divided(a, b), digits=DIGITS)
    raise no_sql("**")


def divided(a: Sql, b: Sql) -> Sql:
    """The quotient to 34 digits, null for a divisor of zero."""
    # The scale of the dividend sets how many decimals PostgreSQL computes.
    return rounded(sa.func.round(a, 80) / sa.func.nullif(b, 0))


def _temporal(op: str, left: Term, right: Term, moment: Moment) -> Term | None:
    if op not in ("+", "-"):
        return _scaled(op, left, right)
    if left.kind in ("duration", "months") and op == "+" and right.kind in ("date", "datetime"):
        left, right = right, left
    if right.kind == "duration":
        return _moved(op, left, right)
    if right.kind == "months":
        return _months_moved(op, left, right, moment)
    if op == "-" and left.kind == right.kind == "date":
        days: Sql = sa.cast(left.sql - right.sql, sa.Numeric())
        return Term("duration", seconds_long(days * 86_400))
    if op == "-" and left.kind == right.kind == "datetime" and (_is_naive(left) or _is_naive(right)):
        return None
    if op == "-" and left.kind == right.kind == "datetime":
        return Term("duration", sa.type_coerce(left.sql - right.sql, sa.Interval()))
    if op == "-" and {left.kind, right.kind} == {"date", "datetime"}:
        raise no_sql("-")
    return None


def _is_naive(term: Term) -> bool:
    return isinstance(term.value, datetime) and term.value.tzinfo is None


def _scaled(op: str, left: Term, right: Term) -> Term | None:
    if "duration" in (left.kind, right.kind) or "months" in (left.kind, right.kind):
        raise no_sql(op)
    return None


def _moved(op: str, point: Term, by: Term) -> Term | None:
    length = _elapsed(by)
    if point.kind == "date":
        start = sa.cast(point.sql, sa.DateTime())
        return Term("date", sa.cast(start + length if op == "+" else start - length, sa.Date()))
    if point.kind in ("datetime", "duration"):
        moved = point.sql + length if op == "+" else point.sql - length
        return Term(point.kind, sa.type_coerce(moved, point.sql.type), foreign=point.foreign)
    if point.kind == "time":
        raise no_sql("+")
    return None


def _elapsed(by: Term) -> Sql:
    if by.constant and isinstance(by.value, timedelta):
        return interval(by.value)
    # A column may hold days; on a date-time they would follow the session's clock changes.
    return seconds_long(sa.extract("epoch", by.sql))


def _months_moved(op: str, point: Term, by: Term, moment: Moment) -> Term | None:
    if not isinstance(by.value, Months):
        raise no_sql(op)
    months = by.value.total if op == "+" else -by.value.total
    span: Any = sa.type_coerce(months * sa.literal_column("INTERVAL '1 month'"), sa.Interval())
    if point.kind == "date":
        return Term("date", sa.cast(point.sql + span, sa.Date()))
    if point.kind == "datetime" and point.foreign:
        raise no_sql(op)
    if point.kind == "datetime":
        zone = moment.zone.key
        wall = sa.func.timezone(zone, point.sql) + span
        return Term("datetime", sa.func.timezone(zone, wall, type_=sa.DateTime(timezone=True)))
    return None
