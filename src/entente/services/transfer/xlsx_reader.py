"""Workbooks: the zip is checked first, then a limited process reads the rows; formulas are refused, never computed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import msgspec

from entente.kernel.kit.refusal import Refused
from entente.services.transfer.archive import check_archive
from entente.services.transfer.sheet import (
    LIMITS,
    Cell,
    CellFault,
    Limits,
    Remark,
    Sheet,
    SheetRow,
    checked_headers,
    fitted,
)
from entente.services.transfer.workbook_frames import FRAME, Order, Outcome, RawCell, RawRow

BLOCK = 1 << 20
LONGEST_FRAME = 64 * 1024 * 1024
SPOOL_BYTES = 2 * 1024 * 1024 * 1024


@contextmanager
def read_xlsx(stream: BinaryIO, sheet: str | None = None, limits: Limits = LIMITS) -> Iterator[Sheet]:
    """The table in a workbook's first visible sheet, or in the one named; Refused says why it cannot be read."""
    names = check_archive(stream, limits)
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise Refused("import.not_a_workbook")
    with TemporaryDirectory(prefix="entente-sheet-") as folder:
        source, target = Path(folder, "book.xlsx"), Path(folder, "rows")
        stream.seek(0)
        with source.open("wb") as copy:
            while block := stream.read(BLOCK):
                copy.write(block)
        outcome = _run(source, target, sheet, limits)
        with target.open("rb") as spool:
            yield _opened(spool, outcome, limits)


def _run(source: Path, target: Path, sheet: str | None, limits: Limits) -> Outcome:
    order = Order(
        source=str(source),
        target=str(target),
        sheet=sheet,
        columns=limits.columns,
        rows=limits.rows,
        cell=limits.cell,
        memory_bytes=limits.memory_bytes,
        seconds=limits.seconds,
        output_bytes=SPOOL_BYTES,
    )
    try:
        made = subprocess.run(
            [sys.executable, "-m", "entente.services.transfer.workbook_process"],
            input=msgspec.json.encode(order),
            capture_output=True,
            timeout=limits.seconds,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refused("import.too_slow", seconds=limits.seconds) from None
    if made.returncode != 0 or not made.stdout:
        raise Refused("import.archive_too_large" if made.returncode < 0 else "import.broken_workbook")
    outcome = msgspec.json.decode(made.stdout, type=Outcome)
    if outcome.refused:
        raise Refused(outcome.refused, limit=limits.rows, sheet=sheet or "")
    return outcome


def _environment() -> dict[str, str]:
    """What Python needs to start, and none of the installation's secrets."""
    kept = ("PATH", "PYTHONPATH", "PYTHONHOME", "SYSTEMROOT", "TMPDIR", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PYTHONDONTWRITEBYTECODE": "1"}


def _frames(spool: BinaryIO) -> Iterator[RawRow]:
    while prefix := spool.read(FRAME.size):
        (length,) = FRAME.unpack(prefix)
        if length > LONGEST_FRAME:
            raise Refused("import.broken_workbook")
        yield msgspec.msgpack.decode(spool.read(length), type=RawRow)


def _opened(spool: BinaryIO, outcome: Outcome, limits: Limits) -> Sheet:
    frames = _frames(spool)
    head = next(islice(frames, 1), None)
    if head is None:
        raise Refused("import.empty_file")
    if head.formulas or head.errors:
        raise Refused("import.formula_header", column=(head.formulas + head.errors)[0] + 1)
    headers = checked_headers([_cell(cell) for cell in head.cells], limits)
    rows = (_row(raw, len(headers), limits) for raw in frames)
    return Sheet("xlsx", headers, rows, tuple(_remarks(outcome)), outcome.sheet, tuple(outcome.others))


def _row(raw: RawRow, width: int, limits: Limits) -> SheetRow:
    row = fitted(raw.number, [_cell(cell) for cell in raw.cells], width, limits)
    faults = [CellFault("import.formula_cell", at) for at in raw.formulas if at < width]
    faults += [CellFault("import.error_cell", at) for at in raw.errors if at < width]
    return SheetRow(row.number, row.cells, (*row.faults, *faults)) if faults else row


def _cell(raw: RawCell) -> Cell:
    """The value itself; Excel's moments have no zone, they are kept as written."""
    if not isinstance(raw, tuple):
        return raw
    kind, text = raw
    if kind == "number":
        return Decimal(text)
    return date.fromisoformat(text) if kind == "day" else datetime.fromisoformat(text)


def _remarks(outcome: Outcome) -> Iterator[Remark]:
    if outcome.others:
        shown = ", ".join(outcome.others[:10])
        yield Remark("import.other_sheets", {"sheet": outcome.sheet, "others": shown})
    if outcome.merged:
        yield Remark("import.merged_cells", {"count": outcome.merged})
