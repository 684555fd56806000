"""Lists in SQL: the rows of a related list or the elements of an array, filtered, counted and quantified."""

from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from entente.kernel.expressions.nodes import Filter, Member, Node, Number, Quantified, path_of
from entente.kernel.expressions.terms import (
    DIGITS,
    NOTHING,
    Columns,
    Relation,
    Sql,
    Term,
    boolean,
    no_sql,
    number,
    term_of,
)
from entente.kernel.expressions.unparse import unparse


class Scope(msgspec.Struct, frozen=True):
    """Names in reach: the columns of a table, a variable over its rows, or a variable that is a value."""

    columns: Columns | None = None
    variable: str = ""
    value: Term | None = None
    open: bool = True  # its columns need no variable before them

    @property
    def names(self) -> tuple[str, ...]:
        """The variable that the scope defines."""
        return (self.variable,) if self.variable else ()

    def find(self, path: tuple[str, ...]) -> Term | Relation | None:
        """What a path means here; nothing when it means nothing."""
        if self.variable and path[0] == self.variable:
            if self.value is not None:
                return self.value if len(path) == 1 else None
            path = path[1:]
        elif not self.open:
            return None
        if self.columns is None or not path:
            return None
        column = self.columns.column(path)
        return self.columns.relation(path) if column is None else term_of(column)


class Rows(msgspec.Struct, frozen=True):
    """A list in SQL: where its rows come from, what ties and filters them, and the value wanted of each."""

    source: sa.FromClause
    where: tuple[Any, ...]
    columns: Columns | None = None
    value: Term | None = None
    missing: Any = None  # when true, there is no list at all

    def select(self, *what: Any) -> sa.Select[Any]:
        """A query of the rows that sees the tables around it."""
        return sa.select(*what).select_from(self.source).where(*self.where).correlate_except(self.source)

    def scope(self, variable: str, *, is_open: bool) -> Scope:
        """The names of one row under a variable."""
        return Scope(self.columns, variable, None if self.columns is not None else self.value, is_open)


class Compiling(Protocol):
    """The part of the compiler that lists need."""

    scopes: list[Scope]

    def resolve(self, path: tuple[str, ...]) -> Term | Relation | None:
        """What a path means."""
        ...

    def condition(self, node: Node, positive: bool) -> Sql:
        """The SQL of a condition."""
        ...


def rows_of(compiler: Compiling, node: Node) -> Rows | None:
    """The rows that a node stands for; nothing when it is no related list and no array."""
    if isinstance(node, Filter):
        return _filtered(compiler, node)
    path = path_of(node)
    found = compiler.resolve(path) if path is not None else None
    if isinstance(found, Relation):
        return Rows(found.source, (found.on,), found.columns)
    if isinstance(found, Term):
        return _elements(found) if found.kind == "list" else None
    if isinstance(node, Member):
        return _of_each(compiler, node)
    return None


def _elements(array: Term) -> Rows:
    element = sa.func.unnest(array.sql).table_valued("item").render_derived()
    value = sa.type_coerce(element.c.item, array.sql.type.item_type)
    return Rows(element, (), None, term_of(value), array.sql.is_(None))


def _of_each(compiler: Compiling, node: Member) -> Rows | None:
    rows = rows_of(compiler, node.of)
    if rows is None or rows.columns is None:
        return None
    column = rows.columns.column((node.name,))
    return None if column is None else Rows(rows.source, rows.where, None, term_of(column))


def _filtered(compiler: Compiling, node: Filter) -> Rows | None:
    rows = rows_of(compiler, node.of)
    if rows is None:
        return None
    if isinstance(node.test, Number):
        raise no_sql(unparse(node))
    compiler.scopes.append(rows.scope("item", is_open=True))
    try:
        condition = compiler.condition(node.test, True)
    finally:
        compiler.scopes.pop()
    return Rows(rows.source, (*rows.where, condition), rows.columns, rows.value)


def quantified(compiler: Compiling, node: Quantified, positive: bool) -> Sql:
    """`some` and `every` over one list; in a positive place an EXISTS."""
    rows = rows_of(compiler, node.bindings[0].over) if len(node.bindings) == 1 else None
    if rows is None:
        raise no_sql(unparse(node))
    compiler.scopes.append(rows.scope(node.bindings[0].name, is_open=False))
    try:
        condition = compiler.condition(node.test, positive and node.quantifier == "some")
    finally:
        compiler.scopes.pop()
    if positive:
        return _exists(node.quantifier == "some", rows, condition)
    return _exactly(node.quantifier == "some", rows, condition)


def _exists(some: bool, rows: Rows, condition: Sql) -> Sql:
    query = rows.select(sa.literal_column("1"))
    if some:
        return query.where(condition).exists()
    every = sa.not_(query.where(condition.is_not(sa.true())).exists())
    return every if rows.missing is None else sa.and_(sa.not_(rows.missing), every)


def _exactly(some: bool, rows: Rows, condition: Sql) -> Sql:
    decided = sa.func.bool_or(condition) if some else sa.not_(sa.func.bool_and(condition))
    unknown = sa.func.count().filter(condition.is_(None)) > 0
    found = sa.case((decided, sa.literal(some)), (unknown, NOTHING.sql), else_=sa.literal(not some))
    return _guarded(rows, rows.select(found).scalar_subquery())


def _guarded(rows: Rows, sql: Sql) -> Sql:
    return sql if rows.missing is None else sa.case((rows.missing, sa.cast(sa.null(), sql.type)), else_=sql)


def aggregate(name: str, rows: Rows) -> Term:
    """Count, sum, least, greatest, mean, all or any over rows; null among the values makes null."""
    if name == "is empty":
        missing = sa.not_(rows.select(sa.literal_column("1")).exists())
        return boolean(missing)
    if name == "count":
        counted = rows.select(sa.func.count()).scalar_subquery()
        return Term("number", _guarded(rows, counted), digits=19)
    value = rows.value
    if value is None:
        raise no_sql(name)
    if name in ("all", "any"):
        return boolean(_exactly(name == "any", rows, value.sql if value.kind == "boolean" else NOTHING.sql))
    return _reduced(name, rows, value)


def _reduced(name: str, rows: Rows, value: Term) -> Term:
    wanted = {"sum": ("number",), "mean": ("number",)}.get(name, ("number", "date", "datetime", "string"))
    if value.kind not in wanted:
        raise no_sql(name)
    plain = value.sql.collate("C") if value.kind == "string" else value.sql
    of = sa.Numeric() if value.kind == "number" else value.sql.type
    total = sa.func.sum(sa.cast(plain, sa.Numeric())) if value.kind == "number" else plain
    if name == "mean":
        from_sum = sa.func.round(total, 80) / sa.func.nullif(sa.func.count(), 0)
        found: Sql = number(from_sum, DIGITS + 1).sql
    else:
        found = total if name == "sum" else getattr(sa.func, name)(plain)
    whole = sa.case((sa.func.count().filter(value.sql.is_(None)) > 0, sa.null()), else_=found)
    query = rows.select(sa.type_coerce(whole, of)).scalar_subquery()
    return Term(value.kind, query, digits=DIGITS)
