"""What an import would do with rows: written for real, looked at, taken back."""

from collections.abc import Sequence

import msgspec
import psycopg

from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.services.transfer.cells import text_cell
from entente.services.transfer.plan import ImportPlan, Preview, RowResult
from entente.services.transfer.rows import Plan
from entente.services.transfer.sheet import SheetRow
from entente.services.transfer.writing_rows import Outcome, write_rows

SHOWN = 20


def try_rows(tx: Tx, plan: Plan, made: ImportPlan, rows: Sequence[SheetRow]) -> list[Outcome]:
    """What would become of the rows, in their order; nothing of it stays."""
    outcomes: list[Outcome] = []
    with tx.connection.transaction() as trial:
        outcomes = write_rows(tx, plan, made, rows)
        raise psycopg.Rollback(trial)
    return outcomes


def with_more(entity: Entity, before: Preview, rows: Sequence[SheetRow], outcomes: Sequence[Outcome]) -> Preview:
    """The preview with more rows counted in, and shown as far as there is room."""
    pairs = list(zip(rows, outcomes, strict=True))
    faulty = [pair for pair in pairs if pair[1].fate == "refused"]
    return msgspec.structs.replace(
        before,
        counts=before.counts.plus([outcome.fate for outcome in outcomes]),
        rows=before.rows + [_preview_row(entity, *pair) for pair in pairs[: SHOWN - len(before.rows)]],
        refused=before.refused + [_as_it_stands(*pair) for pair in faulty[: SHOWN - len(before.refused)]],
    )


def _as_it_stands(row: SheetRow, outcome: Outcome) -> RowResult:
    """A row of which nothing comes, with its cells as they stand in the file."""
    cells = tuple("" if cell is None else text_cell(cell) for cell in row.cells)
    return RowResult(number=outcome.number, fate=outcome.fate, id=outcome.known, faults=outcome.faults, cells=cells)


def _preview_row(entity: Entity, row: SheetRow, outcome: Outcome) -> RowResult:
    """A row as it would be, in plain values."""
    record = outcome.record
    if record is None:
        return _as_it_stands(row, outcome)
    values = {
        name: entity.fields[name].type.plain(value)
        for name, value in record.items()
        if not entity.fields[name].type.is_empty(value)
    }
    title = str(record.get(entity.definition.title) or "")
    return RowResult(number=outcome.number, fate=outcome.fate, title=title, values=values)
