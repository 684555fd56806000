"""Opening an uploaded file, whatever it is: by what its first bytes say, never by its name."""

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from entente.kernel.kit.refusal import Refused
from entente.services.transfer.csv_reader import read_csv
from entente.services.transfer.sheet import LIMITS, Limits, Sheet
from entente.services.transfer.xlsx_reader import read_xlsx

ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
KNOWN = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"BZh",
    b"\x7fELF",
    b"MZ\x90",
)


@contextmanager
def open_sheet(source: bytes | Path, *, sheet: str | None = None, limits: Limits = LIMITS) -> Iterator[Sheet]:
    """The table in a CSV or XLSX file; Refused with a code of `messages.yaml` says why there is none."""
    with ExitStack() as stack:
        stream: BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else stack.enter_context(source.open("rb"))
        head = stream.read(8)
        _check_size(stream, head, limits)
        if head.startswith(ZIP):
            yield stack.enter_context(read_xlsx(stream, sheet, limits))
        else:
            yield read_csv(stream, limits)


def refuse_large(source: Path, limits: Limits = LIMITS) -> None:
    """Nothing for a file of a size that can be imported; else Refused, before anything of it is held in memory."""
    if source.stat().st_size > limits.file_bytes:
        with source.open("rb") as stream:
            _check_size(stream, stream.read(8), limits)


def _check_size(stream: BinaryIO, head: bytes, limits: Limits) -> None:
    if head.startswith(OLD_EXCEL):
        raise Refused("import.old_excel")
    if head.startswith(KNOWN):
        raise Refused("import.not_a_table")
    size = stream.seek(0, 2)
    stream.seek(0)
    if size > limits.file_bytes:
        # A file that is one endless line deserves the more telling answer
        if not head.startswith(ZIP) and not {10, 13} & set(stream.read(limits.line * 4)):
            raise Refused("import.line_too_long", line=1, limit=limits.line)
        raise Refused("import.file_too_large", limit=limits.file_bytes // (1024 * 1024))
