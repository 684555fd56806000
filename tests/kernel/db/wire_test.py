"""The wire: values by name, plans kept over repeated use, faults told as the driver tells them."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.pq import TransactionStatus

from entente.kernel.db.database import Database
from entente.kernel.db.statement import only_reads
from entente.kernel.db.wire import MOST_WAITING, PLANNED, Wire, numbered

OFTEN = 6


def test_values_are_numbered_once_each_and_percent_signs_stay() -> None:
    made = numbered("SELECT %(a)s, %(b)b, %(a)s FROM {schema}.x WHERE y LIKE '%%z'", 'org_"x')
    assert made.sql == b"""SELECT $1, $2, $1 FROM "org_""x".x WHERE y LIKE '%z'"""
    assert made.names == ("a", "b")


def test_rows_come_as_python_values_before_and_after_they_are_planned(database: Database) -> None:
    identity = uuid4()
    sql = "SELECT %(id)s::uuid AS id, %(amount)s::numeric AS amount, %(none)s::text AS none, '[1]'::jsonb AS list"
    for _ in range(OFTEN):
        with database.connection() as connection:
            answer = connection.ask(sql, "org_main", {"id": identity, "amount": Decimal("1.50"), "none": None})
        assert answer.rows() == [{"id": identity, "amount": Decimal("1.50"), "none": None, "list": [1]}]


def test_statement_tells_how_many_rows_it_touched(database: Database) -> None:
    with database.connection() as connection:
        connection.send(b"CREATE TEMPORARY TABLE made (a int) ON COMMIT DROP", [])
        for _ in range(OFTEN):
            assert connection.send(b"INSERT INTO made SELECT generate_series(1, $1)", [3]).touched == 3
        assert connection.send(b"DELETE FROM made", []).touched == 3 * OFTEN


def test_work_is_undone_with_its_transaction(database: Database) -> None:
    with database.connection() as connection:
        connection.send(b"CREATE TABLE public.never (a int)", [])
        connection.rollback()
        assert connection.send(b"SELECT to_regclass('public.never')", []).values == [(None,)]


def test_a_transaction_begins_with_what_writes(database: Database) -> None:
    with database.connection() as connection:
        assert connection.send(b"SELECT 1", [], reads=True).values == [(1,)]
        assert connection.info.transaction_status == TransactionStatus.IDLE
        connection.send(b"CREATE TABLE public.never (a int)", [])
        assert connection.send(b"SELECT count(*) FROM public.never", [], reads=True).values == [(0,)]
        connection.rollback()
        assert connection.send(b"SELECT to_regclass('public.never')", [], reads=True).values == [(None,)]


def test_a_part_that_comes_first_commits_nothing(database: Database) -> None:
    with database.connection() as connection:
        connection.send(b"SELECT 1", [], reads=True)
        with connection.transaction():
            connection.send(b"CREATE TABLE public.never (a int)", [])
        connection.rollback()
        assert connection.send(b"SELECT to_regclass('public.never')", []).values == [(None,)]


def test_plans_that_are_pushed_out_by_reading_alone_are_given_up(database: Database) -> None:
    with database.connection() as connection:
        for number in range(PLANNED + 50):
            for _ in range(4):
                connection.send(b"SELECT $1::int + %d" % number, [1], reads=True)
            connection.commit()
        [(kept,)] = connection.send(b"SELECT count(*) FROM pg_prepared_statements", [], reads=True).values
        assert PLANNED - 50 <= kept <= PLANNED


def test_what_writes_or_locks_is_told_from_what_reads() -> None:
    made = sa.table("made", sa.column("a"))
    plain = sa.select(made.c.a)
    gone = sa.delete(made).returning(made.c.a)
    for statement in (plain, plain.union(plain), plain.where(plain.exists())):
        assert only_reads(statement), statement
    locked = plain.with_for_update()
    for writing in (locked, gone, sa.insert(made).returning(made.c.a), sa.select(gone.cte()), locked.union(plain)):
        assert not only_reads(writing), writing


def test_plans_outlive_a_refused_statement(database: Database) -> None:
    with database.connection() as connection:
        for _ in range(OFTEN):
            connection.send(b"SELECT $1::int + 40", [1])
        kept = connection.send(b"SELECT count(*) FROM pg_prepared_statements", []).values
        connection.commit()
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.send(b"SELECT 1 / $1::int", [0])
        connection.rollback()
        assert connection.send(b"SELECT $1::int + 40", [2]).values == [(42,)]
        assert connection.send(b"SELECT count(*) FROM pg_prepared_statements", []).values == kept


def test_plan_for_a_table_that_changed_is_made_anew(database: Database) -> None:
    with database.connection() as connection:
        connection.send(b"CREATE TABLE public.shifting AS SELECT 1 AS a", [])
        connection.commit()
        for _ in range(OFTEN):
            assert connection.send(b"SELECT * FROM public.shifting", []).values == [(1,)]
        connection.send(b"ALTER TABLE public.shifting ADD b text DEFAULT 'x'", [])
        connection.commit()
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            connection.send(b"SELECT * FROM public.shifting", [])
        connection.rollback()
        for _ in range(OFTEN):
            assert connection.send(b"SELECT * FROM public.shifting", []).rows() == [{"a": 1, "b": "x"}]


def test_only_so_many_plans_are_kept(database: Database) -> None:
    with database.connection() as connection:
        for number in range(PLANNED + 50):
            for _ in range(4):
                connection.send(b"SELECT $1::int + %d" % number, [1])
        connection.commit()
        [(kept,)] = connection.send(b"SELECT count(*) FROM pg_prepared_statements", []).values
        assert PLANNED - 50 <= kept <= PLANNED


def test_lost_connection_is_an_operational_error(database: Database) -> None:
    with database.pool.connection() as connection:
        with psycopg.connect(database.conninfo, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
        with pytest.raises(psycopg.OperationalError):
            connection.send(b"SELECT pg_sleep($1::float)", [5.0])


Told = list[int | psycopg.Error]


def make_places(connection: Wire) -> None:
    connection.send(b"CREATE TEMPORARY TABLE place (a int PRIMARY KEY) ON COMMIT DROP", [])


def test_what_nobody_waits_for_is_there_for_what_is_asked_next(database: Database) -> None:
    with database.connection() as connection:
        for turn in range(OFTEN):
            told: Told = []
            make_places(connection)
            for number in range(3):
                connection.send_later(b"INSERT INTO place VALUES ($1 + %d)" % number, [0], told.append)
            connection.send_later(b"UPDATE place SET a = a + 10 WHERE a > $1", [0], told.append)
            assert told == [] or turn < OFTEN - 1, "only what is planned first is waited for"
            assert connection.send(b"SELECT count(*), max(a) FROM place", []).values == [(3, 12)]
            assert told == [1, 1, 1, 2]
            connection.send_later(b"INSERT INTO place VALUES ($1)", [77], told.append)
            assert connection.execute("SELECT count(*) FROM place").fetchone() == (4,)
            connection.commit()


def test_a_fault_that_nobody_waited_for_is_told_at_the_next_answer_and_what_came_after_it_is_not_done(
    database: Database,
) -> None:
    told: Told = []
    with database.connection() as connection:
        make_places(connection)
        for text in (b"VALUES (1)", b"SELECT 1", b"VALUES (2)"):
            connection.send_later(b"INSERT INTO place " + text, [], told.append)
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.send(b"SELECT 1", [])
        assert [type(each) for each in told] == [int, psycopg.errors.UniqueViolation]
        connection.rollback()
        assert connection.send(b"SELECT 2", []).values == [(2,)]


def test_whoever_is_told_of_a_fault_may_raise_another(database: Database) -> None:
    def refuse(became: int | psycopg.Error) -> None:
        raise LookupError("taken")

    ends: tuple[Callable[[Wire], object], ...] = (Wire.commit, Wire.cursor, Wire.settle)
    for end in ends:
        with database.connection() as connection:
            make_places(connection)
            connection.send_later(b"INSERT INTO place VALUES (1), (1)", [], refuse)
            with pytest.raises(LookupError):
                end(connection)
            connection.rollback()


def test_a_part_is_undone_with_what_nobody_has_waited_for(database: Database) -> None:
    told: Told = []
    with database.connection() as connection:
        make_places(connection)
        connection.send_later(b"INSERT INTO place VALUES (1)", [], told.append)
        with connection.transaction(force_rollback=True):
            connection.send_later(b"INSERT INTO place VALUES (2)", [], told.append)
        with suppress(LookupError), connection.transaction():
            connection.send_later(b"INSERT INTO place VALUES (4)", [], told.append)
            raise LookupError
        with pytest.raises(psycopg.errors.UniqueViolation), connection.transaction():
            connection.send_later(b"INSERT INTO place VALUES (1)", [], lambda became: None)
        assert connection.send(b"SELECT a FROM place", []).values == [(1,)]
        assert told == [1, 1]
        connection.send_later(b"INSERT INTO place VALUES (3)", [], told.append)
        connection.rollback()
        assert told == [1, 1]


def test_a_plan_is_made_only_of_what_was_reached(database: Database) -> None:
    with database.connection() as connection:
        for _ in range(OFTEN):
            make_places(connection)
            connection.send_later(b"INSERT INTO place VALUES (1), (1)", [], lambda became: None)
            with suppress(psycopg.errors.UniqueViolation):
                connection.send_later(b"INSERT INTO place VALUES ($1)", [5], lambda became: None)
                connection.commit()
            connection.rollback()
        make_places(connection)
        connection.send_later(b"INSERT INTO place VALUES ($1)", [5], lambda became: None)
        assert connection.send(b"SELECT a FROM place", []).values == [(5,)]


def test_more_may_wait_than_fits_between_the_processes(database: Database) -> None:
    told: Told = []
    with database.connection() as connection:
        connection.send(b"CREATE TEMPORARY TABLE wide (a text) ON COMMIT DROP", [])
        for _ in range(MOST_WAITING * 3):
            connection.send_later(b"INSERT INTO wide VALUES ($1)", ["x" * 20_000], told.append)
        assert connection.send(b"SELECT count(*) FROM wide", []).values == [(MOST_WAITING * 3,)]
    assert told == [1] * (MOST_WAITING * 3)


def test_a_lost_connection_is_told_of_what_nobody_waited_for(database: Database) -> None:
    told: Told = []
    with database.pool.connection() as connection:
        connection.send(b"SELECT 1", [])
        with psycopg.connect(database.conninfo, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
        with suppress(psycopg.OperationalError):
            connection.send_later(b"SELECT pg_sleep($1::float)", [5.0], told.append)
            connection.settle()
        assert connection.closed
    assert not [each for each in told if isinstance(each, int)]
