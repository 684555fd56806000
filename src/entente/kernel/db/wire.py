"""Statements sent to PostgreSQL without a cursor: planned once when they come again, with how their rows are read.

The cursors of the driver take more processor time than most of our statements do.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, NamedTuple

import psycopg
from psycopg import Transaction, errors, generators
from psycopg.abc import Buffer, PQGen
from psycopg.abc import Transformer as Reading
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

# Pages and actions send some hundreds of different statements; one that is pushed out is planned anew.
PLANNED = 400
# What is asked once or twice is not worth a plan that is kept.
SELDOM = 2
# Their answers wait in the buffers between the two processes.
MOST_WAITING = 100
PLAN_FAULTS = (errors.NotSupportedError, errors.ProgrammingError, errors.InternalError)
Key = tuple[bytes, tuple[int, ...]]  # a statement and the types of its parameters
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


class _Sent(NamedTuple):
    """A statement on its way: what is known of it, its values as they are sent, and who is told what became of it."""

    key: Key
    known: "_Known"
    given: Sequence[Buffer | None]
    formats: Sequence[Format] | None
    told: Callable[[int | psycopg.Error], None] | None = None


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


class _Plans:
    """The statements that a connection has sent, the latest last, and the names of the plans it has to give up."""

    def __init__(self, writer: Reading) -> None:
        self.writer = writer
        self.known: OrderedDict[Key, _Known] = OrderedDict()
        self.stale: list[bytes] = []
        self.count = 0

    def sent(self, sql: bytes, values: Sequence[Any], formats: Sequence[PyFormat]) -> _Sent:
        """A statement with its values as they are sent."""
        if not values:
            key: Key = (sql, ())
            return _Sent(key, self.find(key), (), None)
        given = self.writer.dump_sequence(values, formats or [PyFormat.AUTO] * len(values))
        key = (sql, self.writer.types or ())
        return _Sent(key, self.find(key), given, self.writer.formats)

    def find(self, key: Key) -> _Known:
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = _Known()
            if len(self.known) > PLANNED:
                self.drop(next(iter(self.known)))
        else:
            self.known.move_to_end(key)
        known.times += 1
        return known

    def drop(self, key: Key) -> None:
        """Have a statement planned anew when it comes again: what failed may be a plan for what is no more."""
        known = self.known.pop(key, None)
        if known is not None and known.name:
            self.stale.append(known.name)

    def name(self) -> bytes:
        """A name for one more plan."""
        self.count += 1
        return b"wire_%d" % self.count

    def tell(self, sent: _Sent, results: Sequence[PGresult]) -> PGresult:
        """The good result of a statement; raises its fault, or what whoever is told of it makes of it."""
        try:
            result = _good(results)
        except psycopg.Error as fault:
            if isinstance(fault, PLAN_FAULTS):
                self.drop(sent.key)
            if sent.told:
                sent.told(fault)
            raise
        if sent.told:
            sent.told(result.command_tuples or 0)
        return result


class Wire(psycopg.Connection[Any]):
    """A connection that sends statements straight away; one thread uses it at a time."""

    def __init__(self, pgconn: PGconn, *args: Any) -> None:
        super().__init__(pgconn, *args)
        self._plans = _Plans(Transformer(self))
        self._waiting: list[_Sent] = []
        self.written: set[str] = set()  # the entities of which this transaction has written records

    @contextmanager
    def transaction(self, savepoint_name: str | None = None, force_rollback: bool = False) -> Iterator[Transaction]:
        """A part of the transaction that can be undone alone; nothing is committed at its end."""
        self.settle()
        with self.lock:
            self._begin()
        with super().transaction(savepoint_name, force_rollback) as part:
            try:
                yield part
                self.settle()
            finally:
                self.settle(undone=True)

    def commit(self) -> None:
        """End the transaction; raises what a statement that nobody has waited for was refused with."""
        self.settle()
        super().commit()
        self.written.clear()

    def rollback(self) -> None:
        """Undo the transaction, with what nobody has waited for."""
        self.settle(undone=True)
        self.written.clear()
        super().rollback()

    def cursor(self, *args: Any, **options: Any) -> Any:
        """A cursor of the driver, which sees all that was sent before."""
        self.settle()
        return super().cursor(*args, **options)

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
            made = self._plans.sent(sql, values, formats)
            if self._plans.stale or not reads:
                self._begin()
            if not self._waiting:
                return made.known.read(self, self._alone(made))
            self._join(made)
            return made.known.read(self, self._all_answered())

    def send_later(self, sql: bytes, values: Sequence[Any], told: Callable[[int | psycopg.Error], None]) -> None:
        """Send a statement whose answer is waited for with the next one’s, at the latest where the transaction ends.

        PostgreSQL works on it meanwhile. `told` is given the number of rows touched, or the fault in whose place it
        may raise another.
        """
        if len(self._waiting) >= MOST_WAITING:
            self.settle()
        with self.lock:
            made = self._plans.sent(sql, values, ())._replace(told=told)
            if not self._waiting:
                self._begin()
            self._join(made)
            self.pgconn.flush()

    def settle(self, *, undone: bool = False) -> None:
        """Wait for all that was sent for later; raises what `told` makes of a fault, unless all is being undone."""
        if not self._waiting:
            return
        with self.lock:
            if not undone:
                self._all_answered()
                return
            self._waiting = [each._replace(told=None) for each in self._waiting]
            with suppress(psycopg.Error):
                self._all_answered()

    def _alone(self, made: _Sent) -> PGresult:
        try:
            self._plan(made)
            _dispatch(self.pgconn, made, bare=not made.given)
            return _good(self.wait(generators.execute(self.pgconn)))
        except PLAN_FAULTS:
            self._plans.drop(made.key)
            raise

    def _join(self, made: _Sent) -> None:
        """Send a statement behind those that are waited for."""
        self._plan(made)
        if not self._waiting:
            self.pgconn.enter_pipeline_mode()
        _dispatch(self.pgconn, made)
        self._waiting.append(made)

    def _plan(self, made: _Sent) -> None:
        """Have a statement planned that comes often; what waits is answered first: its fault would be the plan’s."""
        known = made.known
        if known.name or known.times <= SELDOM:
            return
        if self._waiting:
            self._all_answered()
        name = self._plans.name()
        self._await(self.pgconn.send_prepare, name, *made.key)
        known.name, known.reader = name, None

    def _all_answered(self) -> PGresult:
        """The answer to what was sent last, once all is answered; raises the first fault."""
        waiting, self._waiting = self._waiting, []
        self.pgconn.pipeline_sync()
        found = self.wait(_fetched(self.pgconn, len(waiting)))
        self.pgconn.exit_pipeline_mode()
        return [self._plans.tell(each, results) for each, results in zip(waiting, found, strict=True)][-1]

    def _begin(self) -> None:
        if self.pgconn.transaction_status != TransactionStatus.IDLE or self.autocommit:
            return
        freed = b"".join(b"; DEALLOCATE " + name for name in self._plans.stale)
        self._plans.stale.clear()
        self._await(self.pgconn.send_query, b"BEGIN" + freed)

    def _await(self, send: Callable[..., None], *details: Any) -> PGresult:
        send(*details)
        return _good(self.wait(generators.execute(self.pgconn)))


def _dispatch(pgconn: PGconn, made: _Sent, *, bare: bool = False) -> None:
    sql, types = made.key
    if made.known.name:
        pgconn.send_query_prepared(made.known.name, made.given, made.formats, Format.TEXT)
    elif bare:
        pgconn.send_query(sql)
    else:
        pgconn.send_query_params(sql, made.given, types, made.formats, Format.TEXT)


def _good(results: Sequence[PGresult]) -> PGresult:
    for result in results:
        if result.status == ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(result)
    if not results:
        raise psycopg.OperationalError("the connection is lost")
    return results[0]


def _fetched(pgconn: PGconn, count: int) -> PQGen[list[list[PGresult]]]:
    """The results of so many statements sent together, each its own."""
    yield from generators.send(pgconn)
    found = []
    for _ in range(count):
        found.append((yield from generators.fetch_many(pgconn)))
    yield from generators.fetch_many(pgconn)
    return found
