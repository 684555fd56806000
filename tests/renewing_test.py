"""The database that tests have one after the other: as new for each of them, or another one."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg_pool import PoolClosed

from entente.kernel.db.database import Database
from tests.conftest import copied
from tests.world.cast import World

Lends = Callable[[], AbstractContextManager[Database]]

TABLES = """
    SELECT format('%I.%I', n.nspname, c.relname), c.relpages, c.reltuples
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname !~ '^pg_|information_schema' ORDER BY 1
"""
LATE: list[psycopg.Connection[Any]] = []


@pytest.fixture
def lends(lender: Callable[[Path], AbstractContextManager[Database]], tmp_path: Path) -> Lends:
    return partial(lender, tmp_path)


def content(database: Database) -> dict[str, Any]:
    """Every row in the order in which it lies there, every sequence, what the planner knows of sizes."""
    with psycopg.connect(database.conninfo) as connection:
        tables = connection.execute(TABLES).fetchall()
        found: dict[str, Any] = {
            name: (pages, rows, connection.execute(f"SELECT t::text FROM {name} t".encode()).fetchall())
            for name, pages, rows in tables
        }
        places = connection.execute("SELECT schemaname, sequencename, last_value FROM pg_sequences").fetchall()
        return {**found, **{f"{schema}.{name}": place for schema, name, place in places}}


def test_what_was_written_is_gone(lends: Lends, admin_dsn: str, template: str, tmp_path: Path) -> None:
    with copied(admin_dsn, template, tmp_path) as fresh:
        new = content(fresh)
    with lends() as database:
        World(database).has("lead", "james", last_name="Left", company_name="Behind")
        with database.connection() as connection:
            assert connection.execute("UPDATE org_main.user SET language = 'fr' WHERE login = 'admin'").rowcount == 1
            assert connection.execute("DELETE FROM org_main.duplicate_rule").rowcount > 0
            connection.execute("SELECT nextval('public.procrastinate_jobs_id_seq')")
        written = content(database)
        assert {name for name in new if written[name] != new[name]} >= {
            "org_main.lead", 'org_main."user"', "org_main.duplicate_rule", "public.procrastinate_jobs_id_seq"
        }  # fmt: skip
    with lends() as again:
        assert again.conninfo == database.conninfo
        found = content(again)
    assert {name for name in new if found[name] != new[name]} == set()


def test_what_a_connection_was_told_is_gone(lends: Lends) -> None:
    with lends() as database, database.connection() as connection:
        connection.execute("SET statement_timeout = '5min'; LISTEN somebody; SELECT pg_advisory_lock(7)")
    with lends() as again:
        taken = [again.pool.getconn() for _ in range(again.pool.get_stats()["pool_size"])]
        told = [connection.execute("SHOW statement_timeout").fetchone() for connection in taken]
        heard = [connection.execute("SELECT pg_listening_channels()").fetchall() for connection in taken]
        locks = taken[0].execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 7").fetchall()
        for connection in taken:
            again.pool.putconn(connection)
        assert again.conninfo == database.conninfo
    assert (set(told), [each for each in heard if each], locks) == ({("30s",)}, [], [])


def make_table(database: Database) -> None:
    with database.connection() as connection:
        connection.execute("CREATE TABLE public.left_behind (a int)")


def empty_table(database: Database) -> None:
    with database.connection() as connection:
        connection.execute("TRUNCATE org_main.duplicate_rule CASCADE")


def stay_connected(database: Database) -> None:
    LATE.append(psycopg.connect(database.conninfo, autocommit=True))


def keep_a_connection(database: Database) -> None:
    LATE.append(database.pool.getconn())


def break_a_connection(database: Database) -> None:
    with suppress(psycopg.Error), database.connection() as connection:
        connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.mark.parametrize("spoil", [make_table, empty_table, stay_connected, keep_a_connection, Database.close])
def test_database_that_cannot_be_renewed_is_dropped(spoil: Callable[[Database], None], lends: Lends) -> None:
    with lends() as database:
        spoil(database)
    while LATE:
        LATE.pop().close()
    with lends() as another:
        assert another.conninfo != database.conninfo
        assert World(another).has("lead", "james", last_name="New", company_name="Here")


def test_broken_connection_reaches_nobody(lends: Lends) -> None:
    with lends() as database:
        break_a_connection(database)
    with lends() as again:
        for _ in range(4):
            assert World(again).has("lead", "james", last_name="Met", company_name="Nobody")


def test_who_comes_late_is_refused(lends: Lends) -> None:
    with lends() as database:
        pass
    with pytest.raises(PoolClosed), database.connection():
        """Nobody comes here."""
    with lends() as again:
        assert again.pool is not database.pool
