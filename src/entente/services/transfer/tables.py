"""Tables written as CSV and XLSX: what a cell holds can never become a formula of the program that opens it."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import xlsxwriter

# OWASP, "CSV injection": what makes a spreadsheet take a text for a formula, also behind blanks.
DANGEROUS = re.compile(r"\s*[=+\-@\t\r\n|%\uFF1D\uFF0B\uFF0D\uFF20]")
NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?")
PHONE = re.compile(r"\+[\d\s]+")
CSV_MIME = "text/csv"
XLSX_MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DIGITS = 15  # what a spreadsheet keeps of a number; longer ones are written as text
SHEET_CELL = 32_767


class Made(msgspec.Struct, frozen=True):
    """A file that was made: its name, its type, its bytes."""

    name: str
    mime: str
    data: bytes


class Mark(msgspec.Struct, frozen=True):
    """A remark on one cell of a table, counted from 0."""

    row: int
    column: int
    text: str


def harmless(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet would compute; numbers stay numbers."""
    risky = DANGEROUS.match(text) and not NUMBER.fullmatch(text) and not PHONE.fullmatch(text)
    return "'" + text if risky else text


def csv_line(cells: Iterable[Any], language: str) -> str:
    """One line of CSV as a spreadsheet of the language expects it, harmless."""
    out = io.StringIO()
    separator = ";" if language == "fr" else ","
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerow(_csv_cell(cell, language) for cell in cells)
    return out.getvalue()


def _csv_cell(cell: Any, language: str) -> str:
    match cell:
        case None:
            return ""
        case Decimal():
            return format(cell, "f").replace(".", "," if language == "fr" else ".")
        case datetime():
            return cell.isoformat(" ", "seconds")
        case date():
            return cell.isoformat()
        case str():
            return harmless(cell)
        case _:
            return str(cell)


def csv_bytes(name: str, table: Iterable[Sequence[Any]], language: str) -> Made:
    """The table as CSV with the mark by which Excel knows UTF-8."""
    text = "\ufeff" + "".join(csv_line(cells, language) for cells in table)
    return Made(f"{name}.csv", CSV_MIME, text.encode())


def xlsx_bytes(name: str, table: Iterable[Sequence[Any]], marks: Sequence[Mark] = (), *, hidden: int = 0) -> Made:
    """The table as a workbook, its first `hidden` columns not shown; texts stay texts, whatever they begin with."""
    out = io.BytesIO()
    marked = {(mark.row, mark.column): mark.text for mark in marks}
    options = {"constant_memory": not marks, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, {**options, "strings_to_numbers": False, "in_memory": bool(marks)}) as book:
        sheet = book.add_worksheet()
        formats = _Formats(book)
        for at, cells in enumerate(table):
            for column, cell in enumerate(cells):
                _put(sheet, at, column, cell, formats, marked.get((at, column)))
        sheet.freeze_panes(1, 0)
        if hidden:
            sheet.set_column(0, hidden - 1, None, None, {"hidden": True})
    return Made(f"{name}.xlsx", XLSX_MIME, out.getvalue())


class _Formats:
    """The few formats of a workbook."""

    def __init__(self, book: Any) -> None:
        self.head = book.add_format({"bold": True})
        self.bad = book.add_format({"bg_color": "#FDE2E1"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})


def _put(sheet: Any, row: int, column: int, cell: Any, formats: _Formats, mark: str | None) -> None:
    shape = formats.bad if mark else formats.head if row == 0 else None
    match cell:
        case None | "":
            sheet.write_blank(row, column, None, shape)
        case bool():
            sheet.write_boolean(row, column, cell, shape)
        case int() | Decimal() if Decimal(cell).adjusted() < DIGITS:
            sheet.write_number(row, column, cell, shape)
        case datetime():
            sheet.write_datetime(row, column, cell.replace(tzinfo=None), shape or formats.moment)
        case date():
            sheet.write_datetime(row, column, cell, shape or formats.day)
        case _:
            sheet.write_string(row, column, str(cell)[:SHEET_CELL], shape)
    if mark:
        sheet.write_comment(row, column, mark)
