"""Archives and office files: refused by what they claim about themselves, before a byte of them is unpacked."""

import struct
import zipfile
from io import BytesIO

from entente.kernel.kit.refusal import Refused

MOST_ENTRIES = 10_000
MOST_UNPACKED = 500_000_000
RATIO = 150
RATIO_FROM = 20_000_000
# APPNOTE.TXT 6.3, 4.3.16: the record that ends the central directory.
END = struct.Struct("<4s4H2LH")
END_MARK = b"PK\x05\x06"
LONGEST_COMMENT = 65_535


def check_archive(data: bytes) -> None:
    """Nothing when the archive is sound; Refused when it is broken or would unpack to far more than it weighs."""
    at = data.rfind(END_MARK, max(0, len(data) - LONGEST_COMMENT - END.size))
    if at < 0 or len(data) - at < END.size:
        raise Refused("file.broken_archive")
    if END.unpack_from(data, at)[4] > MOST_ENTRIES:
        raise Refused("file.archive_too_large")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Refused("file.broken_archive") from None
    _check_sizes(entries, len(data))


def _check_sizes(entries: list[zipfile.ZipInfo], weight: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    # Entries that share bytes claim together more than the file weighs (CVE-2024-0450).
    if packed > weight or len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED:
        raise Refused("file.archive_too_large")
    if unpacked > RATIO_FROM and unpacked > packed * RATIO:
        raise Refused("file.archive_too_large")
