"""After the commit: changes of the journal, grouped by record and stroke, and the rules that they set off.

All that was done to a record in one transaction is one occasion, with what it was first and what it became last. An
entry is looked at once, however often it is delivered; what is written by rules comes back here and may set off others.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.jobs.followers import Entry, Follower
from entente.kernel.records.journal import history
from entente.services.automation.event import Event
from entente.services.automation.matching import Change, events_of
from entente.services.automation.rules import Rule, rules_of
from entente.services.automation.running import run_rule, wait

Group = tuple[UUID, str, UUID]


def follow_changes(tx: Tx, entries: Sequence[Entry]) -> None:
    """Let every rule act that the entries concern; being told of one twice changes nothing."""
    after = rules_of(tx).after
    concerned = [entry for entry in entries if entry.entity in after]
    if not concerned:
        return
    for change in _changes(tx, concerned):
        for rule in after[change.entity]:
            # What was there before a rule does not concern it, as with data that brings its own past.
            if rule.active_since <= change.at:
                for event in events_of(tx, rule, change):
                    set_off(tx, rule, event)


def set_off(tx: Tx, rule: Rule, event: Event) -> None:
    """Let a rule act on an event, at once or when its record is left alone."""
    if rule.debounce:
        _debounce(tx, rule, event)
    else:
        run_rule(tx, rule, event)


def _debounce(tx: Tx, rule: Rule, event: Event) -> None:
    """Wait anew, keeping what the record was before the first of the changes."""
    found = engine_rows(
        tx,
        "DELETE FROM {schema}.automation_waiting WHERE automation = %(rule)s AND record = %(record)s"
        " AND phase = 'debounce' RETURNING event",
        rule=rule.id,
        record=event.record,
    )
    if found:
        first = msgspec.convert(found[0]["event"], Event)
        every = {**event.changes, **first.changes}
        latest = {name: [pair[0], event.changes.get(name, pair)[1]] for name, pair in every.items()}
        event = msgspec.structs.replace(event, changes=latest, is_new=first.is_new)
    wait(tx, rule, event, "debounce", rule.debounce)


def _changes(tx: Tx, entries: Sequence[Entry]) -> list[Change]:
    """What became of each record in each stroke, nothing for entries that were looked at before."""
    groups: dict[Group, list[Entry]] = {}
    quiet = _quiet_causes(tx, {entry.cause for entry in entries if entry.via == "import"})
    for entry in entries:
        if entry.cause not in quiet:
            groups.setdefault((entry.cause, entry.entity, entry.record), []).append(entry)
    pasts = {group: _past(tx, group, found) for group, found in groups.items()}
    fresh = _fresh(tx, [entry for ours, _ in pasts.values() for entry in ours])
    made = []
    for ours, later in pasts.values():
        unseen = [entry for entry in ours if entry.id in fresh]
        if unseen and (change := merged(unseen, later)):
            made.append(change)
    return made


def _past(tx: Tx, group: Group, found: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """All entries of the stroke on the record, oldest first, and those of others since."""
    first = min(entry.version for entry in found)
    known = {entry.id: entry for entry in found}
    since = history(tx, group[1], group[2], since_version=first - 1)
    ours = {entry.id: entry for entry in since if entry.cause == group[0]} | known
    later = [entry for entry in since if entry.cause != group[0] and entry.id > max(ours)]
    return sorted(ours.values(), key=lambda entry: entry.id), sorted(later, key=lambda entry: entry.id)


def _fresh(tx: Tx, entries: Sequence[Entry]) -> frozenset[int]:
    """The entries that nobody looked at before, now marked as looked at."""
    found = engine_rows(
        tx,
        "INSERT INTO {schema}.automation_seen SELECT unnest(%(entries)s::bigint[]), %(now)s"
        " ON CONFLICT DO NOTHING RETURNING entry",
        entries=sorted(entry.id for entry in entries),
        now=tx.clock.now(),
    )
    return frozenset(row["entry"] for row in found)


def _quiet_causes(tx: Tx, causes: set[UUID]) -> frozenset[UUID]:
    """Those of some imports that were asked to leave the rules alone."""
    if not causes:
        return frozenset()
    found = engine_rows(
        tx,
        "SELECT cause FROM {schema}.import_run WHERE cause = ANY(%(causes)s)"
        " AND NOT coalesce((plan ->> 'rules')::boolean, true)",
        causes=list(causes),
    )
    return frozenset(row["cause"] for row in found)


def merged(ours: Sequence[Entry], later: Sequence[Entry]) -> Change | None:
    """One change made of several; nothing when the record came and went."""
    first, last = ours[0], ours[-1]
    deeds = [entry.deed for entry in ours]
    is_new, is_gone = "create" in deeds, last.deed == "delete"
    if is_new and is_gone:
        return None
    changes: dict[str, Any] = {}
    for name, pair in _pairs(ours):
        changes[name] = [changes[name][0], pair[1]] if name in changes else list(pair)
    newer: dict[str, Any] = {}
    for name, pair in _pairs(later):
        newer.setdefault(name, pair[0])
    return Change(
        deed="create" if is_new else "delete" if is_gone else "restore" if "restore" in deeds else "update",
        entity=first.entity,
        record=first.record,
        title=last.title or "",
        changes={name: pair for name, pair in changes.items() if pair[0] != pair[1]},
        newer=newer,
        actor=last.actor,
        actor_name=last.actor_name,
        cause=first.cause,
        depth=min(entry.depth for entry in ours),
        entry=last.id,
        at=first.at,
        via=first.via,
    )


def _pairs(entries: Sequence[Entry]) -> Iterator[tuple[str, Sequence[Any]]]:
    for entry in entries:
        changes: Mapping[str, Sequence[Any]] = entry.changes or {}
        yield from changes.items()


AUTOMATIONS = Follower("automation", follow_changes)
