"""How much work waits and what went wrong with it, in figures for whoever watches the installation."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import psycopg

from entente.kernel.db.database import Database, schema_of
from entente.kernel.db.tx import in_schema

_QUEUE = """
SELECT queue_name, status::text, count(*) FROM public.procrastinate_jobs
WHERE status IN ('todo', 'doing') GROUP BY queue_name, status
"""
_WORK = """
SELECT (SELECT count(*) FROM {schema}.dead_job), (SELECT count(*) FROM {schema}.outbox_failure),
  (SELECT count(*) FROM {schema}.outbox),
  (SELECT coalesce(extract(epoch FROM %s - min(at)), 0) FROM {schema}.outbox)
"""
NAMES = ("dead_jobs", "follower_failures", "outbox_entries", "outbox_lag_seconds")


class Figure(msgspec.Struct, frozen=True):
    """One figure of the moment, and what it is about."""

    name: str
    value: float
    labels: Mapping[str, str] = {}


def work_figures(database: Database) -> list[Figure]:
    """Jobs by queue and state; by organisation what is dead, what failed, what followers still have to be told."""
    with database.connection() as connection:
        return [*_queue(connection), *_work(database, connection)]


def _queue(connection: psycopg.Connection[Any]) -> Iterator[Figure]:
    for queue, status, number in connection.execute(_QUEUE).fetchall():
        yield Figure("jobs", number, {"queue": queue, "state": "waiting" if status == "todo" else "running"})


def _work(database: Database, connection: psycopg.Connection[Any]) -> Iterator[Figure]:
    for organisation in database.organisations():
        found = connection.execute(in_schema(schema_of(organisation), _WORK), (database.clock.now(),)).fetchone()
        for name, value in zip(NAMES, found or (), strict=False):
            yield Figure(name, float(value), {"organisation": organisation})
