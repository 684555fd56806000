"""What a zip file claims about itself, checked before a byte of it is unpacked.

Python's own `zipfile` overlooks entries that share bytes (CVE-2024-0450), so offsets are compared here.
"""

import struct
import zipfile
from typing import BinaryIO

from entente.kernel.kit.refusal import Refused
from entente.services.transfer.sheet import Limits

# APPNOTE.TXT 6.3: end of central directory (4.3.16) and local file header (4.3.7).
END = struct.Struct("<4s4H2LH")
END_MARK = b"PK\x05\x06"
LOCAL = struct.Struct("<4s5H3L2H")
LOCAL_MARK = b"PK\x03\x04"
LONGEST_COMMENT = 65_535
DIRECTORY_ENTRY = 512  # bytes that an entry of an honest directory takes at the most, on average
ENCRYPTED = 0x1
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def check_archive(stream: BinaryIO, limits: Limits) -> tuple[str, ...]:
    """The names in the archive; Refused when it claims too much, hides something or is broken."""
    _check_directory(stream, limits)
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            directory = archive.start_dir
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Refused("import.broken_archive") from None
    _check_sizes(entries, limits)
    _check_overlap(stream, entries, directory)
    return tuple(entry.filename for entry in entries)


def _check_directory(stream: BinaryIO, limits: Limits) -> None:
    """Refuse by the last record of the file, before a directory of millions of entries is read."""
    size = stream.seek(0, 2)
    start = max(0, size - LONGEST_COMMENT - END.size)
    stream.seek(start)
    tail = stream.read()
    at = tail.rfind(END_MARK)
    if at < 0 or len(tail) - at < END.size:
        raise Refused("import.broken_archive")
    _, disk, directory_disk, here, total, length, offset, _ = END.unpack_from(tail, at)
    if disk or directory_disk or here != total or offset + length > start + at:
        raise Refused("import.broken_archive")
    if total > limits.entries or length > limits.entries * DIRECTORY_ENTRY:
        raise Refused("import.archive_too_large")


def _check_sizes(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        raise Refused("import.encrypted")
    if any(entry.compress_type not in METHODS for entry in entries):
        raise Refused("import.broken_archive")
    if len({entry.filename for entry in entries}) != len(entries):
        raise Refused("import.broken_archive")
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    suspicious = unpacked > limits.ratio_from_bytes and unpacked > packed * limits.ratio
    if unpacked > limits.unpacked_bytes or suspicious:
        raise Refused("import.archive_too_large")


def _check_overlap(stream: BinaryIO, entries: list[zipfile.ZipInfo], directory: int) -> None:
    free_from = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < free_from:
            raise Refused("import.archive_overlaps")
        stream.seek(entry.header_offset)
        header = stream.read(LOCAL.size)
        if len(header) < LOCAL.size or not header.startswith(LOCAL_MARK):
            raise Refused("import.broken_archive")
        *_, name, extra = LOCAL.unpack(header)
        free_from = entry.header_offset + LOCAL.size + name + extra + entry.compress_size
    if free_from > directory:
        raise Refused("import.archive_overlaps")
