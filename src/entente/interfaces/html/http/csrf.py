"""Requests that change something must come from our own pages, not from another site in the same browser."""

import hashlib
import hmac

from entente.interfaces.html.http.peer import Connection
from entente.kernel.kit.refusal import Forbidden

HEADER = "x-csrftoken"
FIELD = "csrf"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OURS = frozenset({"", "same-origin", "none"})


def csrf_token(session_token: str) -> str:
    """The token that our pages send along; it follows from the session's secret and does not reveal it."""
    return hmac.new(session_token.encode(), b"entente csrf", hashlib.sha256).hexdigest()


def require_csrf(request: Connection, session_token: str, given: str | None = None) -> None:
    """Nothing when the request is safe or shows the token (header, or `given` by a form); else Forbidden."""
    if request.scope.get("method", "GET") in SAFE:
        return
    shown = given or request.headers.get(HEADER) or ""
    foreign = request.headers.get("sec-fetch-site", "") not in OURS
    if foreign or not hmac.compare_digest(shown.encode(), csrf_token(session_token).encode()):
        raise Forbidden("http.csrf")


def require_same_origin(request: Connection) -> None:
    """Nothing when a form without session comes from our own pages, as the browser says; else Forbidden."""
    if request.headers.get("sec-fetch-site", "") not in OURS:
        raise Forbidden("http.csrf")
