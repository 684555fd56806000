"""A table of random rows with related lines, the same in Python and in PostgreSQL."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from tests.kernel.expressions.random_expressions import WORDS

from entente.kernel.expressions.terms import Relation
from entente.kernel.expressions.types import (
    BOOLEAN,
    CONTEXT,
    DATE,
    DATETIME,
    DURATION,
    NUMBER,
    STRING,
    Type,
    list_of,
)  # fmt: skip

METADATA = sa.MetaData()
ROWS = sa.Table(
    "fuzz_row",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("n", sa.Integer),
    sa.Column("amount", sa.Numeric(12, 2)),
    sa.Column("rate", sa.Numeric(9, 6)),
    sa.Column("name", sa.Text),
    sa.Column("code", sa.String(50)),
    sa.Column("due", sa.Date),
    sa.Column("start", sa.Date),
    sa.Column("at", sa.DateTime(timezone=True)),
    sa.Column("until", sa.DateTime(timezone=True)),
    sa.Column("wait", sa.Interval),
    sa.Column("active", sa.Boolean),
    sa.Column("flag", sa.Boolean),
    sa.Column("tags", sa.ARRAY(sa.Text)),
    sa.Column("scores", sa.ARRAY(sa.Numeric)),
)
LINES = sa.Table(
    "fuzz_line",
    METADATA,
    sa.Column("row", sa.Integer),
    sa.Column("qty", sa.Numeric(9, 3)),
    sa.Column("label", sa.Text),
    sa.Column("day", sa.Date),
    sa.Column("ok", sa.Boolean),
)
TYPES: dict[tuple[str, ...], Type] = {
    **{(name,): NUMBER for name in ("n", "amount", "rate")},
    **{(name,): STRING for name in ("name", "code")},
    **{(name,): DATE for name in ("due", "start")},
    **{(name,): DATETIME for name in ("at", "until")},
    **{(name,): BOOLEAN for name in ("active", "flag")},
    ("wait",): DURATION,
    ("tags",): list_of(STRING),
    ("scores",): list_of(NUMBER),
    ("lines",): list_of(CONTEXT),
    ("lines", "qty"): NUMBER,
    ("lines", "label"): STRING,
    ("lines", "day"): DATE,
    ("lines", "ok"): BOOLEAN,
}


class TableScope:
    def type_of(self, path: tuple[str, ...]) -> Type | None:
        return TYPES.get(path)


class TableColumns:
    def __init__(self, table: sa.FromClause, row: sa.ColumnElement[Any] | None = None) -> None:
        self.table = table
        self.row = row

    def column(self, path: tuple[str, ...]) -> sa.ColumnElement[Any] | None:
        return self.table.c.get(path[0]) if len(path) == 1 else None

    def relation(self, path: tuple[str, ...]) -> Relation | None:
        if path != ("lines",) or self.row is None:
            return None
        lines = LINES.alias()
        return Relation(lines, lines.c.row == self.row, TableColumns(lines))


def random_rows(seed: int, count: int) -> list[dict[str, Any]]:
    """Rows with nulls everywhere, edges of months and clock changes, and none to four lines."""
    cells = Cells(random.Random(seed))
    return [cells.row(number) for number in range(count)]


class Cells:
    """Random cells of every column type."""

    def __init__(self, source: random.Random) -> None:
        self.source = source

    def maybe(self, value: Any) -> Any:
        return None if self.source.random() < 0.2 else value

    def word(self) -> str:
        return self.source.choice(WORDS).replace("\\\\", "\\") + self.source.choice(("", "", "a", "C"))

    def number(self, places: int) -> Decimal:
        whole = self.source.choice((0, 1, 25, 100, -300, self.source.randint(-99999, 99999)))
        return Decimal(whole).scaleb(-places)

    def day(self) -> date:
        edge = self.source.choice((date(2024, 2, 29), date(2024, 3, 31), date(2024, 1, 1)))
        return edge + timedelta(days=self.source.choice((0, 0, 1, -1, self.source.randint(-500, 500))))

    def moment(self) -> datetime:
        edges = (datetime(2024, 3, 31, 0, 59, 59, tzinfo=UTC), datetime(2024, 10, 27, 0, 30, tzinfo=UTC))
        minutes = self.source.choice((0, 1, 60, -60, self.source.randint(-500_000, 500_000)))
        return self.source.choice(edges) + timedelta(minutes=minutes)

    def flag(self) -> bool:
        return self.source.random() < 0.5

    def span(self) -> timedelta:
        return timedelta(seconds=self.source.choice((0, 86_400, -259_200, self.source.randint(-9999, 9999))))

    def row(self, number: int) -> dict[str, Any]:
        maybe, few = self.maybe, self.source.randint
        return {
            "id": number,
            "n": maybe(self.source.choice((0, 1, 2, 10, few(-50, 50)))),
            "amount": maybe(self.number(2)),
            "rate": maybe(self.number(6)),
            "name": maybe(self.word()),
            "code": maybe(self.word()),
            "due": maybe(self.day()),
            "start": maybe(self.day()),
            "at": maybe(self.moment()),
            "until": maybe(self.moment()),
            "wait": maybe(self.span()),
            "active": maybe(self.flag()),
            "flag": maybe(self.flag()),
            "tags": maybe([self.word() for _ in range(few(0, 3))]),
            "scores": maybe([maybe(self.number(1)) for _ in range(few(0, 3))]),
            "lines": [self.line() for _ in range(few(0, 4))],
        }

    def line(self) -> dict[str, Any]:
        maybe = self.maybe
        cells = {"qty": self.number(3), "label": self.word(), "day": self.day(), "ok": self.flag()}
        return {name: maybe(value) for name, value in cells.items()}


def fill(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    """Create both tables as temporary ones and put the rows in."""
    for table in (ROWS, LINES):
        create = str(sa.schema.CreateTable(table).compile(dialect=connection.dialect))
        connection.exec_driver_sql(create.replace("CREATE TABLE", "CREATE TEMPORARY TABLE"))
    connection.execute(sa.insert(ROWS), [{key: row[key] for key in row if key != "lines"} for row in rows])
    connection.execute(sa.insert(LINES), [{"row": row["id"], **line} for row in rows for line in row["lines"]])
