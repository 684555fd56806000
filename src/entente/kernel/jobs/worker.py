"""The worker: runs the queue's jobs in threads, feeds the followers, keeps the schedule, takes up what died."""

import asyncio
import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import procrastinate
import psycopg
from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import Job
from psycopg_pool import PoolTimeout

from entente.kernel.db.database import Database
from entente.kernel.jobs.dead import DeadJob, give_up
from entente.kernel.jobs.deadline import time_limit
from entente.kernel.jobs.dispatcher import follow_forever, persist
from entente.kernel.jobs.followers import Follower
from entente.kernel.jobs.queue import BACK_OFF_SECONDS, JobDef, Order, Run, typed
from entente.kernel.jobs.reaper import STALE_SECONDS, reap
from entente.kernel.jobs.schedule import bring_forward, tick
from entente.kernel.jobs.settling import Jobs
from entente.kernel.kit.principal import system

# Long work has queues of its own; the second lane stays free for what people wait for.
LANES: tuple[tuple[dict[str, Any], int], ...] = (({}, 3), ({"queues": ["default"]}, 1))
CONCURRENCY = sum(slots for _, slots in LANES)
UPKEEP_SECONDS = 15
# Whoever sets the clock looks at once at what became of it.
TEST_SECONDS = 0.5
HEARTBEAT_SECONDS = 5
GRACE_SECONDS = 20

log = logging.getLogger(__name__)


class Buried(Exception):  # noqa: N818 - says what became of the job
    """The job failed for the last time and lies with the dead ones."""


class _BackOff(procrastinate.BaseRetryStrategy):
    """Longer and longer pauses, until the job is buried; the reaper buries what could not be."""

    def __init__(self, retries: int) -> None:
        self._retries = retries

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> procrastinate.RetryDecision | None:
        """When to try again; never once it is buried or all tries are used up."""
        if isinstance(exception, Buried) or job.attempts >= self._retries:
            return None
        pause = BACK_OFF_SECONDS[min(job.attempts, len(BACK_OFF_SECONDS) - 1)]
        return procrastinate.RetryDecision(retry_in={"seconds": pause})


def run_worker(
    database: Database, jobs: Sequence[JobDef], followers: Sequence[Follower], stopping: threading.Event
) -> None:
    """Work until told to stop; running jobs get 20 s to end, and another worker takes up what did not."""
    threads = [
        threading.Thread(target=follow_forever, args=(database, followers, stopping), name="followers", daemon=True),
        threading.Thread(target=_keep_up, args=(database, jobs, stopping), name="upkeep", daemon=True),
    ]
    for thread in threads:
        thread.start()
    asyncio.run(_serve_queue(database, jobs, stopping))
    for thread in threads:
        thread.join(timeout=GRACE_SECONDS)


def run_job(database: Database, made: JobDef, number: int, attempts: int, order: Order) -> None:
    """Run one job once; Buried when it failed for the last time, else whatever it raised."""
    try:
        _run(database, made, order)
    except Exception as error:
        if attempts < made.retries:
            raise
        dead = DeadJob(
            id=number,
            name=made.name,
            queue=made.queue,
            arguments=msgspec.to_builtins(order),
            tries=attempts + 1,
            error=f"{type(error).__name__}: {error}",
            failed_at=database.clock.now(),
        )
        give_up(database, made, order, dead)
        raise Buried(made.name) from error


def _run(database: Database, made: JobDef, order: Order) -> None:
    arguments = typed(made.function, order.arguments)
    principal = system(made.name)
    if not made.transaction:
        with time_limit(made.limit):
            made.function(Run(database, order.organisation, principal, order.cause), **arguments)
        return
    with database.begin(principal, organisation=order.organisation, cause=order.cause) as tx:
        for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
            tx.connection.execute("SELECT set_config(%s, %s, true)", (setting, f"{made.limit}s"))
        with time_limit(made.limit, tx.connection):
            made.function(tx, **arguments)


def _queue_app(database: Database, jobs: Sequence[JobDef]) -> procrastinate.App:
    connector = procrastinate.PsycopgConnector(
        conninfo=database.conninfo,
        min_size=2,
        max_size=CONCURRENCY + 2 * len(LANES),
        kwargs={"options": "-c search_path=public -c timezone=UTC", "connect_timeout": 5},
    )
    app = procrastinate.App(connector=connector)
    for made in jobs:
        _register(app, database, made)
    return app


def _register(app: procrastinate.App, database: Database, made: JobDef) -> None:
    def run(context: procrastinate.JobContext, /, **values: Any) -> None:
        number = context.job.id or 0
        run_job(database, made, number, context.job.attempts, msgspec.convert(values, Order))

    app.task(name=made.name, queue=made.queue, pass_context=True, retry=_BackOff(made.retries))(run)


async def _serve_queue(database: Database, jobs: Sequence[JobDef], stopping: threading.Event) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(CONCURRENCY + 4))
    told = asyncio.ensure_future(asyncio.to_thread(stopping.wait))
    while not told.done():
        try:
            await _serve_once(_queue_app(database, jobs), told)
        except (ProcrastinateException, psycopg.Error, PoolTimeout, OSError) as error:
            log.warning("the queue does not answer (%r): the next try follows", error.__cause__ or error)
        await asyncio.wait({told}, timeout=1)


async def _serve_once(app: procrastinate.App, told: "asyncio.Future[bool]") -> None:
    async with app.open_async():
        app.job_manager = known = Jobs(app.connector)
        lanes = [asyncio.ensure_future(_lane(app, limits, slots)) for limits, slots in LANES]
        lost = asyncio.ensure_future(known.lost.wait())
        every: list[asyncio.Future[Any]] = [*lanes, told, lost]
        await asyncio.wait(every, return_when=asyncio.FIRST_COMPLETED)
        for waiter in (*lanes, lost):
            waiter.cancel()
        for ended in await asyncio.gather(*lanes, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


async def _lane(app: procrastinate.App, limits: Mapping[str, Any], slots: int) -> None:
    await app.run_worker_async(
        **limits,
        concurrency=slots,
        install_signal_handlers=False,
        fetch_job_polling_interval=2.0,
        shutdown_graceful_timeout=GRACE_SECONDS,
        delete_jobs="successful",
        update_heartbeat_interval=HEARTBEAT_SECONDS,
        stalled_worker_timeout=STALE_SECONDS,
    )


def _keep_up(database: Database, jobs: Sequence[JobDef], stopping: threading.Event) -> None:
    known = {made.name: made for made in jobs}

    def once() -> None:
        while not stopping.is_set():
            reap(database, known)
            tick(database, jobs)
            if database.settings.test_clock:
                bring_forward(database)
            stopping.wait(TEST_SECONDS if database.settings.test_clock else UPKEEP_SECONDS)

    persist(once, stopping)
