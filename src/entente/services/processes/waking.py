"""Jobs and the follower that let instances go on: when something is due, when their record changed."""

import logging
import time
from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.identity.organisation import organisation_zone
from entente.kernel.jobs.followers import Entry, Follower
from entente.kernel.jobs.queue import Run, enqueue, job
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.formulas import context_of, moment_of
from entente.kernel.records.query import find
from entente.services.processes.definitions import definition_of, graph_of
from entente.services.processes.early import forget_expired
from entente.services.processes.engine.timers import Due, next_due
from entente.services.processes.expressions import RECORD, Subject, value_of
from entente.services.processes.running import fire_due, opened, start_at

log = logging.getLogger(__name__)
# Seconds; the next minute goes on where this one had to end.
LONGEST = 50
DUE = """
SELECT s.instance FROM {schema}.process_subscription s JOIN {schema}.process_instance i ON i.id = s.instance
WHERE s.due_at <= %(now)s AND NOT s.instance = ANY(%(passed)s)
ORDER BY s.due_at LIMIT 1 FOR UPDATE OF i SKIP LOCKED
"""


@job("processes.due", every="* * * * *", transaction=False)
def wake_due(run: Run) -> None:
    """Let everything happen that is due, each instance in a transaction of its own; run every minute."""
    passed: list[UUID] = []
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        with run.begin() as tx:
            if not _wake_one(tx, passed):
                break
    with run.begin() as tx:
        _start_due(tx)
        forget_expired(tx)


def _wake_one(tx: Tx, passed: list[UUID]) -> bool:
    """Whether an instance had something due; a faulty one is passed over from now on, so that it blocks no other."""
    row = engine_row(tx, DUE, now=tx.clock.now(), passed=passed)
    if row is None:
        return False
    try:
        with tx.connection.transaction(), opened(tx, row["instance"]) as state:
            fire_due(state)
    except Exception:
        if tx.connection.closed:
            raise
        log.exception("the instance %s could not be woken", row["instance"])
        passed.append(row["instance"])
    return True


def _start_due(tx: Tx) -> None:
    """Start what a timer starts, and set each timer to its next turn."""
    now = tx.clock.now()
    due = engine_rows(
        tx,
        "SELECT * FROM {schema}.process_start WHERE due_at <= %(now)s ORDER BY due_at FOR UPDATE SKIP LOCKED",
        now=now,
    )
    for row in due:
        following = next_due(Due(row["due_at"], row["cycle"], row["turns_left"]), now, lambda: organisation_zone(tx))
        engine_rows(
            tx,
            "UPDATE {schema}.process_start SET due_at = %(due)s, turns_left = %(left)s"
            " WHERE definition = %(definition)s AND element = %(element)s",
            due=following.at if following else None,
            left=following.turns_left if following else None,
            definition=row["definition"],
            element=row["element"],
        )
        start_at(tx, definition_of(tx, row["definition"]), row["element"], {})


def look_at_changes(tx: Tx, entries: list[Entry]) -> None:
    """Have the conditions looked at anew that read records which changed."""
    found = engine_rows(
        tx,
        "SELECT DISTINCT instance FROM {schema}.process_watch WHERE record = ANY(%(records)s)",
        records=[entry.record for entry in entries],
    )
    for row in found:
        enqueue(tx, look_again, key=str(row["instance"]), instance=str(row["instance"]))
    starts = engine_rows(
        tx,
        "SELECT definition, element, name FROM {schema}.process_start WHERE kind = 'condition'"
        " AND name = ANY(%(entities)s)",
        entities=[entry.entity for entry in entries],
    )
    for start in starts:
        for entry in (each for each in entries if each.entity == start["name"]):
            before = {name: pair[0] for name, pair in dict(entry.changes).items()}
            place = {"definition": start["definition"], "element": start["element"]}
            enqueue(tx, begin_when, **place, record=entry.record, before=before, created=entry.version == 1)


@job("processes.look_again")
def look_again(tx: Tx, instance: UUID) -> None:
    """Run an instance whose record changed: its conditions may have become true."""
    with opened(tx, instance):
        pass


@job("processes.begin_when")
def begin_when(tx: Tx, definition: UUID, element: str, record: UUID, before: dict[str, Any], *, created: bool) -> None:
    """Start a process on a record whose change made its condition true; one that was true before starts nothing."""
    made = definition_of(tx, definition)
    deployer = principal_of(tx, made.deployed_by) if made.deployed_by else None
    start = graph_of(tx, definition).elements[element]
    if deployer is None:
        return
    theirs = tx.acting_as(deployer)
    entity = theirs.catalog.entity(start.settings["entity"])
    try:
        found = find(theirs, entity.name, record)
        now, old = (
            value_of(
                start.event.condition,
                {RECORD: Subject(entity, context_of(theirs, entity, values).values)},
                moment_of(theirs),
            )
            for values in (found, {**found, **before})
        )
    except Refused as refusal:
        log.warning("the condition of %s cannot be told: %s", made.key, refusal.code)
        return
    if now is True and (created or old is not True):
        start_at(tx, made, element, {}, entity=entity.name, record=record)


CONDITIONS = Follower("processes", look_at_changes)
