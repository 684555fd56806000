"""Jobs: plain functions that run after the transaction which asked for them has committed."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import ModuleType
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.database import Database
from entente.kernel.db.tx import Cause, Tx, engine_row
from entente.kernel.kit.principal import Principal

MOST_RETRIES = 3
BACK_OFF_SECONDS = (10, 60, 300)
MARK = "entente_job"
RESERVED = frozenset({"at", "key"})

Function = TypeVar("Function", bound=Callable[..., Any])

_ENQUEUE = """
INSERT INTO public.procrastinate_jobs (queue_name, task_name, priority, queueing_lock, args, scheduled_at)
VALUES (%(queue)s, %(name)s, %(priority)s, %(lock)s, %(args)s, %(at)s)
ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
RETURNING id
"""


class JobDef(msgspec.Struct, frozen=True, kw_only=True):
    """A function that a worker runs; `every` is a cron line in UTC, `limit` the seconds that one run may take.

    It gets a transaction of its own, or a Run when it must open several (`transaction=False`: network in between).
    `buried`, a function of transaction, reason and the job's arguments, is told when it failed for the last time.
    """

    name: str
    function: Callable[..., Any]
    retries: int = MOST_RETRIES
    queue: str = "default"
    priority: int = 0
    every: str | None = None
    limit: int = 300
    transaction: bool = True
    buried: Callable[..., None] | None = None


class Run(msgspec.Struct, frozen=True):
    """One run of a job that opens its own transactions, so that none is open while it talks to the network."""

    database: Database
    organisation: str
    principal: Principal
    cause: Cause

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """A transaction of the run, committed when the block ends well."""
        with self.database.begin(self.principal, organisation=self.organisation, cause=self.cause) as tx:
            yield tx


class Order(msgspec.Struct, frozen=True):
    """What the queue keeps of a job: for whom, caused by what, with which arguments."""

    organisation: str
    cause: Cause
    arguments: dict[str, Any]


def job(
    name: str,
    *,
    retries: int = MOST_RETRIES,
    queue: str = "default",
    priority: int = 0,
    every: str | None = None,
    limit: int = 300,
    transaction: bool = True,
    buried: Callable[..., None] | None = None,
) -> Callable[[Function], Function]:
    """Mark a function as a job; `jobs_in` collects it, importing registers nothing."""
    if not 0 <= retries <= MOST_RETRIES:
        raise ValueError(f"{name}: a job has at most {MOST_RETRIES} retries")

    def mark(function: Function) -> Function:
        if RESERVED & set(inspect.signature(function).parameters):
            raise ValueError(f"{name}: at and key are words of enqueue, not arguments")
        made = JobDef(
            name=name,
            function=function,
            retries=retries,
            queue=queue,
            priority=priority,
            every=every,
            limit=limit,
            transaction=transaction,
            buried=buried,
        )
        setattr(function, MARK, made)
        return function

    return mark


def jobs_in(modules: Iterable[ModuleType]) -> tuple[JobDef, ...]:
    """The jobs that modules of code define, in their order; a name given twice is refused with a ValueError."""
    found: dict[str, JobDef] = {}
    for module in modules:
        for value in vars(module).values():
            made = getattr(value, MARK, None)
            if not isinstance(made, JobDef) or made.function.__module__ != module.__name__:
                continue
            if found.setdefault(made.name, made) is not made:
                raise ValueError(f"{module.__name__}: job {made.name!r} stands in two places")
    return tuple(found.values())


def job_of(function: Callable[..., Any]) -> JobDef:
    """The job that a marked function is; raises TypeError when it is none."""
    made = getattr(function, MARK, None)
    if not isinstance(made, JobDef):
        raise TypeError(f"{function} is no job")
    return made


def enqueue(
    tx: Tx,
    work: JobDef | Callable[..., Any],
    /,
    *,
    at: datetime | None = None,
    key: str | None = None,
    **arguments: Any,
) -> int | None:
    """The number in the queue of a job that runs once this transaction has committed, not before `at`.

    With a key, nothing when the same key is waiting already: two requests for one thing become one run.
    """
    made = work if isinstance(work, JobDef) else job_of(work)
    cause = Cause(tx.cause.id, "job", made.name, tx.cause.depth)
    order = Order(tx.catalog.schema.removeprefix("org_"), cause, msgspec.to_builtins(arguments))
    return put(tx, made.name, order, queue=made.queue, priority=made.priority, at=at, key=key)


def put(
    tx: Tx,
    name: str,
    order: Order,
    *,
    queue: str,
    priority: int = 0,
    at: datetime | None = None,
    key: str | None = None,
) -> int | None:
    """The number in the queue of an order for the job of a name, or nothing when its key is waiting already."""
    lock = f"{order.organisation}:{name}:{key}" if key else None
    args = Jsonb(msgspec.to_builtins(order))
    found = engine_row(tx, _ENQUEUE, queue=queue, name=name, priority=priority, lock=lock, args=args, at=at)
    return found["id"] if found else None


def is_pending(tx: Tx, name: str, cause: UUID) -> bool:
    """Whether a job of a name, asked for under a cause, still waits or runs."""
    text = (
        "SELECT EXISTS (SELECT 1 FROM public.procrastinate_jobs WHERE task_name = %s"
        " AND status IN ('todo', 'doing') AND args -> 'cause' ->> 'id' = %s)"
    )
    found = tx.connection.execute(text, (name, str(cause))).fetchone()
    return bool(found and found[0])


def pending_arguments(tx: Tx, name: str) -> list[dict[str, Any]]:
    """The arguments of the organisation's jobs of a name that still wait or run."""
    text = (
        "SELECT args -> 'arguments' FROM public.procrastinate_jobs WHERE task_name = %s"
        " AND status IN ('todo', 'doing') AND args ->> 'organisation' = %s"
    )
    organisation = tx.catalog.schema.removeprefix("org_")
    return [arguments for (arguments,) in tx.connection.execute(text, (name, organisation)).fetchall()]


def typed(function: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as the function's annotations want them; a ValidationError when one does not fit."""
    hints = get_type_hints(function)
    known = inspect.signature(function).parameters
    return {
        name: msgspec.convert(value, hints[name]) if name in known and name in hints else value
        for name, value in arguments.items()
    }
