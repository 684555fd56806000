"""An import as data: what is to be done with a file, how far it got, what came of each row."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.refusal import NotFound
from entente.services.transfer.mapping import ColumnMap
from entente.services.transfer.sheet import CellFault, Remark

JOB = "import_job"

Duplicates = Literal["skip", "fill", "create"]
Fate = Literal["created", "updated", "skipped", "refused"]


class ImportPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How a file becomes records; without `rules` no duplicate is looked for and no reaction of a module runs.

    `duplicates` says what happens to a row that is known already: left out, used to fill empty fields, created anyway.
    """

    columns: ColumnMap
    duplicates: Duplicates = "skip"
    rules: bool = True
    sheet: str | None = None
    remarks: tuple[Remark, ...] = ()


_STATE = "SELECT plan, cause, row_done, checked, undo_left FROM {schema}.import_run WHERE job = %(job)s"
_STATE_LOCKED = _STATE + " FOR UPDATE"


class RowResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one row: the record's plain values as they are then, or the faults and the cells as texts."""

    number: int
    fate: Fate
    id: UUID | None = None
    title: str = ""
    values: Mapping[str, Any] = {}
    faults: tuple[CellFault, ...] = ()
    cells: tuple[str, ...] = ()


class Counts(msgspec.Struct, frozen=True):
    """How many rows had which fate."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    refused: int = 0

    @property
    def done(self) -> int:
        """How many rows there were."""
        return self.created + self.updated + self.skipped + self.refused

    def plus(self, fates: Sequence[Fate]) -> "Counts":
        """The counts with more rows counted in."""
        return Counts(
            self.created + fates.count("created"),
            self.updated + fates.count("updated"),
            self.skipped + fates.count("skipped"),
            self.refused + fates.count("refused"),
        )


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What an import would do: counts over the rows that were checked, the first of them, the first refused ones.

    `under_way` names the check that goes on with the rows after these.
    """

    counts: Counts
    rows: list[RowResult]
    total: int
    refused: list[RowResult] = []
    under_way: UUID | None = None


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Where an import stands: its plan, the cause of all its changes, the last row done, the last check."""

    plan: ImportPlan
    cause: UUID
    row_done: int
    checked: Preview | None = None
    undo_left: int | None = None


def begin_state(tx: Tx, job: UUID, plan: ImportPlan, cause: UUID) -> None:
    """Keep the plan of a new import."""
    engine_rows(
        tx,
        "INSERT INTO {schema}.import_run (job, plan, cause) VALUES (%(job)s, %(plan)s, %(cause)s)",
        job=job,
        plan=Jsonb(msgspec.to_builtins(plan)),
        cause=cause,
    )


def state_of(tx: Tx, job: UUID, *, lock: bool = False) -> State:
    """Where an import stands, locked until the transaction ends if asked; NotFound when there is none."""
    found = engine_row(tx, _STATE_LOCKED if lock else _STATE, job=job)
    if found is None:
        raise NotFound("import.no_such_import")
    return msgspec.convert(found, State, strict=False)


def put_plan(tx: Tx, job: UUID, plan: ImportPlan) -> None:
    """Replace the plan of an import; what was checked by the old one is forgotten."""
    engine_rows(
        tx,
        "UPDATE {schema}.import_run SET plan = %(plan)s, checked = NULL WHERE job = %(job)s",
        job=job,
        plan=Jsonb(msgspec.to_builtins(plan)),
    )


def put_checked(tx: Tx, job: UUID, checked: Preview) -> None:
    """Keep the outcome of a check."""
    engine_rows(
        tx,
        "UPDATE {schema}.import_run SET checked = %(checked)s WHERE job = %(job)s",
        job=job,
        checked=Jsonb(msgspec.to_builtins(checked)),
    )


def put_cursor(tx: Tx, job: UUID, row: int) -> None:
    """Note the last row that was done; commits with what the rows became."""
    engine_rows(tx, "UPDATE {schema}.import_run SET row_done = %(row)s WHERE job = %(job)s", job=job, row=row)


def put_undo_left(tx: Tx, job: UUID, left: int) -> None:
    """Note how many records an undo left as they were, because somebody changed them since."""
    engine_rows(tx, "UPDATE {schema}.import_run SET undo_left = %(left)s WHERE job = %(job)s", job=job, left=left)
