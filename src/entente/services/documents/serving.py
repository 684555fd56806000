"""How a stored file leaves the house: the headers that keep it from ever running as a page or a script."""

from urllib.parse import quote

from entente.services.documents.files import StoredFile
from entente.services.documents.kinds import UNKNOWN
from entente.services.documents.pictures import REDRAWN

ACTIVE = frozenset({"text/html", "image/svg+xml", "text/javascript", "text/css", "application/xml", "application/json"})


def serving_headers(file: StoredFile, *, download: bool = False) -> dict[str, str]:
    """The headers of an answer that carries the file: shown in place only when it is a picture drawn by us."""
    inline = file.mime in REDRAWN and not download
    return {
        "Content-Type": UNKNOWN if file.mime in ACTIVE else file.mime,
        "Content-Disposition": f"{'inline' if inline else 'attachment'}; {_named(file.name)}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-cache",
        "ETag": f'"{file.sha256.hex()}"',
    }


def _named(name: str) -> str:
    """The file's name in a header: an ASCII stand-in and the name itself (RFC 6266, RFC 8187)."""
    plain = name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_").replace("?", "_")
    return f"filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
