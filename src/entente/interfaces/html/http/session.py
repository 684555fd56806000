"""The session cookie: which organisation, and the secret that proves the session."""

from typing import NamedTuple

from litestar.datastructures import Cookie

from entente.interfaces.html.http.peer import Connection
from entente.kernel.identity.sessions import LONGEST
from entente.settings import Settings

PLAIN = "entente_session"
# A browser takes this name only from the very host and over TLS (RFC 6265bis, section 4.1.3.2).
HARDENED = "__Host-entente_session"


class SessionKey(NamedTuple):
    """What a session cookie says; nothing is proved yet."""

    organisation: str
    token: str


def cookie_name(settings: Settings) -> str:
    """The name of the session cookie of an installation."""
    return HARDENED if settings.address.startswith("https://") else PLAIN


def session_key(request: Connection, settings: Settings) -> SessionKey | None:
    """What the request's session cookie says, or nothing when there is none."""
    organisation, dot, token = request.cookies.get(cookie_name(settings), "").partition(".")
    return SessionKey(organisation, token) if dot and token and len(token) <= 200 else None


def session_cookie(settings: Settings, organisation: str, token: str) -> Cookie:
    """The cookie that keeps a new session in the browser."""
    return _cookie(settings, f"{organisation}.{token}", int(LONGEST.total_seconds()))


def ended_cookie(settings: Settings) -> Cookie:
    """The cookie that makes the browser forget its session."""
    return _cookie(settings, "", 0)


def _cookie(settings: Settings, value: str, seconds: int) -> Cookie:
    secure = settings.address.startswith("https://")
    return Cookie(
        key=cookie_name(settings), value=value, max_age=seconds, httponly=True, samesite="lax", secure=secure, path="/"
    )
