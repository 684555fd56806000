"""Instances run: begun or opened under their lock, kept, what they send delivered to whoever waits for it."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from entente.kernel.db.tx import Row, Tx, engine_row, engine_rows
from entente.kernel.jobs.queue import Run, enqueue, job
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import Conflict, NotFound
from entente.kernel.records.stroke import at_one_stroke
from entente.services.connect.webhooks import Reply, attempt, settle
from entente.services.processes.asking import settle_tasks
from entente.services.processes.calling import error_of, result_of, why_again
from entente.services.processes.definitions import Definition, definition_of
from entente.services.processes.early import Message, drop, hold, kept_messages, listen, taken
from entente.services.processes.engine.course import advance, begin, fire
from entente.services.processes.engine.entering import answered, refused, unanswered
from entente.services.processes.engine.state import Instance, State, Subscription, fail
from entente.services.processes.engine.words import kept
from entente.services.processes.keeping import Asked, Kept, fresh, keep, load, load_of_task
from entente.services.processes.reach import Sender, Target, reaches
from entente.services.processes.values import from_outside
from entente.services.processes.watching import watch

log = logging.getLogger(__name__)
SOON = timedelta(minutes=2)
Values = Mapping[str, Any]
_WAITING = """
SELECT s.instance, s.number, i.definition, i.entity, i.record FROM {schema}.process_subscription s
JOIN {schema}.process_instance i ON i.id = s.instance
WHERE s.kind = 'message' AND s.name = %(name)s AND s.key = %(correlation)s @ ORDER BY i.started_at, i.id, s.number
"""
# Each is put in when it is asked for, so that the plan is one that fits.
_ABOUT = {"business_key": "AND i.business_key = %(business_key)s", "record": "AND i.record = %(record)s"}


class Unmatched(Exception):  # noqa: N818 - says what became of a message
    """Nobody waits for a message yet."""


def start_at(
    tx: Tx,
    definition: Definition,
    element: str,
    values: Values,
    *,
    entity: str | None = None,
    record: UUID | None = None,
) -> Instance:
    """A new instance that begins at a start event, in the name of the person who deployed the process."""
    instance = Instance(
        id=new_id(),
        definition=definition.id,
        started_at=tx.clock.now(),
        entity=entity,
        record=record,
        started_by=definition.deployed_by,
    )
    return run_fresh(tx, definition, instance, values, element)


def run_fresh(tx: Tx, definition: Definition, instance: Instance, values: Values, element: str = "") -> Instance:
    """The instance, begun, run until it waits and kept."""
    with at_one_stroke(tx):
        kept = fresh(tx, instance, definition)
        begin(kept.state, values, element)
        _go(tx, kept)
    return instance


@contextmanager
def opened(tx: Tx, identity: UUID) -> Iterator[State]:
    """An instance under its lock: what the block does to it is run until it waits, and kept."""
    with at_one_stroke(tx):
        kept = load(tx, identity)
        yield kept.state
        _go(tx, kept)


@contextmanager
def held_for(tx: Tx, task: UUID) -> Iterator[Asked | None]:
    """A task under the locks of its instance and its own, the instance run and kept as in `opened`."""
    with at_one_stroke(tx):
        found = load_of_task(tx, task)
        yield found
        if found is not None:
            _go(tx, found.kept)


def _go(tx: Tx, kept: Kept) -> None:
    """Run an instance until it waits, give it what came early, keep it and let leave what it sends."""
    state = kept.state
    advance(state)
    while _take_early(tx, kept):
        advance(state)
    settle_tasks(tx, kept)
    keep(tx, kept)
    watch(tx, kept)
    _set_alarms(tx, kept)
    _have_called(tx, kept)
    _send(tx, kept)


def _set_alarms(tx: Tx, kept: Kept) -> None:
    """Have an instance woken at the second at which it is due soon; what is due later is found in time by looking."""
    instance, now = kept.state.instance, tx.clock.now()
    fresh_waits = [each for each in kept.state.waits.values() if each != kept.parts["subscription"].get(each.number)]
    for due in {each.due_at for each in fresh_waits if each.due_at and each.due_at <= now + SOON}:
        enqueue(tx, wake, at=due, key=f"{instance.id} {due.isoformat()}", instance=str(instance.id))


def _have_called(tx: Tx, kept: Kept) -> None:
    """Have the calls made, once this transaction has committed, on whose answers an instance began to wait."""
    for wait in kept.state.waits.values():
        if wait.kind == "answer" and kept.is_fresh("subscription", wait):
            enqueue(tx, call_for, call=wait.key, instance=str(kept.state.instance.id))


def call_lost(tx: Tx, reason: str, call: UUID, instance: UUID) -> None:
    """Stop a token, with an incident, whose call could be made no more."""
    with suppress(NotFound), opened(tx, instance) as state:
        wait = _awaiting(state, call)
        if wait is not None:
            del state.waits[wait.number]
            fail(state, state.tokens[wait.token], "process.incident.work", kept("process.failure.broken_off"))


@job("processes.call", queue="webhook", limit=60, transaction=False, buried=call_lost)
def call_for(run: Run, call: UUID, instance: UUID) -> None:
    """Make a call for which a token waits, and let its instance go on with what comes of it.

    After a crash in between it is made again, under its key.
    """
    with run.begin() as tx:
        if not _is_awaited(tx, call, instance):
            settle(tx, call, Reply(error="process.call_withdrawn"))
            return
    reply = attempt(run, call)
    with run.begin() as tx:
        settle(tx, call, reply)
        with suppress(NotFound), opened(tx, instance) as state:
            wait = _awaiting(state, call)
            if wait is not None:
                _hear(tx, state, wait, reply)


def _is_awaited(tx: Tx, call: UUID, instance: UUID) -> bool:
    sql = (
        "SELECT 1 FROM {schema}.process_subscription"
        " WHERE instance = %(instance)s AND kind = 'answer' AND key = %(call)s"
    )
    return engine_row(tx, sql, instance=instance, call=str(call)) is not None


def _awaiting(state: State, call: UUID) -> Subscription | None:
    return next((each for each in state.waits.values() if each.kind == "answer" and each.key == str(call)), None)


def _hear(tx: Tx, state: State, wait: Subscription, reply: Reply) -> None:
    if not reply.error:
        answered(state, wait, result_of(reply))
    elif reply.again:
        unanswered(state, wait, why_again(tx, reply))
    else:
        refused(state, wait, error_of(tx, reply))


@job("processes.wake")
def wake(tx: Tx, instance: UUID) -> None:
    """Let everything happen in an instance that is due."""
    found = engine_rows(tx, "SELECT 1 FROM {schema}.process_instance WHERE id = %(id)s", id=instance)
    if found:
        with opened(tx, instance) as state:
            fire_due(state)


def fire_due(state: State) -> None:
    """Let everything happen that is due by now, each before the next."""
    now = state.outside.now
    due = [each for each in state.waits.values() if each.due_at and each.due_at <= now]
    for wait in sorted(due, key=lambda each: (each.due_at, each.number)):
        if wait.number in state.waits:
            fire(state, wait, {})
            advance(state)


def _take_early(tx: Tx, kept: Kept) -> bool:
    """Whether an instance that began to wait for a message got one that had come before."""
    fresh_waits = [
        each for each in kept.state.waits.values() if each.kind == "message" and kept.is_fresh("subscription", each)
    ]
    kept_names = listen(tx, {each.name for each in fresh_waits})
    for wait in (each for each in fresh_waits if each.name in kept_names):
        instance = kept.state.instance
        values = taken(tx, instance, kept.versions(instance.definition).key, wait)
        if values is not None:
            fire(kept.state, wait, from_outside(values))
            return True
    return False


def _send(tx: Tx, kept: Kept) -> None:
    """Let messages and signals leave once this transaction has committed."""
    instance = kept.state.instance
    for sent in kept.state.sent:
        author, *callers = (kept.versions(each).deployed_by for each in sent.lineage)
        enqueue(
            tx,
            deliver,
            kind=sent.kind,
            name=sent.name,
            correlation=sent.key,
            record=str(instance.record) if instance.record and not sent.key else None,
            values=sent.values,
            sender=Sender(instance=instance.id, starter=instance.started_by, author=author, callers=tuple(callers)),
        )


def waiting_for(tx: Tx, message: Message) -> list[Row]:
    """The waits that a message fits, with their instances, as far as whoever sent it reaches."""
    about = {name: value for name in _ABOUT if (value := getattr(message, name)) is not None}
    sql = _WAITING.replace("@", " ".join(_ABOUT[name] for name in about))
    waiting = engine_rows(tx, sql, name=message.name, correlation=message.correlation, **about)
    return [row for row in waiting if _is_reached(tx, message.sender, row)]


def correlate(tx: Tx, message: Message) -> UUID | None:
    """The one instance that got a message, or that it started; nothing when nobody waits, Conflict when several do."""
    while found := waiting_for(tx, message):
        if len({row["instance"] for row in found}) > 1:
            raise Conflict("process.message_ambiguous")
        if _got(tx, found[0]["instance"], found[0]["number"], message):
            return UUID(str(found[0]["instance"]))
        # Another message was sooner: whoever waits now, perhaps the same step again, was not to be seen before.
    begun = _begun_by(tx, "message", message.name, message.values, message.sender)
    return begun[0] if begun else None


def _got(tx: Tx, instance: UUID, number: int, message: Message) -> bool:
    with opened(tx, instance) as state:
        wait = state.waits.get(number)
        if wait is not None:
            fire(state, wait, from_outside(message.values))
    return wait is not None


def _is_reached(tx: Tx, sender: Sender | None, row: Row) -> bool:
    """Whether an instance that waits may be reached; whoever may not learns nothing of it, as if it did not wait."""
    if sender is None:
        return True
    key = definition_of(tx, row["definition"]).key
    target = Target(process=key, instance=row["instance"], entity=row["entity"], record=row["record"])
    return reaches(tx, sender, target)


def hearing(tx: Tx, name: str, sender: Sender | None = None) -> list[Row]:
    """The instances in which something waits for a signal, as far as its sender reaches."""
    waiting = engine_rows(
        tx,
        "SELECT i.id AS instance, i.definition, i.entity, i.record FROM {schema}.process_instance i WHERE i.id IN"
        " (SELECT instance FROM {schema}.process_subscription WHERE kind = 'signal' AND name = %(name)s) ORDER BY i.id",
        name=name,
    )
    return [row for row in waiting if _is_reached(tx, sender, row)]


def broadcast(tx: Tx, name: str, values: Mapping[str, Any], sender: Sender | None = None) -> list[UUID]:
    """The instances that heard a signal, those that it started last; one that a model sent reaches as far as it may."""
    found = [row["instance"] for row in hearing(tx, name, sender)]
    for instance in found:
        with opened(tx, instance) as state:
            for wait in [each for each in state.waits.values() if each.kind == "signal" and each.name == name]:
                if wait.number in state.waits:
                    fire(state, wait, from_outside(values))
                    advance(state)
    return found + _begun_by(tx, "signal", name, values, sender)


def started_by(tx: Tx, kind: str, name: str, sender: Sender | None = None) -> list[tuple[Definition, str]]:
    """The versions that a message or signal starts, each with its start event, as far as its sender reaches."""
    starts = engine_rows(
        tx,
        "SELECT definition, element FROM {schema}.process_start WHERE kind = %(kind)s AND name = %(name)s",
        kind=kind,
        name=name,
    )
    found = [(definition_of(tx, each["definition"]), each["element"]) for each in starts]
    return [each for each in found if reaches(tx, sender, Target(process=each[0].key))]


def _begun_by(tx: Tx, kind: str, name: str, values: Mapping[str, Any], sender: Sender | None) -> list[UUID]:
    given = from_outside(values)
    return [start_at(tx, made, element, given).id for made, element in started_by(tx, kind, name, sender)]


def keep_for_later(tx: Tx, message: Message) -> datetime | None:
    """Until when a message is kept that nobody waits for; nothing when it is not.

    Whoever began to wait for it in a transaction that was not over yet gets it afterwards.
    """
    until = hold(tx, message)
    if until is not None:
        enqueue(tx, match_early, key=message.name, name=message.name)
    return until


@job("processes.match")
def match_early(tx: Tx, name: str) -> None:
    """Give the kept messages of a name to those who wait for them by now."""
    for message in kept_messages(tx, name):
        with suppress(Conflict, Unmatched), tx.connection.transaction():
            drop(tx, message.id)
            if correlate(tx, message.message) is None:
                raise Unmatched


@job("processes.deliver")
def deliver(
    tx: Tx,
    kind: Literal["message", "signal"],
    name: str,
    correlation: str,
    record: UUID | None,
    values: dict[str, Any],
    sender: Sender | None = None,
) -> None:
    """Bring what an instance sent to whom it may reach; a message that nobody there waits for is kept or logged."""
    if kind == "signal":
        broadcast(tx, name, values, sender)
        return
    message = Message(name=name, correlation=correlation, record=record, values=values, sender=sender)
    if correlate(tx, message) is None and keep_for_later(tx, message) is None:
        log.info("nobody waits for the message %s", name)
