"""Workbooks as tests read them."""

import io

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet


def first_sheet(data: bytes) -> Worksheet:
    """The sheet that a workbook opens with."""
    return sheet_of(load_workbook(io.BytesIO(data)))


def sheet_of(book: Workbook) -> Worksheet:
    """The sheet that a workbook stands at."""
    assert isinstance(book.active, Worksheet)
    return book.active
