"""Tables as text: encoding and separator guessed, quotes and line breaks in cells understood, memory bounded."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from entente.kernel.kit.refusal import Refused
from entente.services.transfer.encoding import BLOCK, guess_encoding
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

SEPARATORS = (";", ",", "\t", "|")
SAMPLE_RECORDS = 200
SAMPLE_TEXT = 1 << 16
REPLACED = "\ufffd"
# Control signs that no text file has; 0x1A is DOS's end of file.
BINARY = [chr(sign) for sign in range(32) if sign not in (9, 10, 12, 13, 26, 27)]


class Lines:
    """The decoded lines of a stream; Refused when a line, or the record being read, grows beyond the limit."""

    def __init__(self, stream: BinaryIO, encoding: str, limits: Limits) -> None:
        self.line = 0
        self.record_began = 1
        self._fed = 0
        self._limit = limits.line
        self._stream = stream
        self._decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)

    def next_record(self) -> None:
        """Note that the next line begins a record."""
        self.record_began = self.line + 1
        self._fed = 0

    def __iter__(self) -> Iterator[str]:
        """The lines, each with its line break."""
        pending = ""
        while block := self._stream.read(BLOCK):
            *lines, pending = (pending + self._decoder.decode(block)).split("\n")
            for line in lines:
                yield self._counted(line) + "\n"
            self._bounded(len(pending), self.line + 1)
        rest = (pending + self._decoder.decode(b"", final=True)).rstrip("\x1a\n")
        if rest:
            yield self._counted(rest)

    def _counted(self, line: str) -> str:
        self.line += 1
        self._fed += len(line)
        self._bounded(len(line), self.line)
        return line

    def _bounded(self, length: int, line: int) -> None:
        if length > self._limit:
            raise Refused("import.line_too_long", line=line, limit=self._limit)
        if self._fed > self._limit:
            raise Refused("import.unclosed_quote", line=self.record_began)


def read_csv(stream: BinaryIO, limits: Limits = LIMITS) -> Sheet:
    """The table in a text stream; Refused says why it is none, at once or at the row that cannot be read."""
    head = stream.read(BLOCK)
    if not head.strip(b"\x00\r\n\t ;,|\xef\xbb\xbf\xff\xfe"):
        raise Refused("import.empty_file")
    encoding = guess_encoding(stream)
    sample = _text_sample(stream, encoding)
    if is_binary(sample):
        raise Refused("import.not_a_table")
    lines = Lines(stream, encoding, limits)
    fed = iter(lines)
    separator = _declared_separator(sample)
    if separator:
        next(fed)
        lines.next_record()
    separator = separator or guess_separator(sample)
    records = _records(lines, fed, separator)
    number, cells, fault = next(((at, made, wrong) for at, made, wrong in records if made or wrong), (0, [], None))
    if fault:
        raise Refused(fault.code, line=lines.line, **fault.values)
    headers = checked_headers(cells, limits)
    said = "import.read_as_tabs" if separator == "\t" else "import.read_as"
    remarks = (Remark(said, {"encoding": shown_encoding(encoding), "separator": separator}),)
    return Sheet("csv", headers, _rows(records, number, len(headers), limits), remarks)


def guess_separator(sample: str) -> str:
    """The sign that cuts the header and most rows into the same number of cells; a semicolon when none does."""
    best = max(SEPARATORS, key=lambda sign: _evenness(sample, sign))
    return best if _evenness(sample, best) > (0.0, 0) else ";"


def is_binary(sample: str) -> bool:
    """Whether a decoded text has more control signs than any text has."""
    odd = sum(map(sample.count, (*BINARY, REPLACED)))
    return odd > len(sample) * 0.02 + 1


def shown_encoding(encoding: str) -> str:
    """The name of a codec as people write it."""
    return {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "cp850": "DOS 850", "utf-8-sig": "UTF-8"}.get(
        encoding, encoding.upper().replace("_", "-")
    )


def _text_sample(stream: BinaryIO, encoding: str) -> str:
    """The first lines as text; the last, probably cut, is left out when there are several."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    text = decoder.decode(stream.read(BLOCK)).replace("\r\n", "\n").replace("\r", "\n")[:SAMPLE_TEXT]
    stream.seek(0)
    whole, cut, _ = text.rpartition("\n")
    return whole if cut and len(text) >= BLOCK // 4 else text


def _declared_separator(sample: str) -> str | None:
    """Excel's own first line `sep=;`."""
    first = sample.partition("\n")[0].strip().strip('"')
    return first[4] if len(first) == 5 and first.lower().startswith("sep=") else None


def _evenness(sample: str, separator: str) -> tuple[float, int]:
    try:
        made = [cells for cells in csv.reader(io.StringIO(sample), delimiter=separator) if cells]
    except csv.Error:
        return 0.0, 0
    widths = Counter(len(cells) for cells in made[1:SAMPLE_RECORDS])
    width = len(made[0]) if made else 0
    if width < 2:
        return 0.0, 0
    return (widths[width] / widths.total() if widths else 1.0) + 0.01, width


def _records(lines: Lines, fed: Iterator[str], separator: str) -> Iterator[tuple[int, list[str], CellFault | None]]:
    """Each record with its ordinal; a record with wrong quotes within one line is a fault, over several a refusal."""
    reader = csv.reader(fed, delimiter=separator, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells, fault = next(reader), None
        except StopIteration:
            return
        except csv.Error as error:
            cells, fault = [], _fault_of(lines, str(error))
        yield number, cells, fault
        lines.next_record()


def _fault_of(lines: Lines, error: str) -> CellFault:
    if lines.line > lines.record_began or "end of data" in error:
        raise Refused("import.unclosed_quote", line=lines.record_began)
    if "field limit" in error:
        return CellFault("import.cell_too_long", None, {"limit": csv.field_size_limit()})
    return CellFault("import.bad_quotes")


def _rows(
    records: Iterator[tuple[int, list[str], CellFault | None]], first: int, width: int, limits: Limits
) -> Iterator[SheetRow]:
    for number, texts, fault in records:
        if number - first > limits.rows:
            raise Refused("import.too_many_rows", limit=limits.rows)
        if fault:
            yield SheetRow(number, (None,) * width, (fault,))
            continue
        written = "".join(texts)
        if written and not written.isspace():
            cells: list[Cell] = [text if text and not text.isspace() else None for text in texts]
            plain = len(cells) == width and len(written) <= limits.cell
            row = SheetRow(number, tuple(cells)) if plain else fitted(number, cells, width, limits)
            yield _without_unreadable(row) if REPLACED in written or "\x00" in written else row


def _without_unreadable(row: SheetRow) -> SheetRow:
    bad = [
        CellFault("import.unreadable_sign", at)
        for at, cell in enumerate(row.cells)
        if isinstance(cell, str) and (REPLACED in cell or "\x00" in cell)
    ]
    return SheetRow(row.number, row.cells, (*row.faults, *bad)) if bad else row
