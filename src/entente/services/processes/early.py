"""Messages that come before anybody waits for them: kept for as long as their sender or a model says."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Row, Tx, engine_rows
from entente.services.processes.definitions import deployed, graph_of
from entente.services.processes.engine.state import Instance, Subscription
from entente.services.processes.engine.timers import later
from entente.services.processes.reach import Sender, Target, reaches

_FITTING = """
SELECT id, values, sender FROM {schema}.process_message WHERE name = %(name)s AND expires_at > %(now)s
  AND (%(key)s = '' OR correlation = %(key)s) AND (correlation = '' OR correlation = %(key)s)
  AND (business_key IS NULL OR business_key = %(business_key)s) AND (record IS NULL OR record = %(record)s)
ORDER BY id FOR UPDATE SKIP LOCKED
"""
_KEPT = "SELECT DISTINCT name FROM {schema}.process_message WHERE expires_at > %(now)s AND name IN (@)"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message and for whom it is: who waits with this correlation, business key or record.

    `sender`: the instance that threw it, unless it comes from outside. `ttl` is an ISO duration for which it is kept
    when nobody waits; without one the models that wait for it decide.
    """

    name: str
    correlation: str = ""
    business_key: str | None = None
    record: UUID | None = None
    values: dict[str, Any] = {}
    ttl: str = ""
    sender: Sender | None = None


class Kept(msgspec.Struct, frozen=True):
    """A message that is kept, by the number of its row."""

    id: int
    message: Message


def hold(tx: Tx, message: Message) -> datetime | None:
    """Until when a message is kept that nobody waits for; nothing when it is not kept at all.

    Whoever begins to wait for it takes the same lock, so that the two cannot miss each other.
    """
    until = kept_until(tx, message)
    if until is None:
        return None
    engine_rows(tx, "SELECT pg_advisory_xact_lock(hashtext(%(lock)s))", lock=_lock(tx, message.name))
    engine_rows(
        tx,
        "INSERT INTO {schema}.process_message"
        " (name, correlation, business_key, record, values, sender, sent_at, expires_at) VALUES (%(name)s,"
        " %(correlation)s, %(business_key)s, %(record)s, %(values)s, %(sender)s, %(now)s, %(until)s)",
        name=message.name,
        correlation=message.correlation,
        business_key=message.business_key,
        record=message.record,
        values=Jsonb(message.values),
        sender=Jsonb(msgspec.to_builtins(message.sender)) if message.sender else None,
        now=tx.clock.now(),
        until=until,
    )
    return until


def kept_until(tx: Tx, message: Message) -> datetime | None:
    """Until when a message would be kept; nothing when neither it nor a model says for how long."""
    ttl = message.ttl or _ttl_of(tx, message.name)
    until = later(tx.clock.now(), ttl) if ttl else tx.clock.now()
    return until if until > tx.clock.now() else None


def listen(tx: Tx, names: Collection[str]) -> set[str]:
    """Of which of the names messages are kept; nobody keeps a further one until this transaction is over."""
    if not names:
        return set()
    # Each a parameter of its own: a list of them would cost as much as the rest of the statement.
    asked = {f"name{at}": name for at, name in enumerate(sorted(names))}
    locks = {f"lock{at}": _lock(tx, name) for at, name in enumerate(sorted(names))}
    taking = ", ".join(f"pg_advisory_xact_lock_shared(hashtext(%({each})s))" for each in locks)
    engine_rows(tx, f"SELECT {taking}", **locks)
    # A statement of its own: it has to see what was kept while the lock was waited for.
    sql = _KEPT.replace("@", ", ".join(f"%({each})s" for each in asked))
    return {row["name"] for row in engine_rows(tx, sql, now=tx.clock.now(), **asked)}


def taken(tx: Tx, instance: Instance, process: str, wait: Subscription) -> dict[str, Any] | None:
    """The values of the oldest kept message that fits a subscription, which now has it; nothing when none fits.

    One that a model sent fits only an instance that its sender reaches.
    """
    found = engine_rows(
        tx,
        _FITTING,
        name=wait.name,
        key=wait.key,
        business_key=instance.business_key,
        record=instance.record,
        now=tx.clock.now(),
    )
    here = Target(process=process, instance=instance.id, entity=instance.entity, record=instance.record)
    known: dict[Sender | None, bool] = {}
    for row in found:
        sender = _sender(row)
        if sender not in known:
            known[sender] = reaches(tx, sender, here)
        if known[sender]:
            drop(tx, row["id"])
            return dict(row["values"])
    return None


def _sender(row: Row) -> Sender | None:
    return msgspec.convert(row["sender"], Sender) if row["sender"] else None


def kept_messages(tx: Tx, name: str) -> list[Kept]:
    """The messages of a name that are kept, oldest first."""
    found = engine_rows(
        tx,
        "SELECT id, name, correlation, business_key, record, values, sender FROM {schema}.process_message"
        " WHERE name = %(name)s AND expires_at > %(now)s ORDER BY id FOR UPDATE SKIP LOCKED",
        name=name,
        now=tx.clock.now(),
    )
    return [Kept(row.pop("id"), Message(**row | {"sender": _sender(row)})) for row in found]


def drop(tx: Tx, identity: int) -> None:
    """Keep a message no longer."""
    engine_rows(tx, "DELETE FROM {schema}.process_message WHERE id = %(id)s", id=identity)


def forget_expired(tx: Tx) -> None:
    """Drop the messages that nobody came for in time."""
    engine_rows(tx, "DELETE FROM {schema}.process_message WHERE expires_at <= %(now)s", now=tx.clock.now())


def _ttl_of(tx: Tx, name: str) -> str:
    """How long the models in use want a message kept: the first that says so of this message or of all."""
    said = (graph_of(tx, each.id).ttls.get(name, "") for each in deployed(tx))
    return next((text for text in said if text), "")


def _lock(tx: Tx, name: str) -> str:
    return f"{tx.catalog.schema} process message {name}"
