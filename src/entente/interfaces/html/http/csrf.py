"""Requests that change something must come from our own pages, not from another site in the same browser."""

import hashlib
import hmac
import secrets

from entente.interfaces.html.http.peer import Connection
from entente.kernel.kit.refusal import Forbidden

HEADER = "x-csrftoken"
FIELD = "csrf"
SIZE = hashlib.sha256().digest_size
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OURS = frozenset({"", "same-origin", "none"})


def csrf_token(session_token: str) -> str:
    """The token that our pages send along, another one each time; it follows from the session's secret."""
    mask = secrets.token_bytes(SIZE)
    return (mask + _masked(_proof(session_token), mask)).hex()


def _proof(session_token: str) -> bytes:
    return hmac.digest(session_token.encode(), b"entente csrf", hashlib.sha256)


def _masked(proof: bytes, mask: bytes) -> bytes:
    """The proof under a mask: what is never the same twice cannot be guessed by how well a page packs (BREACH)."""
    return bytes(one ^ other for one, other in zip(proof, mask, strict=True))


def _holds(session_token: str, shown: str) -> bool:
    try:
        given = bytes.fromhex(shown)
    except ValueError:
        return False
    if len(given) != 2 * SIZE:
        return False
    return hmac.compare_digest(_masked(given[SIZE:], given[:SIZE]), _proof(session_token))


def require_csrf(request: Connection, session_token: str, given: str | None = None) -> None:
    """Nothing when the request is safe or shows the token (header, or `given` by a form); else Forbidden."""
    if request.scope.get("method", "GET") in SAFE:
        return
    shown = given or request.headers.get(HEADER) or ""
    foreign = request.headers.get("sec-fetch-site", "") not in OURS
    if foreign or not _holds(session_token, shown):
        raise Forbidden("http.csrf")


def require_same_origin(request: Connection) -> None:
    """Nothing when a form without session comes from our own pages, as the browser says; else Forbidden."""
    if request.headers.get("sec-fetch-site", "") not in OURS:
        raise Forbidden("http.csrf")
