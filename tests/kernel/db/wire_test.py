"""The wire: values by name, plans kept over repeated use, faults told as the driver tells them."""

from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.pq import TransactionStatus

from entente.kernel.db.database import Database
from entente.kernel.db.statement import only_reads
from entente.kernel.db.wire import PLANNED, numbered

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
