"""The run log: one line for every evaluation of a rule on a record, kept for a while."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.jobs.queue import job
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import NotFound
from entente.services.automation.conditions import Traced

Outcome = Literal["done", "failed", "skipped", "stopped", "waiting"]
KEPT = timedelta(days=90)
# Runs whose condition did not hold are many and soon of no interest.
SKIPPED_KEPT = timedelta(days=7)
# A change is delivered again within hours, a chain of causes ends within days.
TRACES_KEPT = timedelta(days=8)
PAGE = 50

Changes = Mapping[str, Sequence[Any]]


class StepDone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one step: in words by key, or why it failed; the record that it made or changed."""

    kind: str
    key: str = ""
    values: dict[str, Any] = {}
    entity: str = ""
    record: UUID | None = None
    failure: str = ""


class RunLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the run log."""

    id: UUID
    automation: UUID
    at: datetime
    occasion: str
    outcome: Outcome
    entity: str
    record: UUID | None
    title: str
    actor: UUID | None
    actor_name: str
    cause: UUID
    depth: int
    entry: int | None = None
    changes: dict[str, Any] = {}
    condition: Traced | None = None
    steps: tuple[StepDone, ...] = ()
    reason: str | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a rule has done lately: its last run, and how many of the last days' runs were done and failed."""

    last_at: datetime | None = None
    done: int = 0
    failed: int = 0


COLUMNS = ", ".join(RunLine.__struct_fields__)
_ADD = f"""
INSERT INTO {{schema}}.automation_run ({COLUMNS})
VALUES ({", ".join(f"%({name})s" for name in RunLine.__struct_fields__)})
"""  # noqa: S608 - own text


def write_run(tx: Tx, line: RunLine) -> None:
    """Put a line into the run log."""
    values = msgspec.structs.asdict(line)
    for name in ("changes", "condition", "steps"):
        values[name] = Jsonb(msgspec.to_builtins(values[name]))
    engine_rows(tx, _ADD, **values)


def read_runs(
    tx: Tx,
    automation: UUID | None = None,
    *,
    record: UUID | None = None,
    outcome: Outcome | None = None,
    limit: int = PAGE,
    before: tuple[datetime, UUID] | None = None,
) -> list[RunLine]:
    """Lines of the log, newest first, of one rule or record, behind the moment and id of the last one seen."""
    found = engine_rows(
        tx,
        f"SELECT {COLUMNS} FROM {{schema}}.automation_run"  # noqa: S608 - own text
        " WHERE (%(automation)s::uuid IS NULL OR automation = %(automation)s)"
        " AND (%(record)s::uuid IS NULL OR record = %(record)s)"
        " AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s)"
        " AND (%(at)s::timestamptz IS NULL OR (at, id) < (%(at)s, %(last)s::uuid))"
        " ORDER BY at DESC, id DESC LIMIT %(limit)s",
        automation=automation,
        record=record,
        outcome=outcome,
        at=before and before[0],
        last=before and before[1],
        limit=limit,
    )
    return [msgspec.convert(row, RunLine) for row in found]


def read_run(tx: Tx, identity: UUID) -> RunLine:
    """One line of the log; NotFound when it is not there any more."""
    found = engine_row(
        tx,
        f"SELECT {COLUMNS} FROM {{schema}}.automation_run WHERE id = %(id)s",  # noqa: S608 - own text
        id=identity,
    )
    if found is None:
        raise NotFound("automation.no_such_run")
    return msgspec.convert(found, RunLine)


def standings(tx: Tx, days: int = 30) -> dict[UUID, Standing]:
    """How each rule has done in the last days, by its id."""
    found = engine_rows(
        tx,
        "SELECT automation, max(at) FILTER (WHERE outcome <> 'skipped') AS last_at,"
        " count(*) FILTER (WHERE outcome = 'done') AS done,"
        " count(*) FILTER (WHERE outcome IN ('failed', 'stopped')) AS failed"
        " FROM {schema}.automation_run WHERE at >= %(since)s GROUP BY automation",
        since=tx.clock.now() - timedelta(days=days),
    )
    return {row.pop("automation"): Standing(**row) for row in found}


@job("automation.forget", every="17 3 * * *")
def forget_old(tx: Tx) -> None:
    """Runs older than 90 days, those that did nothing older than a week, and worn-out guards are gone."""
    now = tx.clock.now()
    engine_rows(
        tx,
        "DELETE FROM {schema}.automation_run WHERE at < %(old)s OR (outcome = 'skipped' AND at < %(dull)s)",
        old=now - KEPT,
        dull=now - SKIPPED_KEPT,
    )
    engine_rows(tx, "DELETE FROM {schema}.automation_seen WHERE at < %(old)s", old=now - TRACES_KEPT)
    engine_rows(tx, "DELETE FROM {schema}.automation_chain WHERE at < %(old)s", old=now - TRACES_KEPT)


def new_run(tx: Tx, **values: Any) -> RunLine:
    """A line of the log with its id and moment."""
    return RunLine(id=new_id(), at=tx.clock.now(), **values)
