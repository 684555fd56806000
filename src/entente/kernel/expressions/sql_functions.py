"""The built-in functions that have an equal in SQL."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from entente.kernel.expressions.patterns import for_postgres
from entente.kernel.expressions.sql_operators import arithmetic, divided
from entente.kernel.expressions.terms import NOTHING, Sql, Term, boolean, constant, no_sql, number, numeric
from entente.kernel.expressions.values import Moment

# Unicode's simple case mapping, whatever the database's locale (PostgreSQL 17 and later).
CASE_COLLATION = "pg_c_utf8"
OF_LISTS = frozenset(("min", "max", "sum", "mean", "all", "any", "string join"))

_Arguments = Sequence[Term]
_Writer = Callable[[Any, Moment], Term]


def call(name: str, terms: _Arguments, moment: Moment, *, positive: bool) -> Term:
    """A function of terms (Refused `expression_no_sql` when it has no equal in SQL)."""
    known = _FUNCTIONS.get(name)
    if known is None:
        raise no_sql(f"{name}()")
    kinds, write = known
    if kinds is not None:
        if not len(kinds) - sum(of.endswith("=") for of in kinds) <= len(terms) <= len(kinds):
            raise no_sql(f"{name}()")
        if any(term.is_null for term in terms):
            return Term("null", sa.null(), True)
        if any(term.kind not in of.rstrip("=").split("|") for term, of in zip(terms, kinds, strict=False)):
            return Term("null", sa.null(), True)
    return write(terms, moment)


def part(of: Term, name: str, moment: Moment) -> Term:
    """A part of a date or date-time: its year, month, day, weekday, hour, minute."""
    fields = {"year": "year", "month": "month", "day": "day", "weekday": "isodow"}
    if of.kind == "datetime":
        fields = {**fields, "hour": "hour", "minute": "minute"}
    if of.kind not in ("date", "datetime") or name not in fields:
        raise no_sql(name)
    return _extracted(fields[name], of, moment)


def _extracted(field: str, of: Term, moment: Moment) -> Term:
    return Term("number", sa.cast(sa.extract(field, _wall(of, moment)), sa.Numeric()), digits=10)


def _wall(of: Term, moment: Moment) -> Sql:
    if of.kind == "date":
        return of.sql  # type: ignore[no-any-return]
    if of.foreign:
        raise no_sql(of.kind)
    return sa.func.timezone(moment.zone.key, of.sql, type_=sa.DateTime())


def _day(of: Term, moment: Moment) -> Sql:
    return of.sql if of.kind == "date" else sa.cast(_wall(of, moment), sa.Date())


def _like(term: Term, before: str, after: str, match: Term) -> Term:
    escaped = match.value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return boolean(term.sql.like(f"{before}{escaped}{after}", escape="\\"))


def _contains(terms: _Arguments, moment: Moment) -> Term:
    text, match = terms
    return _like(text, "%", "%", match) if match.constant else boolean(sa.func.strpos(text.sql, match.sql) > 0)


def _starts(terms: _Arguments, moment: Moment) -> Term:
    text, match = terms
    if match.constant:
        return _like(text, "", "%", match)
    return boolean(sa.func.starts_with(text.sql, match.sql, type_=sa.Boolean()))


def _ends(terms: _Arguments, moment: Moment) -> Term:
    text, match = terms
    if match.constant:
        return _like(text, "%", "", match)
    return boolean(sa.func.right(text.sql, sa.func.char_length(match.sql)) == match.sql)


def lowered(sql: Sql) -> Sql:
    """The text in small letters, as `lower case()` compiles it; an index that is to serve holds this expression."""
    # Ordered by code point again afterwards: two different explicit collations may not meet in one comparison.
    return sa.func.lower(sql.collate(CASE_COLLATION), type_=sa.Text()).collate("C")


def _lower(terms: _Arguments, moment: Moment) -> Term:
    return Term("string", lowered(terms[0].sql))


def _upper(terms: _Arguments, moment: Moment) -> Term:
    return Term("string", sa.func.upper(terms[0].sql.collate(CASE_COLLATION), type_=sa.Text()).collate("C"))


def _length(terms: _Arguments, moment: Moment) -> Term:
    return Term("number", sa.func.char_length(terms[0].sql, type_=sa.Integer()), digits=10)


def _whole(term: Term, name: str, limit: int = 1_000_000) -> int:
    if not term.constant or not isinstance(term.value, Decimal) or abs(term.value) > limit:
        raise no_sql(name)
    return int(term.value)


def _substring(terms: _Arguments, moment: Moment) -> Term:
    start = _whole(terms[1], "substring()")
    length = _whole(terms[2], "substring()") if len(terms) > 2 else None
    if start == 0 or (length is not None and terms[2].value < 1):
        return Term("null", sa.null(), True)
    rest = sa.func.substr(terms[0].sql, start) if start > 0 else sa.func.right(terms[0].sql, -start)
    return Term("string", sa.type_coerce(rest if length is None else sa.func.left(rest, length), sa.Text()))


def _before(terms: _Arguments, moment: Moment) -> Term:
    text, match = terms[0].sql, terms[1].sql
    place = sa.func.strpos(text, match)
    found = sa.case((place > 0, sa.func.left(text, place - 1)), (place == 0, ""), else_=sa.null())
    return Term("string", sa.type_coerce(found, sa.Text()))


def _after(terms: _Arguments, moment: Moment) -> Term:
    text, match = terms[0].sql, terms[1].sql
    place = sa.func.strpos(text, match)
    rest = sa.func.substr(text, place + sa.func.char_length(match))
    return Term("string", sa.type_coerce(sa.case((place > 0, rest), (place == 0, ""), else_=sa.null()), sa.Text()))


def _matches(terms: _Arguments, moment: Moment) -> Term:
    if not all(term.constant for term in terms[1:]):
        raise no_sql("matches()")
    flags = terms[2].value if len(terms) > 2 else ""
    pattern = for_postgres(terms[1].value, flags)
    if pattern is None:
        raise no_sql("matches()")
    return boolean(terms[0].sql.collate("C").op("~", is_comparison=True)(pattern))


def _join(terms: _Arguments, moment: Moment) -> Term:
    *parts, separator = terms
    if not separator.constant or any(part.kind not in ("string", "null") for part in parts) or not parts:
        raise no_sql("string join()")
    texts = sa.func.array_to_string(_array(parts), separator.value or "")
    return Term("string", sa.type_coerce(texts, sa.Text()))


def _array(parts: Sequence[Term]) -> Sql:
    return sa.dialects.postgresql.array([sa.cast(part.sql, sa.Text()) for part in parts])


def _abs(terms: _Arguments, moment: Moment) -> Term:
    return Term("number", sa.func.abs(numeric(terms[0]), type_=sa.Numeric()), digits=terms[0].digits)


def _modulo(terms: _Arguments, moment: Moment) -> Term:
    a, b = numeric(terms[0]), numeric(terms[1])
    return number(a - b * sa.func.floor(divided(a, b)), 2 * 34)


def _parity(rest: int) -> _Writer:
    def write(terms: _Arguments, moment: Moment) -> Term:
        return boolean(sa.func.abs(sa.func.mod(numeric(terms[0]), 2)) == rest)

    return write


def _scaled(write: Callable[[Sql], Sql]) -> _Writer:
    """A rounding to whole numbers, moved by the decimals wanted."""

    def rounding(terms: _Arguments, moment: Moment) -> Term:
        decimals = _whole(terms[1], "round", 12) if len(terms) > 1 else 0
        step = sa.literal(Decimal(1).scaleb(decimals), sa.Numeric())
        whole = write(numeric(terms[0]) * step)
        return Term("number", whole * sa.literal(Decimal(1).scaleb(-decimals), sa.Numeric()), digits=34)

    return rounding


def _away(sql: Sql, less: str) -> Sql:
    return sa.func.sign(sql) * sa.func.ceil(sa.func.abs(sql) - sa.literal(Decimal(less), sa.Numeric()))


def _date(terms: _Arguments, moment: Moment) -> Term:
    return Term("date", _day(terms[0], moment))


def _start_of(unit: str) -> _Writer:
    def write(terms: _Arguments, moment: Moment) -> Term:
        start = sa.func.date_trunc(unit, sa.cast(_day(terms[0], moment), sa.DateTime()))
        return Term("date", sa.cast(start, sa.Date()))

    return write


def _start_of_day(terms: _Arguments, moment: Moment) -> Term:
    midnight = sa.cast(_day(terms[0], moment), sa.DateTime())
    return Term("datetime", sa.func.timezone(moment.zone.key, midnight, type_=sa.DateTime(timezone=True)))


def _number_of(field: str) -> _Writer:
    def write(terms: _Arguments, moment: Moment) -> Term:
        return _extracted(field, terms[0], moment)

    return write


def _name_of(field: str, names: str) -> _Writer:
    def write(terms: _Arguments, moment: Moment) -> Term:
        known = dict(enumerate(names.split(), 1))
        return Term("string", sa.case(known, value=sa.cast(_extracted(field, terms[0], moment).sql, sa.Integer())))

    return write


def _string(terms: _Arguments, moment: Moment) -> Term:
    (of,) = terms
    if of.kind == "string":
        return of
    if of.kind == "date":
        return Term("string", sa.func.to_char(of.sql, "YYYY-MM-DD", type_=sa.Text()))
    plain = sa.func.trim_scale(numeric(of)) if of.kind == "number" else of.sql
    return Term("string", sa.cast(plain, sa.Text()))


def _is_defined(terms: _Arguments, moment: Moment) -> Term:
    return boolean(terms[0].sql.is_not(None))


def _is_empty(terms: _Arguments, moment: Moment) -> Term:
    (of,) = terms
    if of.kind == "string":
        return boolean(sa.or_(of.sql.is_(None), of.sql == ""))
    return boolean(of.sql.is_(None))


def _extreme(name: str) -> _Writer:
    def write(terms: _Arguments, moment: Moment) -> Term:
        if any(term.is_null for term in terms):
            return Term("null", sa.null(), True)
        kinds = {term.kind for term in terms}
        if not terms or len(kinds) > 1 or not kinds <= {"number", "date", "datetime", "string"}:
            raise no_sql(f"{name}()")
        texts = [term.sql.collate("C") if term.kind == "string" else term.sql for term in terms]
        best = getattr(sa.func, {"min": "least", "max": "greatest"}[name])(*texts)
        absent = sa.or_(*(term.sql.is_(None) for term in terms))
        found = sa.type_coerce(sa.case((absent, sa.null()), else_=best), terms[0].sql.type)
        return Term(
            kinds.pop(), found, digits=max(term.digits for term in terms), foreign=any(t.foreign for t in terms)
        )

    return write


def _sum(terms: _Arguments, moment: Moment) -> Term:
    if any(term.is_null for term in terms):
        return Term("null", sa.null(), True)
    if not terms or any(term.kind != "number" for term in terms):
        raise no_sql("sum()")
    total = terms[0]
    for term in terms[1:]:
        total = arithmetic("+", total, term, moment)
    return total


def _mean(terms: _Arguments, moment: Moment) -> Term:
    return arithmetic("/", _sum(terms, moment), constant(Decimal(len(terms)), moment), moment)


def _conditions(join: Callable[..., Sql]) -> _Writer:
    def write(terms: _Arguments, moment: Moment) -> Term:
        return boolean(join(*(term.sql if term.kind == "boolean" else NOTHING.sql for term in terms)))

    return write


_TEXT = ("string",)
_PAIR = ("string", "string")
_NUMBER = ("number",)
_SCALED = ("number", "number=")
_DATE = ("date|datetime",)
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_MONTHS = "January February March April May June July August September October November December"
_FUNCTIONS: dict[str, tuple[tuple[str, ...] | None, _Writer]] = {
    "contains": (_PAIR, _contains),
    "starts with": (_PAIR, _starts),
    "ends with": (_PAIR, _ends),
    "lower case": (_TEXT, _lower),
    "upper case": (_TEXT, _upper),
    "string length": (_TEXT, _length),
    "substring": (("string", "number", "number="), _substring),
    "substring before": (_PAIR, _before),
    "substring after": (_PAIR, _after),
    "matches": (("string", "string", "string="), _matches),
    "string join": (None, _join),
    "abs": (_NUMBER, _abs),
    "modulo": (("number", "number"), _modulo),
    "even": (_NUMBER, _parity(0)),
    "odd": (_NUMBER, _parity(1)),
    "floor": (_SCALED, _scaled(sa.func.floor)),
    "ceiling": (_SCALED, _scaled(sa.func.ceil)),
    "round down": (("number", "number"), _scaled(sa.func.trunc)),
    "round half up": (("number", "number"), _scaled(sa.func.round)),
    "round up": (("number", "number"), _scaled(lambda sql: _away(sql, "0"))),
    "round half down": (("number", "number"), _scaled(lambda sql: _away(sql, "0.5"))),
    "date": (_DATE, _date),
    "start of day": (_DATE, _start_of_day),
    "start of week": (_DATE, _start_of("week")),
    "start of month": (_DATE, _start_of("month")),
    "start of quarter": (_DATE, _start_of("quarter")),
    "start of year": (_DATE, _start_of("year")),
    "day of year": (_DATE, _number_of("doy")),
    "week of year": (_DATE, _number_of("week")),
    "day of week": (_DATE, _name_of("isodow", _DAYS)),
    "month of year": (_DATE, _name_of("month", _MONTHS)),
    "string": (("string|number|boolean|date",), _string),
    "is defined": (None, _is_defined),
    "is empty": (None, _is_empty),
    "min": (None, _extreme("min")),
    "max": (None, _extreme("max")),
    "sum": (None, _sum),
    "mean": (None, _mean),
    "all": (None, _conditions(sa.and_)),
    "any": (None, _conditions(sa.or_)),
}
