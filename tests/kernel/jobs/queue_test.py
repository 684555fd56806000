"""The queue: with the caller's transaction or not at all, retried, buried, reaped, on time."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from tests.kernel.installation import begin, clock_of
from tests.kernel.jobs import examples

from entente.kernel.db.database import Database
from entente.kernel.db.tx import engine_rows
from entente.kernel.jobs.dead import dead_jobs, drop_dead_job, retry_dead_job
from entente.kernel.jobs.deadline import TimeLimitExceeded, time_limit
from entente.kernel.jobs.install import install_queue
from entente.kernel.jobs.queue import JobDef, Order, enqueue, job, job_of, jobs_in
from entente.kernel.jobs.reaper import reap
from entente.kernel.jobs.schedule import bring_forward, next_run, tick
from entente.kernel.jobs.worker import Buried, run_job, run_worker
from entente.kernel.kit.refusal import NotFound

JOBS = jobs_in([examples])
BY_NAME = {made.name: made for made in JOBS}
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _clean(database: Database) -> Iterator[None]:
    yield
    with begin(database) as tx:
        engine_rows(tx, "TRUNCATE public.procrastinate_jobs, public.procrastinate_workers CASCADE")
        engine_rows(tx, "TRUNCATE {schema}.dead_job, {schema}.periodic_job")
        engine_rows(tx, "DELETE FROM {schema}.business_unit")


@contextmanager
def working(database: Database) -> Iterator[None]:
    stopping = threading.Event()
    worker = threading.Thread(target=run_worker, args=(database, JOBS, [], stopping))
    worker.start()
    try:
        yield
    finally:
        stopping.set()
        worker.join()


def waiting(database: Database) -> list[dict[str, Any]]:
    with begin(database) as tx:
        return engine_rows(tx, "SELECT * FROM public.procrastinate_jobs ORDER BY id")


def units(database: Database) -> list[str]:
    with begin(database) as tx:
        return [row["name"] for row in engine_rows(tx, "SELECT name FROM {schema}.business_unit ORDER BY name")]


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def run_first(database: Database) -> None:
    row = waiting(database)[0]
    run_job(database, BY_NAME[row["task_name"]], row["id"], row["attempts"], msgspec.convert(row["args"], Order))


def test_queue_is_installed_once(database: Database) -> None:
    install_queue(database)
    with begin(database) as tx:
        assert engine_rows(tx, "SELECT 1 FROM entente.queue_migration")


def test_job_runs_after_commit(database: Database) -> None:
    with working(database):
        with begin(database) as tx:
            assert enqueue(tx, examples.add_unit, name="Paris")
        eventually(lambda: units(database) == ["Paris"])
        eventually(lambda: waiting(database) == [])


def test_long_work_leaves_a_lane_free(database: Database) -> None:
    with begin(database) as tx:
        for _ in range(6):
            enqueue(tx, examples.hold)
    with working(database):
        eventually(lambda: sum(row["status"] == "doing" for row in waiting(database)) == 3)
        with begin(database) as tx:
            enqueue(tx, examples.add_unit, name="quick")
        eventually(lambda: units(database) == ["quick"])
        examples.held.set()
        eventually(lambda: waiting(database) == [])


def test_job_vanishes_with_its_transaction(database: Database) -> None:
    with begin(database) as tx:
        enqueue(tx, examples.add_unit, name="never")
        tx.connection.rollback()
    assert waiting(database) == []


def test_key_makes_one_run_of_two_requests(database: Database) -> None:
    with begin(database) as tx:
        assert enqueue(tx, examples.add_unit, key="k", name="a")
        assert enqueue(tx, examples.add_unit, key="k", name="a") is None
        assert enqueue(tx, examples.add_unit, key="other", name="b")
    assert len(waiting(database)) == 2


def test_arguments_keep_their_types(database: Database) -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    with begin(database) as tx:
        enqueue(tx, examples.take_values, record=UUID(int=1), moment=at, amount=Decimal("1.10"))
    run_first(database)
    assert units(database) == [f"{UUID(int=1)} {at.isoformat()} 1.10"]


def test_run_opens_its_own_transactions(database: Database) -> None:
    with begin(database) as tx:
        enqueue(tx, examples.work_in_steps, name="step")
    run_first(database)
    assert units(database) == ["step 1", "step example.steps"]


def test_failure_leaves_no_trace_and_is_buried_at_last(database: Database) -> None:
    with begin(database) as tx:
        number = enqueue(tx, examples.fail, name="half")
    with pytest.raises(ValueError, match="no luck"):
        run_first(database)
    with begin(database) as tx:
        assert dead_jobs(tx) == []
        engine_rows(tx, "UPDATE public.procrastinate_jobs SET attempts = 1")
    with pytest.raises(Buried):
        run_first(database)
    assert units(database) == []
    with begin(database) as tx:
        (dead,) = dead_jobs(tx)
    assert (dead.id, dead.name, dead.tries, dead.error) == (number, "example.fail", 2, "ValueError: no luck")


def test_worker_retries_later_and_clears_what_was_buried(database: Database) -> None:
    with begin(database) as tx:
        enqueue(tx, examples.fail, name="half")
    with working(database):
        eventually(lambda: waiting(database)[0]["attempts"] == 1)
        (row,) = waiting(database)
        assert row["status"] == "todo"
        assert row["scheduled_at"] > datetime.now(UTC)
        with begin(database) as tx:
            engine_rows(tx, "UPDATE public.procrastinate_jobs SET scheduled_at = NULL")
        eventually(lambda: waiting(database)[0]["status"] == "failed")
    reap(database, BY_NAME)
    assert waiting(database) == []
    with begin(database) as tx:
        assert [dead.error for dead in dead_jobs(tx)] == ["ValueError: no luck"]


def test_dead_job_can_be_retried_or_dropped(database: Database) -> None:
    with begin(database) as tx:
        enqueue(tx, examples.fail, name="x")
        engine_rows(tx, "UPDATE public.procrastinate_jobs SET attempts = 1")
    with pytest.raises(Buried):
        run_first(database)
    with begin(database) as tx:
        engine_rows(tx, "DELETE FROM public.procrastinate_jobs")
        retry_dead_job(tx, dead_jobs(tx)[0].id)
        assert dead_jobs(tx) == []
    (row,) = waiting(database)
    assert (row["task_name"], row["attempts"], row["args"]["arguments"]) == ("example.fail", 0, {"name": "x"})
    with begin(database) as tx, pytest.raises(NotFound):
        drop_dead_job(tx, 123456)


def test_unknown_job_is_buried_not_lost(database: Database) -> None:
    with begin(database) as tx:
        enqueue(tx, JobDef(name="example.removed", function=print))
    with working(database):
        eventually(lambda: waiting(database)[0]["status"] == "failed")
    reap(database, BY_NAME)
    with begin(database) as tx:
        assert [dead.name for dead in dead_jobs(tx)] == ["example.removed"]


@pytest.mark.parametrize("function", [examples.compute_for_ever, examples.wait_for_ever])
def test_time_limit_ends_code_and_statements(database: Database, function: Callable[..., None]) -> None:
    with begin(database) as tx:
        enqueue(tx, function)
    with pytest.raises(Buried) as buried:
        run_first(database)
    assert isinstance(buried.value.__cause__, TimeLimitExceeded)


def test_time_limit_spares_what_comes_after() -> None:
    for _ in range(200):
        try:
            with time_limit(0.0005):
                sum(range(2000))
        except TimeLimitExceeded:
            pass
        sum(range(2000))


@pytest.mark.crash
def test_job_of_a_killed_worker_is_reaped(database: Database, tmp_path: Path) -> None:
    with begin(database) as tx:
        enqueue(tx, examples.sleep_when_first, name="lost")
    command = [sys.executable, "-m", "tests.kernel.jobs.worker_process", database.conninfo, str(tmp_path)]
    worker = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    try:
        eventually(lambda: waiting(database)[0]["status"] == "doing")
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert reap(database, BY_NAME) == 0
    eventually(lambda: reap(database, BY_NAME, stale_seconds=0.5) == 1)
    (row,) = waiting(database)
    assert (row["status"], row["attempts"]) == ("todo", 1)
    assert units(database) == []


def test_lost_job_whose_equal_waits_already_goes_without_it(database: Database) -> None:
    with begin(database) as tx:
        enqueue(tx, examples.sleep_when_first, key="same", name="lost")
        engine_rows(tx, "UPDATE public.procrastinate_jobs SET status = 'doing'")
        enqueue(tx, examples.sleep_when_first, key="same", name="lost")
    assert reap(database, BY_NAME) == 1
    (row,) = waiting(database)
    assert row["status"] == "todo"


def test_job_that_fails_while_its_equal_waits_leaves_the_work_to_it(database: Database) -> None:
    examples.begun.clear()
    examples.held.clear()
    with working(database):
        with begin(database) as tx:
            enqueue(tx, examples.fail_once_told, key="same", name="done")
        assert examples.begun.wait(30)
        with begin(database) as tx:
            enqueue(tx, examples.fail_once_told, at=datetime.now(UTC) + timedelta(seconds=3), key="same", name="done")
        examples.held.set()
        eventually(lambda: [row["status"] for row in waiting(database)] == ["todo"])
        eventually(lambda: units(database) == ["done"])
        eventually(lambda: not waiting(database))


def test_end_of_a_job_is_told_once(database: Database) -> None:
    with begin(database) as tx:
        enqueue(tx, examples.fail_and_tell, name="x")
    with pytest.raises(Buried):
        run_first(database)
    assert units(database) == ["x: ValueError: no luck"]
    with begin(database) as tx:
        engine_rows(tx, "UPDATE public.procrastinate_jobs SET status = 'failed'")
    reap(database, BY_NAME)
    assert waiting(database) == []
    assert units(database) == ["x: ValueError: no luck"]


def test_job_of_no_organisation_is_dropped(database: Database) -> None:
    with begin(database) as tx:
        enqueue(tx, examples.add_unit, name="nowhere")
        engine_rows(
            tx,
            """UPDATE public.procrastinate_jobs SET status = 'failed',
            args = jsonb_set(args, '{organisation}', '"gone"')""",
        )
    reap(database, BY_NAME)
    assert waiting(database) == []


@contextmanager
def breaking(database: Database, times: int) -> Iterator[None]:
    """The connection breaks, so many times, whenever it is to be written down that a job is under way no longer."""
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute(f"""
            CREATE SEQUENCE public.breaks;
            CREATE FUNCTION public.break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              IF nextval('public.breaks') <= {times} THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
              RETURN COALESCE(NEW, OLD);
            END $$;
            CREATE TRIGGER break BEFORE DELETE OR UPDATE OF status ON public.procrastinate_jobs
              FOR EACH ROW WHEN (OLD.status = 'doing') EXECUTE FUNCTION public.break()""")
        try:
            yield
        finally:
            connection.execute("DROP FUNCTION public.break() CASCADE; DROP SEQUENCE public.breaks")


@pytest.mark.crash
def test_job_is_done_once_though_the_connection_breaks_at_its_end(database: Database) -> None:
    with breaking(database, 1), working(database):
        with begin(database) as tx:
            enqueue(tx, examples.note_run)
        eventually(lambda: waiting(database) == [])
    assert len(units(database)) == 1


@pytest.mark.crash
def test_job_whose_end_could_not_be_written_down_is_done_again(database: Database) -> None:
    def done_again() -> bool:
        reap(database, BY_NAME)
        return len(units(database)) == 2 and not waiting(database)

    with breaking(database, 4), working(database):
        with begin(database) as tx:
            enqueue(tx, examples.note_run)
        eventually(done_again)


@pytest.mark.crash
def test_job_that_kills_every_worker_is_buried(database: Database) -> None:
    with begin(database) as tx:
        enqueue(tx, examples.sleep_when_first, name="poison")
        engine_rows(tx, "UPDATE public.procrastinate_jobs SET status = 'doing', attempts = 3")
    assert reap(database, BY_NAME) == 1
    assert waiting(database) == []
    with begin(database) as tx:
        assert [dead.tries for dead in dead_jobs(tx)] == [4]


@pytest.mark.crash
def test_worker_survives_the_loss_of_its_connections(database: Database) -> None:
    with working(database):
        with begin(database) as tx:
            enqueue(tx, examples.add_unit, name="before")
        eventually(lambda: units(database) == ["before"])
        with psycopg.connect(database.conninfo, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
            )
            connection.execute("SELECT 1")
        database.pool.check()
        with begin(database) as tx:
            enqueue(tx, examples.add_unit, name="later")
        eventually(lambda: "later" in units(database))


def test_periodic_job_is_due_once(database: Database) -> None:
    assert tick(database, JOBS) == 0
    clock_of(database).move(timedelta(minutes=59))
    assert tick(database, JOBS) == 0
    clock_of(database).move(timedelta(minutes=1))
    assert tick(database, JOBS) == 1
    assert tick(database, JOBS) == 0
    run_first(database)
    assert units(database) == ["hour 13"]


def test_periodic_job_is_made_up_for_once_after_a_long_sleep(database: Database) -> None:
    tick(database, JOBS)
    clock_of(database).move(timedelta(days=3))
    assert tick(database, JOBS) == 1
    assert tick(database, JOBS) == 0
    assert next_run("30 4 * * 1", datetime(2026, 11, 22, tzinfo=UTC)) == datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


def test_set_clock_brings_waiting_jobs_forward(database: Database) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    with begin(database) as tx:
        enqueue(tx, examples.add_unit, at=later, name="tomorrow")
    clock_of(database).put(later - timedelta(minutes=1))
    bring_forward(database)
    assert waiting(database)[0]["scheduled_at"] == later
    clock_of(database).put(later)
    bring_forward(database)
    assert waiting(database)[0]["scheduled_at"] < later


def test_names_and_retries_are_checked() -> None:
    with pytest.raises(ValueError, match="at most 3"):
        job("example.eager", retries=4)
    with pytest.raises(TypeError):
        job_of(units)
    with pytest.raises(ValueError, match="words of enqueue"):
        job("example.ambiguous")(lambda tx, at: None)
