"""Followers of the journal: told of every change after it was committed, in batches, each failure on its own."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.database import Database
from entente.kernel.db.tx import Cause, Tx, engine_row, engine_rows, new_cause
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import NotFound

BATCH = 500
# What a deed that changes so many records at once wrote waits behind what people did one by one, and goes on between.
BULK = 200
BULK_BATCH = 200
RETRIES = 100
# Most failures are two transactions in each other's way: those are over at once.
PAUSES = (timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
ERROR_LENGTH = 2000

log = logging.getLogger(__name__)

_COLUMNS = """j.id, j.at, j.actor, j.actor_name, j.via, j.cause, j.deed, j.entity, j.record, j.version, j.title,
  j.changes, j.depth"""
_CLAIM = """
WITH claimed AS (
  DELETE FROM {schema}.outbox WHERE entry IN (
    SELECT entry FROM {schema}.outbox WHERE bulk = %(bulk)s ORDER BY entry LIMIT %(most)s FOR UPDATE SKIP LOCKED)
  RETURNING entry, at)
SELECT COLUMNS FROM claimed c JOIN {schema}.journal j ON j.at = c.at AND j.id = c.entry ORDER BY j.id
""".replace("COLUMNS", _COLUMNS)
_STAYS_BULK = "SET LOCAL entente.bulk = 'on'"
# Followers look up a few records by their ids: planning that anew for each list of ids costs more than doing it.
_PLAN_ONCE = "SET LOCAL plan_cache_mode = force_generic_plan"
_DUE = """
SELECT f.follower, f.tries, COLUMNS FROM {schema}.outbox_failure f
JOIN {schema}.journal j ON j.at = f.at AND j.id = f.entry
WHERE f.next_at <= %(now)s ORDER BY f.entry LIMIT %(most)s FOR UPDATE OF f SKIP LOCKED
""".replace("COLUMNS", _COLUMNS)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One change as the journal keeps it; `changes` maps field -> [old, new]."""

    id: int
    at: datetime
    actor: UUID | None
    actor_name: str
    via: str
    cause: UUID
    deed: str
    entity: str
    record: UUID
    version: int
    title: str | None
    changes: Any
    depth: int


class Follower(msgspec.Struct, frozen=True):
    """Who is told of changes; the function must bear being told of one entry twice."""

    name: str
    function: Callable[[Tx, list[Entry]], None]


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """What a follower failed at; it waits for a person when no next try is planned."""

    entry: int
    follower: str
    tries: int
    next_at: datetime | None
    error: str


def dispatch(
    database: Database, organisation: str, followers: Sequence[Follower], lanes: Sequence[bool] = (False, True)
) -> int:
    """How many entries of an organisation's outbox were handed to every follower: those of one lane, at most 500.

    The lanes are asked in turn until one has some: `False` is what was done one by one, `True` what was done in bulk.
    What followers do because of the latter goes into the same lane.
    """
    cause = new_cause("job", "follow")
    with database.begin(system("followers"), organisation=organisation, cause=cause) as tx:
        claimed = ((bulk, _claim(tx, bulk=bulk)) for bulk in lanes)
        bulk, entries = next((found for found in claimed if found[1]), (False, []))
        if entries:
            engine_rows(tx, _PLAN_ONCE)
            if bulk:
                engine_rows(tx, _STAYS_BULK)
            _tell_all(tx, followers, entries)
    return len(entries)


def _claim(tx: Tx, *, bulk: bool) -> list[Entry]:
    return [Entry(**row) for row in engine_rows(tx, _CLAIM, bulk=bulk, most=BULK_BATCH if bulk else BATCH)]


def retry_failures(database: Database, organisation: str, followers: Sequence[Follower]) -> int:
    """How many failures were due and tried again, each on its own."""
    known = {follower.name: follower for follower in followers}
    cause = new_cause("job", "follow")
    with database.begin(system("followers"), organisation=organisation, cause=cause) as tx:
        due = engine_rows(tx, _DUE, now=tx.clock.now(), most=RETRIES)
        for row in due:
            name, tries = row.pop("follower"), row.pop("tries")
            _retry(tx, known.get(name), name, tries, Entry(**row))
    return len(due)


def cause_after(entry: Entry, deed: str) -> Cause:
    """The cause of what a follower does because of an entry: the same stroke, one step deeper in the chain."""
    return Cause(entry.cause, "job", deed, entry.depth + 1)


def failures(tx: Tx, *, most: int = 200) -> list[Failure]:
    """What followers failed at in the organisation, latest entry first."""
    found = engine_rows(
        tx,
        "SELECT entry, follower, tries, next_at, error FROM {schema}.outbox_failure ORDER BY entry DESC LIMIT %(most)s",
        most=most,
    )
    return [Failure(**row) for row in found]


def retry_failure(tx: Tx, entry: int, follower: str) -> None:
    """Let a failure be tried again at once, with all its tries; NotFound when there is none."""
    _change(
        tx,
        "UPDATE {schema}.outbox_failure SET tries = 0, next_at = %(now)s "
        "WHERE entry = %(entry)s AND follower = %(follower)s RETURNING entry",
        entry,
        follower,
    )


def drop_failure(tx: Tx, entry: int, follower: str) -> None:
    """Give a failure up; NotFound when there is none."""
    _change(
        tx,
        "DELETE FROM {schema}.outbox_failure WHERE entry = %(entry)s AND follower = %(follower)s RETURNING entry",
        entry,
        follower,
    )


def _change(tx: Tx, sql: str, entry: int, follower: str) -> None:
    if engine_row(tx, sql, entry=entry, follower=follower, now=tx.clock.now()) is None:
        raise NotFound("jobs.unknown")


def _tell_all(tx: Tx, followers: Sequence[Follower], entries: list[Entry]) -> None:
    """Tell everyone together; when one fails nobody was told, and each is told on his own."""

    def everyone(tx: Tx, entries: list[Entry]) -> None:
        for follower in followers:
            follower.function(tx, entries)

    if _try(tx, Follower("everyone", everyone), entries) is not None:
        for follower in followers:
            _tell(tx, follower, entries)


def _tell(tx: Tx, follower: Follower, entries: list[Entry]) -> None:
    if _try(tx, follower, entries) is None:
        return
    for entry in entries:
        error = _try(tx, follower, [entry])
        if error is not None:
            log.error("follower %s failed at entry %s: %s", follower.name, entry.id, error)
            _note(tx, follower.name, entry, 1, error)


def _try(tx: Tx, follower: Follower, entries: list[Entry]) -> str | None:
    """What went wrong, its traces rolled back; raises only when the connection itself is lost."""
    try:
        with tx.connection.transaction():
            follower.function(tx, entries)
    except Exception as error:
        if tx.connection.closed:
            raise
        return f"{type(error).__name__}: {error}"
    return None


def _retry(tx: Tx, follower: Follower | None, name: str, tries: int, entry: Entry) -> None:
    error = _try(tx, follower, [entry]) if follower else "no follower has this name any more"
    if error is None:
        drop_failure(tx, entry.id, name)
    else:
        _note(tx, name, entry, tries + 1, error)


def _note(tx: Tx, follower: str, entry: Entry, tries: int, error: str) -> None:
    engine_rows(
        tx,
        "INSERT INTO {schema}.outbox_failure VALUES "
        "(%(entry)s, %(at)s, %(follower)s, %(tries)s, %(next_at)s, %(error)s) ON CONFLICT (entry, follower) "
        "DO UPDATE SET tries = excluded.tries, next_at = excluded.next_at, error = excluded.error",
        entry=entry.id,
        at=entry.at,
        follower=follower,
        tries=tries,
        next_at=tx.clock.now() + PAUSES[tries - 1] if tries <= len(PAUSES) else None,
        error=error[:ERROR_LENGTH].replace("\x00", ""),
    )
