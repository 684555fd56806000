"""Dry runs: what a rule would do with a record now, or would have done with the changes of the last days.

Everything is really done, in a part of the transaction that is always taken back; so nothing is written, no mail and
no call leaves, and what is told is what would happen.
"""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.jobs.followers import Entry
from entente.kernel.kit.ids import new_id
from entente.kernel.records.journal import entry_of
from entente.kernel.records.query import exists
from entente.services.automation.changes import merged
from entente.services.automation.conditions import Traced
from entente.services.automation.event import Event
from entente.services.automation.log import StepDone
from entente.services.automation.matching import events_of
from entente.services.automation.rules import CALLED, TIMED, Rule
from entente.services.automation.running import Ended, act, look
from entente.services.automation.timed import reached, scheduled

DAYS = 30
MOST_DAYS = 90
MOST_CHANGES = 20_000
MOST_SHOWN = 50
MOST_ACTED = 10


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would do with one record: whether it would act, why, and what its steps would do."""

    record: UUID
    title: str
    fires: bool
    condition: Traced | None = None
    steps: tuple[StepDone, ...] = ()
    reason: str | None = None


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a dry run: how many occasions there were, how often the rule would have acted, and on what."""

    occasions: int
    fired: int
    days: int = 0
    capped: bool = False
    trials: tuple[Trial, ...] = ()


def try_on_record(tx: Tx, rule: Rule, record: UUID) -> DryRun:
    """What a rule would do with a record as it stands, whatever its trigger; nothing is written."""
    event = Event(
        occasion=rule.trigger,
        record=record,
        actor=tx.principal.user_id,
        actor_name=tx.principal.name,
        cause=new_id(),
    )
    trial = _trial(tx, rule, event, acting=True)
    found = (trial,) if trial else ()
    return DryRun(occasions=1, fired=sum(each.fires for each in found), trials=found)


def try_on_past(tx: Tx, rule: Rule, days: int = DAYS) -> DryRun:
    """What a rule would have done with the changes of the last days; nothing is written."""
    days = max(1, min(days, MOST_DAYS))
    occasions = fired = 0
    trials: list[Trial] = []
    for event in _past_events(tx, rule, days):
        occasions += 1
        trial = _trial(tx, rule, event, acting=len(trials) < MOST_ACTED)
        if trial is not None and trial.fires:
            fired += 1
            if len(trials) < MOST_SHOWN:
                trials.append(trial)
    return DryRun(occasions=occasions, fired=fired, days=days, capped=occasions >= MOST_CHANGES, trials=tuple(trials))


def _past_events(tx: Tx, rule: Rule, days: int) -> Iterator[Event]:
    now = tx.clock.now()
    since = now - timedelta(days=days)
    if rule.trigger in CALLED:
        return
    if rule.trigger in TIMED:
        then = msgspec.structs.replace(rule, active_since=since)
        yield from reached(tx, then, since, now) if rule.trigger == "date" else scheduled(tx, then)
        return
    for entries in _strokes(tx, rule.listens_to, since):
        change = merged(entries, [])
        if change is not None:
            yield from events_of(tx, rule, change)


def _strokes(tx: Tx, entity: str, since: object) -> Iterator[list[Entry]]:
    """The changes of an entity since a moment, those of one record in one stroke together, newest stroke first."""
    found = engine_rows(
        tx,
        "SELECT id, at, actor, actor_name, via, cause, deed, entity, record, version, title, changes, depth"
        " FROM {schema}.journal WHERE entity = %(entity)s AND at >= %(since)s ORDER BY at DESC, id DESC"
        " LIMIT %(most)s",
        entity=entity,
        since=since,
        most=MOST_CHANGES,
    )
    groups: dict[tuple[UUID, UUID], list[Entry]] = {}
    for row in found:
        entry = entry_of(row)
        groups.setdefault((entry.cause, entry.record), []).insert(0, entry)
    yield from groups.values()


def _trial(tx: Tx, rule: Rule, event: Event, *, acting: bool) -> Trial | None:
    """A run that is taken back; nothing outside the scope of the rule or of what the asker may read."""
    if not event.is_gone and not exists(tx, rule.entity, event.record):
        return None
    with tx.connection.transaction(force_rollback=True):
        try:
            looked = look(tx, rule, event)
        except Ended as end:
            return Trial(record=event.record, title=event.title, fires=False, reason=tx.say(end.reason))
        if looked is None:
            return None
        title = event.title or str(looked.record.get(looked.entity.definition.title) or "")
        fires = looked.condition.holds
        steps: tuple[StepDone, ...] = ()
        failure = ""
        if fires and acting:
            _, steps, failure = act(tx, rule, event, looked)
        return Trial(
            record=event.record,
            title=title,
            fires=fires,
            condition=looked.condition if rule.condition else None,
            steps=steps,
            reason=failure or None,
        )
