"""A rule at work on one record: rights, scope, condition, guards, its steps in order, and the line in the log.

Each step is a part of the transaction that is undone alone when it fails; what comes behind a failed one is not done.
"""

import logging
from typing import Any
from uuid import UUID

import msgspec
from psycopg import errors
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Cause, Tx, engine_row, engine_rows
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.principal import Principal, system
from entente.kernel.kit.refusal import Invalid, NotFound, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.formulas import moment_of
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import DEEPEST
from entente.kernel.records.stroke import part_of
from entente.kernel.records.writing import title_of
from entente.services.automation.conditions import Traced, traced
from entente.services.automation.event import Event, in_scope, record_at, record_before
from entente.services.automation.log import Outcome, RunLine, StepDone, write_run
from entente.services.automation.rules import RULE, TIMED, Rule
from entente.services.automation.steps.doing import do
from entente.services.automation.steps.records import written_by
from entente.services.automation.steps.work import Work, written_in

TOO_DEEP = "record.too_deep"
LOST = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable, errors.QueryCanceled)

log = logging.getLogger(__name__)


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's view of an event: the record then and before, in whose name, and whether the condition holds."""

    tx: Tx
    entity: Entity
    record: Record
    old: Record | None
    condition: Traced


class Ended(Exception):  # noqa: N818 - says how a run ended
    """The run ends here, with an outcome and a reason."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


class HadItsTurn(Exception):  # noqa: N818 - says why nothing happens
    """The rule has acted on this occasion before, which is no news."""


def run_rule(tx: Tx, rule: Rule, event: Event, *, waited: bool = False) -> RunLine | None:
    """The line of the log that a rule's look at an event made; nothing outside its scope or when it had its turn.

    A run that has waited for its delay does not ask for its condition again.
    """
    try:
        looked = look(tx, rule, event, anew=not waited)
        if looked is None:
            return None
        line = _judged(tx, rule, event, looked, waited=waited)
    except HadItsTurn:
        return None
    except Ended as end:
        line = _line(tx, rule, event, end.outcome, reason=end.reason)
    if line.outcome == "skipped" and rule.trigger in TIMED:
        return line
    write_run(tx, line)
    return line


def look(tx: Tx, rule: Rule, event: Event, *, anew: bool = True) -> Looked | None:
    """What a rule finds at an event; nothing outside its scope, Ended when nobody or nothing is left to act on."""
    entity = tx.catalog.entity(rule.entity)
    reader = tx.acting_as(reader_of(tx, rule, event))
    reader.language = _language(tx, rule, reader.principal)
    try:
        record = _gone(reader, entity, event.record) if event.is_gone else find(reader, entity.name, event.record)
    except NotFound:
        raise Ended("stopped", "automation.not_readable") from None
    then = record_at(entity, record, event)
    if not in_scope(rule, then):
        return None
    old = record_before(entity, then, event)
    try:
        condition = traced(reader, entity, rule.condition if anew else "", then, old)
    except Refused as refusal:
        raise Ended("failed", reader.say(refusal.code, **refusal.values)) from None
    return Looked(tx=reader, entity=entity, record=record, old=old, condition=condition)


def _language(tx: Tx, rule: Rule, reader: Principal) -> str:
    """In which language a run speaks of what it does: that of whoever set the rule off, else of whoever owns it."""
    return reader.language if reader.user_id else written_in(tx, rule)


def _gone(tx: Tx, entity: Entity, identity: UUID) -> Record:
    found = page(tx.acting_as(system(RULE)), Ask(entity=entity.name, ids=(identity,), deleted=True, limit=1)).records
    if not found:
        raise NotFound()
    return found[0]


def reader_of(tx: Tx, rule: Rule, event: Event) -> Principal:
    """Who reads the record for a rule: the actor, or the owner where nobody acted; with all rights for the system.

    Ended when neither may act any more.
    """
    actor = principal_of(tx, event.actor) if event.actor else None
    if rule.run_as == "system":
        return msgspec.structs.replace(actor, system_reason=RULE, field_rules={}) if actor else system(RULE)
    person = actor or (principal_of(tx, rule.owner) if rule.owner and event.actor is None else None)
    if person is None:
        raise Ended("stopped", "automation.nobody")
    return person


def _judged(tx: Tx, rule: Rule, event: Event, looked: Looked, *, waited: bool) -> RunLine:
    if event.once and not _claimed(tx, rule, event.once):
        raise HadItsTurn
    if not looked.condition.holds:
        return _line(tx, rule, event, "skipped", looked, reason="automation.condition_not_met")
    if not waited:
        _guard(tx, rule, event)
        if rule.delay:
            return _line(tx, rule, event, "waiting", looked)
    run, steps, failure = act(tx, rule, event, looked)
    outcome: Outcome = "done" if not failure else "stopped" if failure == TOO_DEEP else "failed"
    return _line(tx, rule, event, outcome, looked, run=run, steps=steps, reason=failure or None)


def _guard(tx: Tx, rule: Rule, event: Event) -> None:
    """Ended when the rule has had its turn: in this chain of causes, or on this occasion."""
    if event.depth + 1 > DEEPEST:
        raise Ended("stopped", "automation.too_deep")
    first = engine_row(
        tx,
        "INSERT INTO {schema}.automation_chain VALUES (%(cause)s, %(rule)s, %(record)s, %(now)s)"
        " ON CONFLICT DO NOTHING RETURNING cause",
        cause=event.cause,
        rule=rule.id,
        record=event.record,
        now=tx.clock.now(),
    )
    if first is None and event.depth and not rule.reentrant:
        raise Ended("stopped", "automation.loop")
    occasion = _occasion(tx, rule, event)
    if occasion and not _claimed(tx, rule, occasion):
        raise HadItsTurn


def _occasion(tx: Tx, rule: Rule, event: Event) -> str:
    match rule.once_per:
        case "record":
            return str(event.record)
        case "day":
            return f"{event.record} {moment_of(tx).today()}"
        case "ever":
            return "ever"
    return ""


def _claimed(tx: Tx, rule: Rule, occasion: str) -> bool:
    made = engine_row(
        tx,
        "INSERT INTO {schema}.automation_once VALUES (%(rule)s, %(occasion)s, %(now)s)"
        " ON CONFLICT DO NOTHING RETURNING automation",
        rule=rule.id,
        occasion=occasion,
        now=tx.clock.now(),
    )
    return made is not None


def act(tx: Tx, rule: Rule, event: Event, looked: Looked) -> tuple[UUID, tuple[StepDone, ...], str]:
    """The id of the run, what its steps did, and why the last of them failed if it did."""
    run = new_id()
    cause = Cause(event.cause, "job", f"{RULE}.{rule.id}", event.depth + 1)
    actor = system(rule.name) if rule.run_as == "system" else looked.tx.principal
    under = tx.acting_as(actor, cause)
    under.language = looked.tx.language
    done: list[StepDone] = []
    record = looked.record
    for number, step in enumerate(rule.actions):
        work = Work(tx=under, rule=rule, entity=looked.entity, record=record, old=looked.old, event=event, run=run)
        made, failure = _step(work, step, number)
        done.append(made)
        if failure:
            return run, tuple(done), failure
        if not event.is_gone and number + 1 < len(rule.actions):
            record = _again(looked, record)
    return run, tuple(done), ""


def _again(looked: Looked, record: Record) -> Record:
    """The record as the steps so far have left it; as it was when it is gone."""
    try:
        return find(looked.tx, looked.entity.name, record.id)
    except NotFound:
        return record


def _step(work: Work, step: Any, number: int) -> tuple[StepDone, str]:
    kind = step.__struct_config__.tag
    try:
        with part_of(work.tx):
            return do(work, step, number), ""
    except Refused as refusal:
        words = said(work.tx, refusal, written_by(work.tx.catalog, work.entity, step))
        return StepDone(kind=kind, failure=words), refusal.code if refusal.code == TOO_DEEP else words
    except LOST:
        raise
    except Exception as fault:
        log.exception("a step of automation %s failed", work.rule.id)
        return StepDone(kind=kind, failure=type(fault).__name__), type(fault).__name__


def said(tx: Tx, refusal: Refused, entity: Entity) -> str:
    """A refusal in words, with the fields of the entity that it is about by their names."""
    faults = refusal.faults if isinstance(refusal, Invalid) else (refusal,)
    return " ".join(_fault(tx, each, entity) for each in faults)[:500]


def _fault(tx: Tx, fault: Refused, entity: Entity) -> str:
    text = tx.say(fault.code, **fault.values)
    if not fault.field:
        return text
    field = entity.fields.get(fault.field)
    name = field.definition.label.to(tx.language) if field else fault.field
    return tx.say("automation.at_field", field=name, text=text)


def _line(
    tx: Tx,
    rule: Rule,
    event: Event,
    outcome: Outcome,
    looked: Looked | None = None,
    *,
    run: UUID | None = None,
    steps: tuple[StepDone, ...] = (),
    reason: str | None = None,
) -> RunLine:
    identity = run or new_id()
    if outcome == "waiting":
        wait(tx, rule, event, "delay", rule.delay * 60)
    return RunLine(
        id=identity,
        automation=rule.id,
        at=tx.clock.now(),
        occasion=event.occasion,
        outcome=outcome,
        entity=rule.entity,
        record=event.record,
        title=event.title or (title_of(looked.entity, looked.record) if looked else ""),
        actor=event.actor,
        actor_name=event.actor_name,
        cause=event.cause,
        depth=event.depth,
        entry=event.entry,
        changes=event.changes,
        condition=looked.condition if looked and rule.condition else None,
        steps=steps,
        reason=reason,
    )


_WAIT = """
INSERT INTO {schema}.automation_waiting (id, automation, phase, record, due_at, event)
VALUES (%(id)s, %(rule)s, %(phase)s, %(record)s, %(now)s::timestamptz + make_interval(secs => %(seconds)s), %(event)s)
"""


def wait(tx: Tx, rule: Rule, event: Event, phase: str, seconds: int) -> None:
    """Let a run wait for some seconds."""
    engine_rows(
        tx,
        _WAIT,
        id=new_id(),
        rule=rule.id,
        phase=phase,
        record=event.record,
        now=tx.clock.now(),
        seconds=seconds,
        event=Jsonb(msgspec.to_builtins(event)),
    )
