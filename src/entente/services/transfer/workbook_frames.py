"""What is said between the product and the process that reads a workbook: an order, frames of rows, an outcome."""

import struct
from typing import Literal

import msgspec

FRAME = struct.Struct("<L")
RawCell = str | int | bool | None | tuple[Literal["number", "day", "moment"], str]


class Order(msgspec.Struct):
    """What to read, where to write it, and within which limits."""

    source: str
    target: str
    sheet: str | None
    columns: int
    rows: int
    cell: int
    memory_bytes: int
    seconds: int
    output_bytes: int


class RawRow(msgspec.Struct, array_like=True):
    """A row: its number, its cells (what is no text as kind and text), the columns with a formula, with an error."""

    number: int
    cells: list[RawCell]
    formulas: list[int] = []
    errors: list[int] = []


class Outcome(msgspec.Struct):
    """How the reading ended: a refusal's code, or what there is to remark."""

    refused: str | None = None
    sheet: str = ""
    others: list[str] = []
    merged: int = 0
