"""What an uploaded table is once it is open: headers, rows of plain values, and what was wrong with single cells."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from entente.kernel.kit.normal import fold
from entente.kernel.kit.refusal import Refused

Cell = str | int | Decimal | bool | date | datetime | None
Form = Literal["csv", "xlsx"]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a file is read before it is refused; lengths in characters, sizes in bytes, times in seconds."""

    file_bytes: int = 256 * 1024 * 1024
    line: int = 1_000_000
    cell: int = 100_000
    columns: int = 500
    rows: int = 1_000_000
    entries: int = 2_000
    unpacked_bytes: int = 400 * 1024 * 1024
    ratio: int = 120
    ratio_from_bytes: int = 32 * 1024 * 1024
    memory_bytes: int = 1024 * 1024 * 1024
    seconds: int = 180


LIMITS = Limits()


class CellFault(msgspec.Struct, frozen=True):
    """Why a cell was refused: a code of `messages.yaml`, what fills its text, and the column (none: the whole row)."""

    code: str
    column: int | None = None
    values: Mapping[str, Any] = {}


class SheetRow(msgspec.Struct, frozen=True):
    """One row: its number as a spreadsheet counts (the header is 1), its cells, its faults."""

    number: int
    cells: tuple[Cell, ...]
    faults: tuple[CellFault, ...] = ()


class Remark(msgspec.Struct, frozen=True):
    """Something that the person should know about the file, by the code of a text."""

    code: str
    values: Mapping[str, Any] = {}


class Sheet(msgspec.Struct, frozen=True):
    """An open table; `rows` can be walked once, and raises Refused where the file cannot be read further.

    A workbook's table has a `name` and stands beside `others`.
    """

    form: Form
    headers: tuple[str, ...]
    rows: Iterator[SheetRow]
    remarks: tuple[Remark, ...] = ()
    name: str = ""
    others: tuple[str, ...] = ()


def checked_headers(cells: Sequence[Cell], limits: Limits) -> tuple[str, ...]:
    """The header names, trimmed, without empty ones at the end; Refused when two are equal or there are too many."""
    names = ["" if cell is None else " ".join(str(cell).split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > limits.columns:
        raise Refused("import.too_many_columns", limit=limits.columns)
    if not names:
        raise Refused("import.empty_file")
    seen: dict[str, int] = {}
    for at, name in enumerate(names, start=1):
        first = seen.setdefault(fold(name), at)
        if name and first != at:
            raise Refused("import.duplicate_header", header=name[:80], first=first, second=at)
    return tuple(name[:200] for name in names)


def fitted(number: int, cells: Sequence[Cell], width: int, limits: Limits) -> SheetRow:
    """The row with exactly `width` cells; cells beyond the header or too long to keep become faults."""
    if len(cells) == width and not any(isinstance(cell, str) and len(cell) > limits.cell for cell in cells):
        return SheetRow(number, tuple(cells))
    faults = [
        CellFault("import.cell_too_long", at, {"limit": limits.cell})
        for at, cell in enumerate(cells[:width])
        if isinstance(cell, str) and len(cell) > limits.cell
    ]
    if any(cell is not None for cell in cells[width:]):
        faults.append(CellFault("import.too_many_cells", None, {"found": len(cells), "expected": width}))
    long = {fault.column for fault in faults}
    kept: list[Cell] = [None if at in long else cell for at, cell in enumerate(cells[:width])]
    return SheetRow(number, (*kept, *(None,) * (width - len(kept))), tuple(faults))
