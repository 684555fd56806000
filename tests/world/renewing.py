"""A database that the tests of a worker have one after the other, as new each time, with its connections kept.

A copy of the template costs more processor time than most tests: a thousand files, and connections that know nothing.
What a test wrote is found by PostgreSQL's own counters and taken out to the last byte; a test that changed anything
else (tables, settings, connections left open or broken) leaves its database to be dropped.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool

from entente.kernel.db.database import Database
from entente.kernel.identity import authenticate
from entente.kernel.kit.clock import Clock
from entente.settings import Settings

PATIENCE, PAUSE = 200, 0.005  # how often, and with how many seconds between, the end of a connection is awaited
AS_NEW = b"RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(), pg_stat_force_next_flush()"
TABLES = """
    SELECT c.oid, n.nspname, c.relname, c.relpages, c.reltuples, c.relallvisible, c.relallfrozen
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
SEQUENCES = """
    SELECT format('%I.%I', schemaname, sequencename), coalesce(last_value, start_value), last_value IS NOT NULL
    FROM pg_sequences
"""
# Counting begins anew with each test.
WRITTEN = """
    SELECT oid FROM pg_class WHERE relkind = 'r' AND NOT relisshared AND
    pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid) + pg_stat_get_tuples_deleted(oid) > 0
"""
OTHERS = """
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND NOT pid = ANY(%s)
"""
# What VACUUM has noted: the planner takes a table that was never looked at for a larger one than an empty one.
SIZES_AS_BEFORE = """
    UPDATE pg_class SET relpages = size.pages, reltuples = size.rows, relallvisible = size.visible,
                        relallfrozen = size.frozen
    FROM unnest(%s::oid[], %s::int[], %s::float4[], %s::int[], %s::int[]) AS size (id, pages, rows, visible, frozen)
    WHERE oid = size.id
"""
SEQUENCES_AS_BEFORE = """
    SELECT setval(place.name::regclass, place.value, place.used)
    FROM unnest(%s::text[], %s::bigint[], %s::boolean[]) AS place (name, value, used)
"""


class Contents:
    """What a template holds: its tables by their ids with their sizes and rows, and where its sequences stand."""

    def __init__(self, dsn: str) -> None:
        with psycopg.connect(dsn) as connection:
            found = connection.execute(TABLES).fetchall()
            self.names = {line[0]: sql.Identifier(line[1], line[2]) for line in found}
            self.sizes = {line[0]: (line[0], *line[3:]) for line in found}
            self.rows = {table: _read(connection, name) for table, name in self.names.items()}
            self.sequences = _columns(connection.execute(SEQUENCES).fetchall())


def _columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _read(connection: psycopg.Connection[Any], table: sql.Identifier) -> bytes:
    if connection.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(table)).fetchone() is None:
        return b""
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(table)) as rows:
        return b"".join(map(bytes, rows))


class Renewed:
    """A copy of a template with the connections to it, as new for one test after the other."""

    def __init__(self, database: Database, superuser: str, contents: Contents) -> None:
        self.database = database
        self.contents = contents
        self.owner = psycopg.connect(
            superuser, autocommit=True, options="-c session_replication_role=replica -c stats_fetch_consistency=none"
        )
        self._count_anew()

    def renew(self) -> bool:
        """Take out what was written, and say whether everything is as new."""
        with suppress(psycopg.Error):
            own = _as_new(self.database.pool)
            return own is not None and self._is_left_alone(own) and self._take_out()
        return False

    def _count_anew(self) -> None:
        self.owner.execute("SELECT pg_stat_force_next_flush()")
        self.owner.execute("SELECT pg_stat_reset()")

    def _is_left_alone(self, own: list[int]) -> bool:
        """Whether nobody else is connected; what he did is counted at the latest when he goes."""
        for _ in range(PATIENCE):
            if self.owner.execute(OTHERS, [own]).fetchone() is None:
                return True
            time.sleep(PAUSE)
        return False

    def _take_out(self) -> bool:
        written = [table for (table,) in self.owner.execute(WRITTEN).fetchall()]
        if not self.contents.names.keys() >= set(written):
            return False
        if written:
            self._write_anew(written)
        self.owner.execute(SEQUENCES_AS_BEFORE, self.contents.sequences)
        self._count_anew()
        # Versions of rights begin anew: who was remembered under one of them is not who has it in the next test.
        vars(authenticate)["_memory"].__init__()
        return True

    def _write_anew(self, tables: list[int]) -> None:
        names = [self.contents.names[table] for table in tables]
        self.owner.execute(sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(name) for name in names))
        emptied = sql.SQL("VACUUM (INDEX_CLEANUP ON, SKIP_DATABASE_STATS) {}")
        self.owner.execute(emptied.format(sql.SQL(", ").join(names)))
        for table, name in zip(tables, names, strict=True):
            if rows := self.contents.rows[table]:
                with self.owner.cursor().copy(sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(name)) as copy:
                    copy.write(rows)
        self.owner.execute(SIZES_AS_BEFORE, _columns(self.contents.sizes[table] for table in tables))


def _as_new(pool: ConnectionPool[Any]) -> list[int] | None:
    """The processes behind the connections of a pool, each as when it was made; nothing when one stays in use."""
    for _ in range(PATIENCE):
        known = pool.get_stats()
        if known["pool_available"] == known["pool_size"]:
            break
        time.sleep(PAUSE)
    else:
        return None
    taken = [pool.getconn() for _ in range(known["pool_size"])]
    for connection in taken:
        connection.execute(AS_NEW)
        connection.commit()
        pool.putconn(connection)
    return [connection.info.backend_pid for connection in taken]


class Lender:
    """Lends the database of a worker, and makes another when one cannot be renewed."""

    def __init__(
        self, superuser: str, contents: Contents, make: Callable[[], Database], drop: Callable[[Database], None]
    ) -> None:
        self._superuser = superuser
        self._contents = contents
        self._make = make
        self._drop = drop
        self._known: Renewed | None = None

    @contextmanager
    def lent(self, settings: Settings, clock: Clock) -> Iterator[Database]:
        """The database until the block ends; whoever asks it later finds it closed."""
        known = self._known = self._known or self._renewed(self._make())
        over = known.database
        made = Database(
            over.conninfo, settings, sources=over.sources, words=over.words, migrations=over.migrations, clock=clock
        )
        closed, made.pool = made.pool, over.pool
        try:
            yield made
        finally:
            made.pool = closed
            if not known.renew():
                self.close()

    def _renewed(self, database: Database) -> Renewed:
        dsn = make_conninfo(self._superuser, dbname=conninfo_to_dict(database.conninfo)["dbname"])
        return Renewed(database, dsn, self._contents)

    def close(self) -> None:
        """Drop the database."""
        known, self._known = self._known, None
        if known:
            known.owner.close()
            self._drop(known.database)
