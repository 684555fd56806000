"""Rows that were refused: kept as they stood in the file, given back as a file with the reason for every cell."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import find
from entente.services.transfer.cells import text_cell
from entente.services.transfer.plan import JOB, State, state_of
from entente.services.transfer.sheet import CellFault, SheetRow
from entente.services.transfer.tables import Made, Mark, csv_bytes, xlsx_bytes
from entente.services.transfer.writing_rows import Outcome

WHOLE = 0  # the row number of what stopped the import as a whole


def keep_refusals(tx: Tx, job: UUID, batch: Sequence[SheetRow], outcomes: Sequence[Outcome]) -> None:
    """Keep the refused rows of a batch."""
    refused = [(row, made) for row, made in zip(batch, outcomes, strict=True) if made.fate == "refused"]
    if not refused:
        return
    engine_rows(
        tx,
        "INSERT INTO {schema}.import_refusal (job, row, cells, faults)"
        " SELECT %(job)s, made.* FROM unnest(%(rows)s::int[], %(cells)s::jsonb[], %(faults)s::jsonb[]) AS made"
        " ON CONFLICT (job, row) DO NOTHING",
        job=job,
        rows=[row.number for row, _ in refused],
        cells=[Jsonb(["" if cell is None else text_cell(cell) for cell in row.cells]) for row, _ in refused],
        faults=[Jsonb(_stored(made.faults)) for _, made in refused],
    )


def keep_failure(tx: Tx, job: UUID, refused: Refused) -> None:
    """Keep why the import as a whole could not go on."""
    faults = refused.faults if isinstance(refused, Invalid) else (refused,)
    made = [CellFault(fault.code, None, fault.values) for fault in faults]
    engine_rows(
        tx,
        "INSERT INTO {schema}.import_refusal (job, row, cells, faults) VALUES (%(job)s, %(row)s, '[]', %(faults)s)"
        " ON CONFLICT (job, row) DO UPDATE SET faults = excluded.faults",
        job=job,
        row=WHOLE,
        faults=Jsonb(_stored(made)),
    )


def forget_refusals(tx: Tx, job: UUID) -> None:
    """Forget the refused rows of an import, because they are tried anew."""
    engine_rows(tx, "DELETE FROM {schema}.import_refusal WHERE job = %(job)s", job=job)


def forget_failure(tx: Tx, job: UUID) -> None:
    """Forget why the import could not go on, because it does."""
    engine_rows(tx, "DELETE FROM {schema}.import_refusal WHERE job = %(job)s AND row = %(row)s", job=job, row=WHOLE)


def _stored(faults: Sequence[CellFault]) -> Any:
    return msgspec.to_builtins([msgspec.structs.replace(fault, values=_plain(fault.values)) for fault in faults])


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, int | str) else str(value) for name, value in values.items()}


def refused_rows_file(tx: Tx, job: UUID, form: Literal["csv", "xlsx"] = "xlsx") -> Made:
    """The refused rows as a file, in the language of the transaction; NotFound when the import is not the asker's."""
    record = find(tx, JOB, job, privilege="read")
    state = state_of(tx, job)
    entity = tx.catalog.entity(record["entity"])
    found = engine_rows(
        tx, "SELECT row, cells, faults FROM {schema}.import_refusal WHERE job = %(job)s ORDER BY row", job=job
    )
    headers = [column.header for column in state.plan.columns.columns]
    table = [[tx.say("import.row"), *headers, tx.say("import.reasons")]]
    marks: list[Mark] = []
    for line in found:
        faults = msgspec.convert(line["faults"], tuple[CellFault, ...])
        cells = [*line["cells"], *[""] * (len(headers) - len(line["cells"]))]
        texts = [(fault.column, told(tx, entity, state, fault)) for fault in faults]
        marks += [Mark(len(table), column + 1, text) for column, text in texts if column is not None]
        table.append([str(line["row"]), *cells, "\n".join(text for _, text in texts)])
    name = tx.say("import.refused_name", name=record["name"].rpartition(".")[0] or record["name"])
    return csv_bytes(name, table, tx.language) if form == "csv" else xlsx_bytes(name, table, marks)


class RefusedRow(msgspec.Struct, frozen=True):
    """A refused row: its number in the file, its cells as texts, why."""

    number: int
    cells: tuple[str, ...]
    faults: tuple[CellFault, ...]


def refused_rows(tx: Tx, job: UUID, *, most: int = 20) -> list[RefusedRow]:
    """The first refused rows of an import that the principal may read; NotFound when it is not his."""
    find(tx, JOB, job)
    found = engine_rows(
        tx,
        "SELECT row AS number, cells, faults FROM {schema}.import_refusal WHERE job = %(job)s ORDER BY row"
        " LIMIT %(most)s",
        job=job,
        most=most,
    )
    return msgspec.convert(found, list[RefusedRow])


def told(tx: Tx, entity: Entity, state: State, fault: CellFault) -> str:
    """Why a cell was refused, in the transaction's language, with the column that it stands in."""
    text = tx.say(fault.code, **fault.values)
    columns = state.plan.columns.columns
    if fault.column is not None and fault.column < len(columns):
        return tx.say("import.in_column", column=columns[fault.column].header, reason=text)
    field = entity.fields.get(str(fault.values.get("field", "")))
    return tx.say("import.in_column", column=field.definition.label.to(tx.language), reason=text) if field else text
