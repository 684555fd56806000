"""Statements sent to PostgreSQL without a cursor: planned once when they come again, with how their rows are read.

The cursors of the driver take more processor time than most of our statements do.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import psycopg
from psycopg import Transaction, errors, generators
from psycopg.abc import Buffer
from psycopg.abc import Transformer as Reading
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

# Pages and actions send some hundreds of different statements; one that is pushed out is planned anew.
PLANNED = 400
# What is asked once or twice is not worth a plan that is kept.
SELDOM = 2
_MARK = re.compile(r"%(?:\((\w+)\)([sb])|(%))")
_FORMATS = {"s": PyFormat.AUTO, "b": PyFormat.BINARY}


class Answer(NamedTuple):
    """What PostgreSQL answered: its rows in the order of their columns, and how many rows the statement touched."""

    columns: tuple[str, ...]
    values: list[tuple[Any, ...]]
    touched: int

    def rows(self) -> list[dict[str, Any]]:
        """The rows by the names of their columns."""
        return [dict(zip(self.columns, each, strict=True)) for each in self.values]


class Numbered(NamedTuple):
    """A statement with parameters $1, $2…: which named values they are, and in which format each is sent."""

    sql: bytes
    names: tuple[str, ...]
    formats: tuple[PyFormat, ...]


@lru_cache(maxsize=2048)
def numbered(sql: str, schema: str) -> Numbered:
    """The statement of a text with named values (`%(name)s`) over an organisation's schema (`{schema}`)."""
    formats: dict[str, PyFormat] = {}

    def number(found: re.Match[str]) -> str:
        name, wanted, percent = found.groups()
        if percent:
            return "%"
        formats.setdefault(name, _FORMATS[wanted])
        return f"${list(formats).index(name) + 1}"

    quoted = '"' + schema.replace('"', '""') + '"'
    text = _MARK.sub(number, sql.replace("{schema}", quoted))
    return Numbered(text.encode(), tuple(formats), tuple(formats.values()))


class _Known:
    """A statement for parameters of certain types: how often it came, its plan's name, how its rows are read."""

    __slots__ = ("columns", "name", "reader", "times")

    def __init__(self) -> None:
        self.times = 0
        self.name = b""
        self.columns: tuple[str, ...] = ()
        self.reader: Reading | None = None

    def read(self, connection: "Wire", result: PGresult) -> Answer:
        reader = self.reader
        if reader is None:
            reader = Transformer(connection)
            reader.set_pgresult(result)
            self.columns = tuple((result.fname(at) or b"").decode() for at in range(result.nfields))
            # Only of a plan that is kept PostgreSQL promises that its columns stay what they are.
            self.reader = reader if self.name else None
        else:
            reader.set_pgresult(result, set_loaders=False)
        values = reader.load_rows(0, result.ntuples, tuple) if self.columns else []
        reader.set_pgresult(None, set_loaders=False)
        return Answer(self.columns, values, result.command_tuples or 0)


class Wire(psycopg.Connection[Any]):
    """A connection that sends statements straight away; one thread uses it at a time."""

    def __init__(self, pgconn: PGconn, *args: Any) -> None:
        super().__init__(pgconn, *args)
        self._known: OrderedDict[tuple[bytes, tuple[int, ...]], _Known] = OrderedDict()
        self._stale: list[bytes] = []
        self._plans = 0
        self._writer = Transformer(self)

    @contextmanager
    def transaction(self, savepoint_name: str | None = None, force_rollback: bool = False) -> Iterator[Transaction]:
        """A part of the transaction that can be undone alone; nothing is committed at its end."""
        with self.lock:
            self._begin()
        with super().transaction(savepoint_name, force_rollback) as part:
            yield part

    def ask(self, sql: str, schema: str, binds: Mapping[str, Any], *, reads: bool = False) -> Answer:
        """What PostgreSQL answers to a text with named values; raises psycopg.Error."""
        made = numbered(sql, schema)
        return self.send(made.sql, [binds[name] for name in made.names], made.formats, reads=reads)

    def send(
        self, sql: bytes, values: Sequence[Any], formats: Sequence[PyFormat] = (), *, reads: bool = False
    ) -> Answer:
        """What PostgreSQL answers to a statement with parameters $1, $2…; raises psycopg.Error.

        What only reads begins no transaction: it sees the same within one, and a request that writes nothing saves two
        round trips.
        """
        with self.lock:
            writer = self._writer
            given = writer.dump_sequence(values, formats or [PyFormat.AUTO] * len(values)) if values else ()
            types = (writer.types or ()) if values else ()
            known = self._find((sql, types))
            if self._stale or not reads:
                self._begin()
            try:
                result = self._run(known, sql, given, types, writer.formats if values else None)
            except (errors.NotSupportedError, errors.ProgrammingError, errors.InternalError):
                self._drop((sql, types))
                raise
            return known.read(self, result)

    def _find(self, key: tuple[bytes, tuple[int, ...]]) -> _Known:
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _Known()
            if len(self._known) > PLANNED:
                self._drop(next(iter(self._known)))
        else:
            self._known.move_to_end(key)
        known.times += 1
        return known

    def _drop(self, key: tuple[bytes, tuple[int, ...]]) -> None:
        """Have a statement planned anew when it comes again: what failed may be a plan for what is no more."""
        known = self._known.pop(key, None)
        if known is not None and known.name:
            self._stale.append(known.name)

    def _begin(self) -> None:
        if self.pgconn.transaction_status != TransactionStatus.IDLE or self.autocommit:
            return
        freed = b"".join(b"; DEALLOCATE " + name for name in self._stale)
        self._stale.clear()
        self._await(self.pgconn.send_query, b"BEGIN" + freed)

    def _run(
        self,
        known: _Known,
        sql: bytes,
        given: Sequence[Buffer | None],
        types: Sequence[int],
        formats: Sequence[Format] | None,
    ) -> PGresult:
        if known.times > SELDOM and not known.name:
            self._plans += 1
            name = b"wire_%d" % self._plans
            self._await(self.pgconn.send_prepare, name, sql, types)
            known.name, known.reader = name, None
        if known.name:
            return self._await(self.pgconn.send_query_prepared, known.name, given, formats, Format.TEXT)
        if given:
            return self._await(self.pgconn.send_query_params, sql, given, types, formats, Format.TEXT)
        return self._await(self.pgconn.send_query, sql)

    def _await(self, send: Callable[..., None], *details: Any) -> PGresult:
        send(*details)
        results: list[PGresult] = self.wait(generators.execute(self.pgconn))
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                raise errors.error_from_result(result)
        return results[0]
