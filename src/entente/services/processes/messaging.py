"""Messages and signals as an administrator sees them: who waits for which, what came early, whom one would reach."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Row, Tx, engine_row, engine_rows
from entente.kernel.expressions.literals import read_duration
from entente.kernel.kit.refusal import NotFound, Refused
from entente.services.processes.definitions import Definition, definition_of, graph_of
from entente.services.processes.early import Message, drop, kept_until
from entente.services.processes.picture import name_of
from entente.services.processes.rights import require_right
from entente.services.processes.running import broadcast, correlate, hearing, keep_for_later, started_by, waiting_for
from entente.services.processes.values import proven

Kind = Literal["message", "signal"]
KINDS: tuple[Kind, ...] = ("message", "signal")
MOST = 200
LONGEST = 200
_WAITS = """
SELECT s.kind, s.name, s.key AS correlation, s.element, i.id AS instance, i.business_key,
  coalesce(d.definition, i.definition) AS definition, coalesce(t.entered_at, i.started_at) AS since
FROM {schema}.process_subscription s JOIN {schema}.process_instance i ON i.id = s.instance
LEFT JOIN {schema}.process_scope d ON d.instance = s.instance AND d.number = s.scope
LEFT JOIN {schema}.process_token t ON t.instance = s.instance AND t.number = s.token
WHERE s.kind IN ('message', 'signal') AND s.name <> ''
ORDER BY s.kind, s.name, since, s.instance, s.number LIMIT %(most)s
"""
_STARTS = """
SELECT kind, name, definition, element FROM {schema}.process_start
WHERE kind IN ('message', 'signal') ORDER BY kind, name, definition
"""
_KEPT = """
SELECT id, name, correlation, business_key, record, sent_at, expires_at, sender ->> 'instance' AS sender
FROM {schema}.process_message WHERE expires_at > %(now)s ORDER BY name, id LIMIT %(most)s
"""


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for a message or signal: a step of an instance, or the start of a process."""

    kind: Kind
    name: str
    process: str
    step: str
    correlation: str = ""
    instance: UUID | None = None
    business_key: str = ""
    since: datetime | None = None


class Early(msgspec.Struct, frozen=True, kw_only=True):
    """A message that came before anybody waited for it; `sender` is the instance that threw it."""

    id: int
    name: str
    correlation: str
    business_key: str
    at: datetime
    until: datetime
    record: UUID | None
    sender: UUID | None


class Reach(msgspec.Struct, frozen=True):
    """Whom a message or signal would reach: instances that wait, processes that it starts, until when it is kept."""

    instances: int
    starts: tuple[str, ...] = ()
    until: datetime | None = None


def waits(tx: Tx) -> list[Wait]:
    """What waits for messages and signals, starts of processes first, then 200 steps at the most; else Forbidden."""
    require_right(tx)
    starts = engine_rows(tx, _STARTS)
    found = engine_rows(tx, _WAITS, most=MOST)
    versions = {each: definition_of(tx, each) for each in {row["definition"] for row in (*starts, *found)}}
    return [_wait(tx, row, versions[row["definition"]]) for row in (*starts, *found)]


def _wait(tx: Tx, row: Row, version: Definition) -> Wait:
    element = graph_of(tx, version.id).elements.get(row["element"])
    return Wait(
        kind=row["kind"],
        name=row["name"],
        process=version.name,
        step=(name_of(element, tx.language) if element else "") or row["element"],
        correlation=row.get("correlation", ""),
        instance=row.get("instance"),
        business_key=row.get("business_key") or "",
        since=row.get("since"),
    )


def early(tx: Tx) -> list[Early]:
    """The messages that wait for somebody to wait for them, 200 at the most; Forbidden without right."""
    require_right(tx)
    return [
        Early(
            id=row["id"],
            name=row["name"],
            correlation=row["correlation"],
            business_key=row["business_key"] or "",
            at=row["sent_at"],
            until=row["expires_at"],
            record=row["record"],
            sender=UUID(row["sender"]) if row["sender"] else None,
        )
        for row in engine_rows(tx, _KEPT, now=tx.clock.now(), most=MOST)
    ]


def forget(tx: Tx, identity: int) -> str:
    """The name of a message that is kept no longer; NotFound when somebody took it meanwhile."""
    require_right(tx)
    found = engine_row(tx, "SELECT name FROM {schema}.process_message WHERE id = %(id)s FOR UPDATE", id=identity)
    if found is None:
        raise NotFound("process.message_gone")
    drop(tx, identity)
    name: str = found["name"]
    return name


def reach(tx: Tx, kind: Kind, message: Message) -> Reach:
    """Whom a message or signal would reach if it were sent now; several instances would get no message at all."""
    _prove(tx, message)
    found = waiting_for(tx, message) if kind == "message" else hearing(tx, message.name)
    instances = len({row["instance"] for row in found})
    begins = started_by(tx, kind, message.name) if kind == "signal" or not instances else []
    until = kept_until(tx, message) if kind == "message" and not instances and not begins else None
    return Reach(instances, tuple(definition.name for definition, _ in begins), until)


class Sent(msgspec.Struct, frozen=True):
    """The instances that a message or signal reached or started, or until when it is kept for somebody."""

    instances: list[UUID]
    until: datetime | None = None


def send(tx: Tx, kind: Kind, message: Message) -> Sent:
    """What became of a message or signal that a person sends; NotFound when nobody waits and it is not kept.

    Conflict when a message would reach several instances.
    """
    _prove(tx, message)
    if kind == "signal":
        heard = broadcast(tx, message.name, message.values)
        if not heard:
            raise NotFound("process.signal_unheard")
        return Sent(heard)
    found = correlate(tx, message)
    if found is not None:
        return Sent([found])
    until = keep_for_later(tx, message)
    if until is None:
        raise NotFound("process.message_unmatched")
    return Sent([], until)


def _prove(tx: Tx, message: Message) -> None:
    require_right(tx)
    proven(message.values)
    if not message.name:
        raise Refused("field.required", field="name")
    texts: dict[str, Any] = {name: getattr(message, name) or "" for name in ("name", "correlation", "business_key")}
    for name, text in texts.items():
        if len(text) > LONGEST:
            raise Refused("field.not_understood", field=name)
    if message.ttl and not read_duration(message.ttl):
        raise Refused("field.not_understood", field="ttl")
