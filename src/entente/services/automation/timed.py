"""Rules that time sets off: dates that are reached, schedules, and runs that have waited long enough."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.identity.organisation import organisation_zone
from entente.kernel.jobs.queue import Run, job
from entente.kernel.kit import cron
from entente.kernel.kit.ids import new_id, parse_id
from entente.kernel.kit.principal import Principal, system
from entente.kernel.kit.refusal import NotFound, Refused
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record
from entente.services.automation.event import Event
from entente.services.automation.log import new_run, write_run
from entente.services.automation.rules import RULE, TIMED, Rule, rule_of, rules_of
from entente.services.automation.running import run_rule

MOST_DUE = 1000
BATCH = 200
MOST_RECORDS = 5000
# A date that is typed in late, or a long sleep of the machine, is caught up with for so long.
CATCH_UP = timedelta(days=2)

log = logging.getLogger(__name__)


@job("automation.waited", every="* * * * *", transaction=False)
def run_waited(run: Run) -> None:
    """Run what has waited long enough, each in a transaction of its own; every minute."""
    passed: list[UUID] = []
    for _ in range(MOST_DUE):
        try:
            with run.begin() as tx:
                if not _run_one(tx, passed):
                    return
        except Exception:
            log.exception("a run that waited could not be run")


def _run_one(tx: Tx, passed: list[UUID]) -> bool:
    """Whether something was due; it is passed over from now on, so that a faulty one blocks no other."""
    row = engine_row(
        tx,
        "SELECT id, automation, phase, event FROM {schema}.automation_waiting"
        " WHERE due_at <= %(now)s AND NOT id = ANY(%(passed)s) ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED",
        now=tx.clock.now(),
        passed=passed,
    )
    if row is None:
        return False
    passed.append(row["id"])
    engine_rows(tx, "DELETE FROM {schema}.automation_waiting WHERE id = %(id)s", id=row["id"])
    rule = rule_of(tx, row["automation"])
    if rule is not None and rule.active:
        run_rule(tx, rule, msgspec.convert(row["event"], Event), waited=row["phase"] == "delay")
    return True


@job("automation.clock", every="* * * * *", transaction=False)
def run_timed(run: Run) -> None:
    """Let dates and schedules set off their rules, each rule in a transaction of its own; every minute."""
    with run.begin() as tx:
        timed = [rule for rule in rules_of(tx).rules if rule.trigger in TIMED]
    for rule in timed:
        try:
            with run.begin() as tx:
                _look_at_clock(tx, rule)
        except Exception:
            log.exception("automation %s could not look at the clock", rule.id)


def _look_at_clock(tx: Tx, rule: Rule) -> None:
    now = tx.clock.now()
    engine_rows(
        tx,
        "INSERT INTO {schema}.automation_clock VALUES (%(rule)s, %(since)s) ON CONFLICT DO NOTHING",
        rule=rule.id,
        since=rule.active_since,
    )
    row = engine_row(
        tx,
        "SELECT looked_at FROM {schema}.automation_clock WHERE automation = %(rule)s FOR UPDATE SKIP LOCKED",
        rule=rule.id,
    )
    if row is None:
        return
    last = max(row["looked_at"], rule.active_since)
    try:
        _run_due(tx, rule, last, now)
    except Refused as refusal:
        _note_failure(tx, rule, refusal)
    engine_rows(
        tx,
        "UPDATE {schema}.automation_clock SET looked_at = %(now)s WHERE automation = %(rule)s",
        now=now,
        rule=rule.id,
    )


def _run_due(tx: Tx, rule: Rule, last: datetime, now: datetime) -> None:
    if rule.trigger == "date":
        for event in reached(tx, rule, last, now):
            run_rule(tx, rule, event)
    elif next_time(tx, rule, last) <= now:
        for event in scheduled(tx, rule):
            run_rule(tx, rule, event)


def _note_failure(tx: Tx, rule: Rule, refusal: Refused) -> None:
    """A view that is gone or a filter that no longer fits is told in the log, and tried at its next time."""
    line = new_run(
        tx,
        automation=rule.id,
        occasion=rule.trigger,
        outcome="failed",
        entity=rule.entity,
        record=None,
        title="",
        actor=None,
        actor_name="",
        cause=tx.cause.id,
        depth=0,
        reason=tx.say(refusal.code, **refusal.values),
    )
    write_run(tx, line)


def asker_of(tx: Tx, rule: Rule) -> Principal:
    """Who looks for the records of a rule that nobody sets off: its owner, or the system; Refused when he is gone."""
    if rule.run_as == "system":
        return system(RULE)
    owner = principal_of(tx, rule.owner) if rule.owner else None
    if owner is None:
        raise Refused("automation.nobody")
    return owner


def zone_of(tx: Tx, rule: Rule) -> ZoneInfo:
    """The time zone in which a rule counts its days: its owner's, without one the organisation's."""
    owner = principal_of(tx, rule.owner) if rule.owner else None
    return ZoneInfo(owner.timezone) if owner else organisation_zone(tx)


def next_time(tx: Tx, rule: Rule, after: datetime) -> datetime:
    """The first moment after another at which a schedule is due, by the clock on its owner's wall."""
    return cron.next_run(rule.settings.cron, after, zone_of(tx, rule))


def reached(tx: Tx, rule: Rule, last: datetime, now: datetime) -> Iterator[Event]:
    """An occasion for each record whose date, shifted by the rule's days, came since the last look."""
    zone = zone_of(tx, rule)
    shift = timedelta(days=rule.settings.days)
    name = rule.settings.field
    field = tx.catalog.entity(rule.entity).field(name)
    low = max(rule.active_since, last - CATCH_UP) - shift
    high = now - shift
    if field.type.key == "date":
        # The day of the activation itself has begun before it: it is left to whoever set the rule up.
        where = f'{name} > date("{low.astimezone(zone).date()}") and {name} <= date("{high.astimezone(zone).date()}")'
    else:
        moments = (each.astimezone(zone).isoformat(timespec="seconds") for each in (low, high))
        where = '{0} > date and time("{1}") and {0} <= date and time("{2}")'.format(name, *moments)
    for record in _records(tx.acting_as(asker_of(tx, rule)), rule, where, (name,)):
        yield _event(tx, rule, record.id, once=f"{record.id} {record[name]}")


def scheduled(tx: Tx, rule: Rule) -> Iterator[Event]:
    """An occasion for each record of a schedule's view, or for each record when it has none."""
    asker = tx.acting_as(asker_of(tx, rule))
    for record in _records(asker, rule, view_filter(asker, rule.settings.view), ()):
        yield _event(tx, rule, record.id)


def view_filter(tx: Tx, view: str) -> str:
    """The filter of a saved view; NotFound when it is gone or may not be seen."""
    if not view:
        return ""
    identity = parse_id(view)
    if identity is None:
        raise NotFound("automation.no_such_view")
    return str(find(tx, "saved_view", identity)["filter"] or "")


def _records(tx: Tx, rule: Rule, where: str, names: tuple[str, ...]) -> Iterator[Record]:
    title = tx.catalog.entity(rule.entity).definition.title
    after: str | None = None
    for _ in range(MOST_RECORDS // BATCH):
        ask = Ask(
            entity=rule.entity,
            fields=tuple(dict.fromkeys((title, *names))),
            filter=where,
            sort=(Sort("created_at"),),
            limit=BATCH,
            after=after,
        )
        found = page(tx, ask)
        yield from found.records
        after = found.next
        if after is None:
            return


def _event(tx: Tx, rule: Rule, record: UUID, *, once: str = "") -> Event:
    # Each record is a chain of its own, else the second would seem to follow from the first.
    return Event(occasion=rule.trigger, record=record, cause=new_id(), once=once)
