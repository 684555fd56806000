"""Many rows at once through COPY, in PostgreSQL's text format: a tenth of what a statement for each row costs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
from psycopg import sql
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Tx

NULL = "\\N"
PORTION = 200


def copy_rows(tx: Tx, table: str, columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    """Append rows to a table of the organisation; the columns that are not named get their defaults."""
    names = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(tx.catalog.schema, table), names)
    with tx.connection.cursor() as cursor, cursor.copy(into) as copy:
        for portion in _portions(rows):
            copy.write(portion)


def _portions(rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    lines = ("\t".join([NULL if value is None else _WAYS[type(value)](value) for value in row]) for row in rows)
    while portion := list(islice(lines, PORTION)):
        yield ("\n".join(portion) + "\n").encode()


def _text(value: str) -> str:
    if value.isprintable() and "\\" not in value:
        return value
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def _array(value: Sequence[Any]) -> str:
    return _text("{" + ",".join([_item(item) for item in value]) + "}")


def _item(item: Any) -> str:
    if item is None:
        return "NULL"
    text = item if isinstance(item, str) else str(item)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _json(value: Jsonb) -> str:
    return _text(msgspec.json.encode(value.obj).decode())


_WAYS: Mapping[type, Callable[[Any], str]] = {
    str: _text,
    bool: lambda value: "t" if value else "f",
    int: str,
    Decimal: str,
    UUID: lambda value: f"{value.int:032x}",
    datetime: lru_cache(maxsize=64)(datetime.isoformat),
    date: date.isoformat,
    list: _array,
    tuple: _array,
    Jsonb: _json,
}
