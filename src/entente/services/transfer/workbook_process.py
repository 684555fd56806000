"""A process of its own that reads one workbook with limited memory and time, and writes its rows as msgpack frames.

Run as `python -m entente.services.transfer.workbook_process` with a JSON order on standard input.
"""

import re
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from openpyxl import load_workbook
from openpyxl.styles.numbers import is_datetime
from openpyxl.utils.exceptions import InvalidFileException

from entente.kernel.kit.confined import confine
from entente.services.transfer.workbook_frames import FRAME, Order, Outcome, RawCell, RawRow

PROLOG = 1 << 16
BLOCK = 1 << 20
MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s")


def main() -> None:
    """Read the ordered sheet into the target file and print the outcome as JSON."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    confine(order.memory_bytes, order.seconds, order.output_bytes)
    try:
        outcome = _read(order)
    except MemoryError:
        outcome = Outcome(refused="import.archive_too_large")
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, zipfile.BadZipFile, SyntaxError, OSError):
        # openpyxl meets broken parts with whatever its code trips over
        outcome = Outcome(refused="import.broken_workbook")
    except InvalidFileException:
        outcome = Outcome(refused="import.not_a_workbook")
    sys.stdout.buffer.write(msgspec.json.encode(outcome))


def _read(order: Order) -> Outcome:
    if _declares_entities(order.source):
        return Outcome(refused="import.broken_workbook")
    book = load_workbook(order.source, read_only=True, keep_links=False)
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
    chosen = [sheet for sheet in shown if order.sheet in (None, sheet.title)]
    if not chosen:
        return Outcome(refused="import.no_such_sheet")
    sheet = chosen[0]
    others = [other.title for other in shown if other is not sheet]
    sheet.reset_dimensions()
    with Path(order.target).open("wb") as target:
        for row in _rows(sheet, order):
            frame = msgspec.msgpack.encode(row)
            target.write(FRAME.pack(len(frame)))
            target.write(frame)
            if row.number > order.rows + 1:
                return Outcome(refused="import.too_many_rows")
    return Outcome(sheet=sheet.title, others=others, merged=_merged(order.source, sheet))


def _rows(sheet: Any, order: Order) -> Iterator[RawRow]:
    for number, cells in enumerate(sheet.iter_rows(max_col=order.columns + 1), start=1):
        row = RawRow(number, [None] * len(cells), [], [])
        for at, cell in enumerate(cells):
            if cell.value is not None:
                _put(row, at, cell, order.cell)
        while row.cells and row.cells[-1] is None and len(row.cells) - 1 not in (*row.formulas, *row.errors):
            row.cells.pop()
        if row.cells:
            yield row


def _put(row: RawRow, at: int, cell: Any, longest: int) -> None:
    if cell.data_type == "f":
        row.formulas.append(at)
    elif cell.data_type == "e":
        row.errors.append(at)
    else:
        row.cells[at] = _plain(cell.value, cell.number_format, longest)


def _plain(value: Any, form: str, longest: int) -> RawCell:
    match value:
        case str():
            return value[: longest + 1] if value.strip() else None
        case bool():
            return value
        case int() | float() if "%" in form:
            return format((Decimal(format(value, ".15g")) * 100).normalize(), "f") + "%"
        case int():
            return value
        case float():
            # Excel keeps 15 significant digits; the rest is noise of the binary form
            whole = value.is_integer() and abs(value) < 1e15
            return int(value) if whole else ("number", format(value, ".15g"))
        case datetime():
            only_day = value.time() == time() and is_datetime(form) == "date"
            return ("day", value.date().isoformat()) if only_day else ("moment", value.isoformat())
        case timedelta():
            return round(value.total_seconds() / 60)
        case date():
            return ("day", value.isoformat())
        case _:
            return str(value)


def _declares_entities(source: str) -> bool:
    """Whether a part has a document type declaration: no spreadsheet program writes one."""
    with zipfile.ZipFile(source) as archive:
        for entry in archive.infolist():
            if entry.filename.lower().endswith((".xml", ".rels", ".vml")):
                with archive.open(entry) as part:
                    if b"<!DOCTYPE" in part.read(PROLOG).replace(b"\x00", b"").upper():
                        return True
    return False


def _merged(source: str, sheet: Any) -> int:
    """How many ranges of the sheet are merged; they stand behind its rows."""
    path = getattr(sheet, "_worksheet_path", None)
    if not path:
        return 0
    with zipfile.ZipFile(source) as archive, archive.open(path) as part:
        return _count_merged(part)  # type: ignore[arg-type]


def _count_merged(part: BinaryIO) -> int:
    count, kept = 0, b""
    while block := part.read(BLOCK):
        text = kept + block
        cut = text.rfind(b"<")
        count += len(MERGED.findall(text[:cut]))
        kept = text[cut:] if len(text) - cut < BLOCK else b""
    return count + len(MERGED.findall(kept))


if __name__ == "__main__":
    main()
