"""Many rows at once through COPY, in PostgreSQL's text format: a tenth of what a statement for each row costs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
import psycopg
from psycopg import errors, generators, sql
from psycopg.abc import PQGen
from psycopg.copy import LibpqWriter
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn
from psycopg.types.json import Jsonb
from psycopg.waiting import Wait

from entente.kernel.db.tx import Tx

NULL = "\\N"
BEGINNING = 50
PORTION = 200
# A row holds its moment several times, and a column of a thousand rows is put into words before the next one is.
MOMENTS = 4096

T = TypeVar("T")
Column = Sequence[Any]


def copy_columns(tx: Tx, table: str, names: Sequence[str], portions: Iterable[Iterable[Column]]) -> None:
    """Append rows to a table of the organisation, given portion by portion as equally long columns.

    The columns that are not named get their defaults.
    """
    copy_words(tx, table, names, map(in_words, portions))


def copy_words(tx: Tx, table: str, names: Sequence[str], words: Iterable[bytes]) -> None:
    """Append rows that `in_words` has put into words."""
    _copy(tx, table, names, words, lambda: None)


def copy_meanwhile(
    tx: Tx, table: str, names: Sequence[str], portions: Iterable[Iterable[Column]], meanwhile: Callable[[], T]
) -> T:
    """What was done once all rows were sent, while PostgreSQL takes the last of them; all of them are there then.

    The connection can be asked nothing meanwhile.
    """
    return _copy(tx, table, names, map(in_words, portions), meanwhile)


def _copy(tx: Tx, table: str, names: Sequence[str], words: Iterable[bytes], meanwhile: Callable[[], T]) -> T:
    quoted = sql.SQL(", ").join(sql.Identifier(name) for name in names)
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(tx.catalog.schema, table), quoted)
    with tx.connection.cursor() as cursor:
        writer = _Meanwhile(cursor, meanwhile)
        with cursor.copy(into, writer=writer) as copy:
            for portion in words:
                copy.write(portion)
    return writer.done[0]


class _Meanwhile(LibpqWriter, Generic[T]):
    """Sends rows, and does something else between the end of them and PostgreSQL's word that it has taken them.

    Told the end, PostgreSQL checks foreign keys; not told before, it would wait with that until the work is done.
    """

    def __init__(self, cursor: psycopg.Cursor[Any], work: Callable[[], T]) -> None:
        super().__init__(cursor)
        self._work = work
        self.done: list[T] = []

    def finish(self, exc: BaseException | None = None) -> None:
        """Say that there are no more rows, do the work, and wait for the answer; raises PostgreSQL's refusal."""
        if exc is not None:
            super().finish(exc)
            return
        self.connection.wait(_ended(self._pgconn))
        try:
            self.done.append(self._work())
        finally:
            (result,) = self.connection.wait(generators.fetch_many(self._pgconn))
            if result.status != ExecStatus.COMMAND_OK:
                raise errors.error_from_result(result)


def _ended(pgconn: PGconn) -> PQGen[None]:
    while pgconn.put_copy_end() == 0:
        yield Wait.W
    while pgconn.flush():
        yield Wait.W


def portions(count: int) -> Iterator[slice]:
    """Where so many rows are cut so that PostgreSQL takes some while the next are made; it begins soon, with few."""
    yield slice(0, BEGINNING)
    for at in range(BEGINNING, count, PORTION):
        yield slice(at, at + PORTION)


def same_in_all(values: Column) -> bool:
    """Whether a column holds one and the same object in every row, so that it need be put into words only once."""
    return len(values) > 0 and values[0] is values[-1] and len(set(map(id, values))) == 1


def in_words(columns: Iterable[Column]) -> bytes:
    """Rows, given as equally long columns, in the words of COPY."""
    return ("\n".join(map("\t".join, zip(*map(_texts, columns), strict=True))) + "\n").encode()


def _texts(values: Column) -> Sequence[str]:
    kinds = set(map(type, values))
    if kinds == {str} and _is_bare("".join(values)):
        return values
    if same_in_all(values):
        return [_one(values[0])] * len(values)
    if len(kinds) == 1:
        return list(map(_WAYS[kinds.pop()], values))
    return list(map(_one, values))


def _one(value: Any) -> str:
    return NULL if value is None else _WAYS[type(value)](value)


def _is_bare(text: str) -> bool:
    return text.isprintable() and "\\" not in text


def _text(value: str) -> str:
    if _is_bare(value):
        return value
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def _array(value: Sequence[Any]) -> str:
    if set(map(type, value)) == {str}:
        signs = "".join(value)
        if _is_bare(signs) and '"' not in signs:
            return '{"' + '","'.join(value) + '"}'
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
    datetime: lru_cache(maxsize=MOMENTS)(datetime.isoformat),
    date: date.isoformat,
    list: _array,
    tuple: _array,
    Jsonb: _json,
}
