"""Jobs that failed for the last time: kept where a person sees them, to be tried again or dropped."""

import logging
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from entente.kernel.db.database import Database, schema_of
from entente.kernel.db.tx import Tx, engine_row, engine_rows, in_schema
from entente.kernel.jobs.queue import JobDef, Order, put, typed
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import NotFound, Refused

ERROR_LENGTH = 4000

log = logging.getLogger(__name__)

_BURY = """
INSERT INTO {schema}.dead_job (id, name, queue, arguments, tries, error, failed_at)
VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING
"""


class DeadJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that nobody will run again by itself."""

    id: int
    name: str
    queue: str
    arguments: dict[str, Any]
    tries: int
    error: str
    failed_at: datetime


def give_up(database: Database, made: JobDef | None, order: Order, dead: DeadJob) -> None:
    """Keep a dead job and let what it worked on know of it, once and together; a fault in the telling is logged."""
    try:
        with database.begin(system(dead.name), organisation=order.organisation, cause=order.cause) as tx:
            if _bury(tx.connection, order, dead) and made and made.buried:
                made.buried(tx, dead.error, **typed(made.function, order.arguments))
        return
    except (Refused, psycopg.Error, msgspec.ValidationError):
        log.exception("the end of job %s could not be told", dead.name)
    with database.connection() as connection:
        _bury(connection, order, dead)


def _bury(connection: psycopg.Connection[Any], order: Order, dead: DeadJob) -> bool:
    """Whether this was the first report of the job: that one stays."""
    done = connection.execute(
        in_schema(schema_of(order.organisation), _BURY),
        (
            dead.id,
            dead.name,
            dead.queue,
            Jsonb(dead.arguments),
            dead.tries,
            dead.error[:ERROR_LENGTH].replace("\x00", ""),
            dead.failed_at,
        ),
    )
    return done.rowcount == 1


def dead_jobs(tx: Tx, *, most: int = 200) -> list[DeadJob]:
    """The dead jobs of the organisation, latest first."""
    return [
        DeadJob(**row)
        for row in engine_rows(
            tx,
            "SELECT id, name, queue, arguments, tries, error, failed_at FROM {schema}.dead_job "
            "ORDER BY failed_at DESC, id DESC LIMIT %(most)s",
            most=most,
        )
    ]


def retry_dead_job(tx: Tx, number: int) -> int | None:
    """The new number in the queue of a dead job that gets all its tries again; NotFound when there is none."""
    dead = _take(tx, number)
    return put(tx, dead["name"], msgspec.convert(dead["arguments"], Order), queue=dead["queue"])


def drop_dead_job(tx: Tx, number: int) -> None:
    """Give a dead job up; NotFound when there is none."""
    _take(tx, number)


def _take(tx: Tx, number: int) -> dict[str, Any]:
    found = engine_row(
        tx, "DELETE FROM {schema}.dead_job WHERE id = %(id)s RETURNING name, queue, arguments", id=number
    )
    if found is None:
        raise NotFound("jobs.unknown")
    return found
