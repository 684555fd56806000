"""The same expression gives the same value in Python and in PostgreSQL, for random expressions and rows."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
import sqlalchemy as sa
from tests.kernel.expressions.fuzz_table import ROWS, TableColumns, TableScope, fill, random_rows
from tests.kernel.expressions.random_expressions import Expressions

from entente.kernel.expressions.check import check
from entente.kernel.expressions.evaluate import compile_python
from entente.kernel.expressions.frame import Context
from entente.kernel.expressions.nodes import Node, from_json, to_json
from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.sql import compile_sql
from entente.kernel.expressions.unparse import unparse
from entente.kernel.expressions.values import Moment

MOMENT = Moment(datetime(2026, 11, 22, 23, 30, tzinfo=UTC), ZoneInfo("Europe/Paris"))
KINDS = ("boolean", "boolean", "boolean", "number", "string", "date", "datetime", "duration")
EXPRESSIONS = 10_080
BATCH = 40


@pytest.fixture(scope="module")
def connection(admin_dsn: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(admin_dsn))
    # No statement comes twice: a cache of compiled ones would only cost.
    with engine.connect().execution_options(compiled_cache=None) as open_connection:
        open_connection.exec_driver_sql("SET TimeZone = 'America/New_York'")
        yield open_connection
    engine.dispose()


def same(python: Any, sql: Any) -> bool:
    if python is None or sql is None:
        return python is None and sql is None
    if isinstance(python, Decimal):
        return bool(python == Decimal(sql))
    if isinstance(python, datetime):
        zone = MOMENT.zone if python.tzinfo is None else python.tzinfo
        return bool(python.replace(tzinfo=zone).astimezone(UTC) == sql.astimezone(UTC))
    return type(python) is type(sql) and bool(python == sql)


def is_filter(at: int, kind: str) -> bool:
    """Whether an expression is asked as a filter's condition too: every second one."""
    return kind == "boolean" and at % 2 == 0


def disagreements(connection: sa.Connection, nodes: list[tuple[str, Node]], rows: list[dict[str, Any]]) -> list[str]:
    """Where values differ: each expression by its exact value, and conditions as a filter too."""
    columns = TableColumns(ROWS, ROWS.c.id)
    selected: list[Any] = []
    for at, (kind, node) in enumerate(nodes):
        selected.append(compile_sql(node, columns, MOMENT, positive=False))
        if is_filter(at, kind):
            selected.append(sa.func.coalesce(compile_sql(node, columns, MOMENT), sa.false()))
    labelled = [sql.label(f"v{at}") for at, sql in enumerate(selected)]
    found = connection.execute(sa.select(*labelled).order_by(ROWS.c.id)).all()
    wrong: list[str] = []
    evaluated = [compile_python(node) for _, node in nodes]
    for row, answers in zip(rows, found, strict=True):
        context, given = Context(row, MOMENT), iter(answers)
        for at, ((kind, node), evaluate) in enumerate(zip(nodes, evaluated, strict=True)):
            python, sql = evaluate(context), next(given)
            if not same(python, sql):
                wrong.append(f"{unparse(node)}\n  row {row}\n  python {python!r} sql {sql!r}")
            if is_filter(at, kind) and (python is True) is not next(given):
                wrong.append(f"as filter: {unparse(node)}\n  row {row}\n  python {python!r}")
    return wrong


@pytest.mark.slow
def test_python_and_sql_agree_on_random_expressions(connection: sa.Connection) -> None:
    rows = random_rows(seed=7, count=8)
    fill(connection, rows)
    source = Expressions(seed=20261122)
    counted: Counter[str] = Counter()
    wrong: list[str] = []
    for start in range(0, EXPRESSIONS, BATCH):
        batch: list[tuple[str, Node]] = []
        for at in range(start, start + BATCH):
            kind = KINDS[at % len(KINDS)]
            text = source.of(kind, 1 + at % 3)
            node = parse(text)
            assert parse(unparse(node)) == node
            assert from_json(to_json(node)) == node
            assert check(node, TableScope()).kind in (kind, "any", "null")
            batch.append((kind, node))
            counted[kind] += 1
        wrong.extend(disagreements(connection, batch, rows))
        if len(wrong) > 20:
            break
    assert not wrong, "\n".join(wrong[:5])
    assert sum(counted.values()) >= 10_000
