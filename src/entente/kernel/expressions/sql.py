"""Syntax tree to SQLAlchemy Core, with exactly the null logic of the Python back-end.

Whatever reads no column is evaluated in Python first and bound as a parameter. In a positive place, where null
and false mean the same, `field = literal` is plain `=`, so that an index serves.
"""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from entente.kernel.expressions import sql_functions, sql_operators
from entente.kernel.expressions.depends import free_names
from entente.kernel.expressions.evaluate import build
from entente.kernel.expressions.frame import Context, Frame, Run
from entente.kernel.expressions.nodes import (
    Arithmetic,
    Between,
    Call,
    Comparison,
    If,
    In,
    ListOf,
    Logic,
    Member,
    Name,
    Negative,
    Node,
    Quantified,
    RangeOf,
    path_of,
)
from entente.kernel.expressions.sql_rows import Rows, Scope, aggregate, quantified, rows_of
from entente.kernel.expressions.terms import (
    NOTHING,
    Columns,
    Relation,
    Sql,
    Term,
    boolean,
    constant,
    no_sql,
    number,
    numeric,
)
from entente.kernel.expressions.unparse import unparse
from entente.kernel.expressions.values import Moment, Range

AGGREGATES = frozenset(("count", "sum", "min", "max", "mean", "all", "any"))


def compile_sql(
    node: Node, columns: Columns, moment: Moment, *, known: Mapping[str, Any] | None = None, positive: bool = True
) -> Sql:
    """The SQL of an expression over columns; `known` gives values by name (`user`) that are bound as parameters.

    `positive`: the result is a filter's condition, where null counts as false. Raises Refused `expression_no_sql`,
    or the limits of `compile_python`.
    """
    compiler = Compiler(columns, moment, known or {})
    return compiler.term(node, positive=positive).sql if positive else compiler.value(node)


class Compiler:
    """The compilation of one expression."""

    def __init__(self, columns: Columns, moment: Moment, known: Mapping[str, Any]) -> None:
        self.moment = moment
        self.known = known
        self.scopes: list[Scope] = [Scope(columns=columns)]
        self._frame = Frame(Run(Context(known, moment)), known, None)

    def value(self, node: Node) -> Sql:
        """The SQL of a node whose exact value matters."""
        sql: Sql | None = self.term(node).sql
        if sql is None:
            raise no_sql(unparse(node))
        return sql

    def term(self, node: Node, *, positive: bool = False) -> Term:
        """The term of a node; in a positive place null and false mean the same."""
        if self._is_constant(node):
            return constant(build(node)(self._frame), self.moment)
        compiled = _COMPILERS.get(type(node))
        if compiled is None:
            raise no_sql(unparse(node))
        return compiled(self, node, positive)

    def condition(self, node: Node, positive: bool) -> Sql:
        """The SQL of a node as a condition; what is no boolean is null."""
        term = self.term(node, positive=positive)
        return term.sql if term.kind == "boolean" else NOTHING.sql  # type: ignore[no-any-return]

    def resolve(self, path: tuple[str, ...]) -> Term | Relation | None:
        """What a path means: a term, or the rows of a related list."""
        for scope in reversed(self.scopes):
            found = scope.find(path)
            if found is not None:
                return found
        return None

    def _is_constant(self, node: Node) -> bool:
        names = free_names(node)
        bound = {name for scope in self.scopes for name in scope.names}
        return all((name in self.known or name == "current user") and name not in bound for name in names)


def _path(compiler: Compiler, node: Node, positive: bool) -> Term:
    path = path_of(node)
    found = compiler.resolve(path) if path is not None else None
    if isinstance(found, Term):
        return found
    if isinstance(node, Member) and found is None and (path is None or len(path) > 1):
        of = compiler.term(node.of)
        return sql_functions.part(of, node.name, compiler.moment)
    raise no_sql(unparse(node))


def _negative(compiler: Compiler, node: Negative, positive: bool) -> Term:
    of = compiler.term(node.of)
    if of.kind == "number":
        return number(-numeric(of), of.digits)
    if of.kind == "duration":
        return Term("duration", -of.sql)
    return Term("null", sa.null(), True)


def _arithmetic(compiler: Compiler, node: Arithmetic, positive: bool) -> Term:
    left, right = compiler.term(node.left), compiler.term(node.right)
    return sql_operators.arithmetic(node.op, left, right, compiler.moment)


def _comparison(compiler: Compiler, node: Comparison, positive: bool) -> Term:
    left, right = compiler.term(node.left), compiler.term(node.right)
    return sql_operators.compare(node.op, left, right, compiler.moment, positive=positive)


def _logic(compiler: Compiler, node: Logic, positive: bool) -> Term:
    items = [compiler.condition(item, positive) for item in node.items]
    return boolean(sa.and_(*items) if node.op == "and" else sa.or_(*items))


def _between(compiler: Compiler, node: Between, positive: bool) -> Term:
    return _spanned(compiler, compiler.term(node.of), RangeOf(node.low, node.high))


def _spanned(compiler: Compiler, value: Term, span: RangeOf) -> Term:
    parts = []
    if span.low is not None:
        low = compiler.term(span.low)
        parts.append(sql_operators.compare(">=" if span.low_included else ">", value, low, compiler.moment).sql)
    if span.high is not None:
        high = compiler.term(span.high)
        parts.append(sql_operators.compare("<=" if span.high_included else "<", value, high, compiler.moment).sql)
    return boolean(sa.and_(*parts))


def _in(compiler: Compiler, node: In, positive: bool) -> Term:
    value = compiler.term(node.of)
    return boolean(sa.or_(*(_test(compiler, value, test, positive) for test in node.tests)))


def _test(compiler: Compiler, value: Term, test: Node, positive: bool) -> Sql:
    if isinstance(test, RangeOf) and not compiler._is_constant(test):
        return _spanned(compiler, value, test).sql  # type: ignore[no-any-return]
    if isinstance(test, ListOf) and not compiler._is_constant(test):
        return sa.or_(sa.false(), *(_test(compiler, value, item, positive) for item in test.items))
    rows = rows_of(compiler, test)
    if rows is not None and rows.missing is None:
        return _among_rows(compiler, value, rows)
    found = compiler.term(test)
    if found.constant and isinstance(found.value, Range):
        return sql_operators.within(value, found.value, compiler.moment)
    if found.constant and isinstance(found.value, list):
        return sql_operators.among(value, found.value, compiler.moment, positive=positive)
    if found.constant:
        return sql_operators.among(value, [found.value], compiler.moment, positive=positive)
    if found.kind == "list":
        return sql_operators.in_array(value, found, compiler.moment, positive=positive)
    return sql_operators.same(value, found, compiler.moment)


def _among_rows(compiler: Compiler, value: Term, rows: Rows) -> Sql:
    if rows.value is None:
        raise no_sql("in")
    found = sql_operators.same(value, rows.value, compiler.moment)
    return rows.select(sa.literal_column("1")).where(found).exists()


def _if(compiler: Compiler, node: If, positive: bool) -> Term:
    test = compiler.condition(node.test, True)
    then = compiler.term(node.then, positive=positive)
    otherwise = compiler.term(node.otherwise, positive=positive)
    if then.is_null and otherwise.is_null:
        return then
    kinds = {term.kind for term in (then, otherwise) if term.kind != "null"}
    if len(kinds) > 1 or not kinds & {"number", "string", "boolean", "date", "datetime", "duration", "time", "id"}:
        raise no_sql(unparse(node))
    sql = sa.case((test, then.sql), else_=otherwise.sql)
    return Term(kinds.pop(), sql, digits=max(then.digits, otherwise.digits), foreign=then.foreign or otherwise.foreign)


def _quantified(compiler: Compiler, node: Quantified, positive: bool) -> Term:
    return boolean(quantified(compiler, node, positive))


def _call(compiler: Compiler, node: Call, positive: bool) -> Term:
    name = node.of.name if isinstance(node.of, Name) else ""
    if node.names:
        raise no_sql(unparse(node))
    if len(node.arguments) == 1:
        if name == "not":
            return boolean(sa.not_(compiler.condition(node.arguments[0], False)))
        rows = rows_of(compiler, node.arguments[0]) if name in AGGREGATES | {"is empty"} else None
        if rows is not None:
            return aggregate(name, rows)
    if name == "list contains" and len(node.arguments) == 2:
        return _list_contains(compiler, node, positive)
    arguments = _listed(node) if name in sql_functions.OF_LISTS else node.arguments
    return sql_functions.call(name, [compiler.term(item) for item in arguments], compiler.moment, positive=positive)


def _listed(node: Call) -> tuple[Node, ...]:
    first = node.arguments[0] if node.arguments else None
    rest = node.arguments[1:]
    return (*first.items, *rest) if isinstance(first, ListOf) else node.arguments


def _list_contains(compiler: Compiler, node: Call, positive: bool) -> Term:
    items, element = node.arguments
    found = _test(compiler, compiler.term(element), items, positive)
    rows = rows_of(compiler, items)
    if isinstance(items, ListOf) or (rows is not None and rows.missing is None):
        return boolean(found)
    listed = compiler.term(items)
    if listed.is_null:
        return NOTHING
    if listed.constant or (positive and not listed.constant):
        return boolean(found if listed.constant else sa.and_(listed.sql.is_not(None), found))
    return boolean(sa.case((listed.sql.is_(None), NOTHING.sql), else_=found))


_COMPILERS: dict[type, Callable[[Compiler, Any, bool], Term]] = {
    Name: _path,
    Member: _path,
    Negative: _negative,
    Arithmetic: _arithmetic,
    Comparison: _comparison,
    Logic: _logic,
    Between: _between,
    In: _in,
    If: _if,
    Quantified: _quantified,
    Call: _call,
}
