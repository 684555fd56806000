"""The built assets as a browser gets them: compressed when they were built, kept for ever."""

import mimetypes
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from entente.interfaces.html.assets import DIST

CODINGS = (("br", ".br"), ("gzip", ".gz"))
# Names change with the content.
KEPT = "public, max-age=31536000, immutable"
SKIPS = "skip_compression"  # the option of routes that compress for themselves


@get("/static/{name:str}", sync_to_thread=True, include_in_schema=False, opt={SKIPS: True})
def show_asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """An asset in the smallest form that the browser takes; NotFoundException when there is none of this name."""
    file = DIST / name
    if file.parent != DIST or not file.is_file():
        raise NotFoundException()
    headers = {"Cache-Control": KEPT, "Vary": "Accept-Encoding"}
    taken = {each.partition(";")[0].strip() for each in request.headers.get("accept-encoding", "").split(",")}
    for coding, ending in CODINGS:
        smaller = DIST / f"{name}{ending}"
        if coding in taken and smaller.is_file():
            file, headers["Content-Encoding"] = smaller, coding
            break
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(file.read_bytes(), media_type=kind, headers=headers)
