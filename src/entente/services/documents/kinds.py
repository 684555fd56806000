"""What kind of file some bytes are: told by the bytes themselves, and compared with the name and the declared type."""

import zipfile
from io import BytesIO

from entente.kernel.kit.refusal import Refused
from entente.services.documents.archives import check_archive
from entente.services.documents.names import extension_of

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"
ZIP = "application/zip"
OLE = "application/x-ole-storage"
OFFICE = "application/vnd.openxmlformats-officedocument."
OPEN = "application/vnd.oasis.opendocument."

# (offset, bytes, type): the published signatures of the formats.
SIGNATURES = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (8, b"WAVE", "audio/wav"),
    (0, b"PK\x03\x04", ZIP),
    (0, b"PK\x05\x06", ZIP),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"MZ", "application/x-executable"),
    (0, b"\x7fELF", "application/x-executable"),
)
RIFF = {"image/webp", "audio/wav"}
# extension: (type that is stored, type that the bytes must have)
EXTENSIONS = {
    "pdf": ("application/pdf", "application/pdf"),
    "png": ("image/png", "image/png"),
    "jpg": ("image/jpeg", "image/jpeg"),
    "jpeg": ("image/jpeg", "image/jpeg"),
    "gif": ("image/gif", "image/gif"),
    "webp": ("image/webp", "image/webp"),
    "bmp": ("image/bmp", "image/bmp"),
    "tif": ("image/tiff", "image/tiff"),
    "tiff": ("image/tiff", "image/tiff"),
    "heic": ("image/heic", "image/heic"),
    "svg": ("image/svg+xml", TEXT),
    "mp4": ("video/mp4", "video/mp4"),
    "mov": ("video/quicktime", "video/quicktime"),
    "ogg": ("audio/ogg", "audio/ogg"),
    "wav": ("audio/wav", "audio/wav"),
    "docx": (OFFICE + "wordprocessingml.document", "word/"),
    "xlsx": (OFFICE + "spreadsheetml.sheet", "xl/"),
    "pptx": (OFFICE + "presentationml.presentation", "ppt/"),
    "odt": (OPEN + "text", OPEN + "text"),
    "ods": (OPEN + "spreadsheet", OPEN + "spreadsheet"),
    "odp": (OPEN + "presentation", OPEN + "presentation"),
    "zip": (ZIP, ZIP),
    "gz": ("application/gzip", "application/gzip"),
    "7z": ("application/x-7z-compressed", "application/x-7z-compressed"),
    "rar": ("application/vnd.rar", "application/vnd.rar"),
    "doc": ("application/msword", OLE),
    "xls": ("application/vnd.ms-excel", OLE),
    "ppt": ("application/vnd.ms-powerpoint", OLE),
    "msg": ("application/vnd.ms-outlook", OLE),
    "rtf": ("application/rtf", "application/rtf"),
    "exe": ("application/x-executable", "application/x-executable"),
    "txt": (TEXT, TEXT),
    "log": (TEXT, TEXT),
    "md": ("text/markdown", TEXT),
    "csv": ("text/csv", TEXT),
    "tsv": ("text/tab-separated-values", TEXT),
    "json": ("application/json", TEXT),
    "xml": ("application/xml", TEXT),
    "html": ("text/html", TEXT),
    "htm": ("text/html", TEXT),
    "js": ("text/javascript", TEXT),
    "mjs": ("text/javascript", TEXT),
    "css": ("text/css", TEXT),
    "ics": ("text/calendar", TEXT),
    "vcf": ("text/vcard", TEXT),
    "eml": ("message/rfc822", TEXT),
}
CERTAIN = ("application/pdf", "image/")
ALIASES = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png"}
SIGNS_OF_TEXT = frozenset({*range(32, 256), 9, 10, 12, 13, 27})
HEAD = 1 << 16


def kind_of(name: str, data: bytes, declared: str | None = None) -> str:
    """The media type under which the file is kept; Refused when bytes, extension and declared type disagree."""
    found = _found(data)
    stored, expected = EXTENSIONS.get(extension_of(name), (found, found))
    if found == ZIP:
        check_archive(data)
        if not _is_package(data, expected):
            raise Refused("file.kind_mismatch", name=name)
    elif expected != found:
        raise Refused("file.kind_mismatch", name=name)
    claimed = _bare(declared)
    if claimed.startswith(CERTAIN) and claimed != stored:
        raise Refused("file.kind_mismatch", name=name)
    return stored


def _bare(declared: str | None) -> str:
    """The declared type without its parameters, in its usual spelling."""
    bare = (declared or "").partition(";")[0].strip().casefold()
    return ALIASES.get(bare, bare)


def _found(data: bytes) -> str:
    for offset, mark, kind in SIGNATURES:
        whole = kind not in RIFF or data.startswith(b"RIFF")
        # Two letters are no proof: a text may begin with them.
        if data.startswith(mark, offset) and whole and (len(mark) > 2 or not _is_text(data)):
            return kind
    return TEXT if _is_text(data) else UNKNOWN


def _is_text(data: bytes) -> bool:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return SIGNS_OF_TEXT.issuperset(data[:HEAD])


def _is_package(data: bytes, expected: str) -> bool:
    """Whether the archive is the kind of package that its extension stands for."""
    if expected == ZIP:
        return True
    with zipfile.ZipFile(BytesIO(data)) as archive:
        names = archive.namelist()
        if expected.endswith("/"):
            return "[Content_Types].xml" in names and any(entry.startswith(expected) for entry in names)
        if "mimetype" not in names or archive.getinfo("mimetype").file_size > 200:
            return False
        return archive.read("mimetype").decode("ascii", "replace").strip() == expected
