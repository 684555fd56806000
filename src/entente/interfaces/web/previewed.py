"""The first rows of an import as they will be; those of which nothing comes as they stand in the file, and why."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from entente.interfaces.html.views.transfer import PreviewCell
from entente.interfaces.web.fields import names_of
from entente.interfaces.web.wording import in_words
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import titles
from entente.services.transfer.plan import RowResult, State
from entente.services.transfer.sheet import CellFault
from entente.services.transfer.targets import targets_of

Cells = tuple[PreviewCell, ...]


def preview_of(
    tx: Tx, entity: Entity, state: State, rows: Sequence[RowResult], names: Sequence[str]
) -> tuple[Cells, ...]:
    """The rows with their number, their fate and the values of the named fields."""
    made = [{name: _loaded(entity, name, row.values.get(name)) for name in names} for row in rows]
    called = names_of(tx, entity, made, names)
    known = titles(tx, entity.name, [row.id for row in rows if row.id])
    columns = _columns(tx, entity, state)
    found = []
    for row, values in zip(rows, made, strict=True):
        if row.cells:
            shown = _as_read(tx, row, columns, names)
        else:
            shown = tuple(PreviewCell(text=in_words(tx, entity.fields[n], values[n], called)) for n in names)
        found.append((PreviewCell(text=str(row.number)), _fate(tx, entity, row, columns, names, known), *shown))
    return tuple(found)


def _loaded(entity: Entity, name: str, plain: Any) -> Any:
    field = entity.fields[name]
    return None if plain is None else field.type.clean(name, field.definition, plain)


def _columns(tx: Tx, entity: Entity, state: State) -> list[str]:
    """By column of the file, the field that it fills; empty for those that are left out."""
    known = targets_of(tx, entity)
    return [known[each.target].field if each.target in known else "" for each in state.plan.columns.columns]


def _as_read(tx: Tx, row: RowResult, columns: Sequence[str], names: Sequence[str]) -> Cells:
    faults = {_blamed(fault, columns): fault for fault in reversed(row.faults)}
    cells = dict.fromkeys(names, "")
    for name, text in zip(columns, row.cells, strict=False):
        if name in cells and text:
            cells[name] = f"{cells[name]} {text}".strip()
    return tuple(
        PreviewCell(text=cells[name], fault=tx.say(faults[name].code, **faults[name].values) if name in faults else "")
        for name in names
    )


def _blamed(fault: CellFault, columns: Sequence[str]) -> str:
    """The field at whose cell a fault is shown; empty when it is about the whole row."""
    at_column = columns[fault.column] if fault.column is not None and fault.column < len(columns) else ""
    return at_column or str(fault.values.get("field", ""))


def _fate(
    tx: Tx, entity: Entity, row: RowResult, columns: Sequence[str], names: Sequence[str], known: Mapping[UUID, str]
) -> PreviewCell:
    """What becomes of a row: with the record that it repeats, or what is wrong with it as a whole."""
    text = tx.say(f"import.fate.{row.fate}")
    whole = [fault for fault in row.faults if _blamed(fault, columns) not in names]
    if whole:
        return PreviewCell(text=text, fault=" ".join(tx.say(fault.code, **fault.values) for fault in whole))
    if row.id and row.id in known:
        return PreviewCell(text=text, known=known[row.id], url=f"/{entity.definition.path}/{row.id}")
    return PreviewCell(text=text)
