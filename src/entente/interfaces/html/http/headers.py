"""Headers on every response: what a browser may do with it, and that nobody keeps a copy.

Scripts come from the built assets only, never from an uploaded file (`reference/security.md` section 10).
"""

from collections.abc import MutableMapping
from typing import Any

from litestar import Litestar
from litestar.types import Message, Scope

from entente.interfaces.html.http.peer import host_of

STATIC = "/static/"
NOTHING_RUNS = "default-src 'none'; frame-ancestors 'none'; sandbox"
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
YEAR = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


async def add_headers(message: Message, scope: Scope) -> None:
    """Complete the headers of a response (a `before_send` hook); what the response says itself stays."""
    if message["type"] != "http.response.start":
        return
    given: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
    known = {name.lower(): value for name, value in given}
    wanted = [*ALWAYS, *_by_content(known.get(b"content-type", b""), scope)]
    if _is_secure(scope["litestar_app"]):
        wanted.append(YEAR)
    if b"x-frame-options" not in known and b"content-security-policy" not in known:
        wanted.append((b"x-frame-options", b"DENY"))
    message["headers"] = [*given, *((name, value) for name, value in wanted if name not in known)]


def _by_content(content: bytes, scope: Scope) -> list[tuple[bytes, bytes]]:
    if content.startswith(b"text/html"):
        policy, keep = page_policy(host_of(scope["headers"])), b"private, no-cache"
    else:
        policy, keep = NOTHING_RUNS, b"no-store"
    return [(b"content-security-policy", policy.encode()), (b"cache-control", keep)]


def page_policy(host: str, frame_ancestors: str = "'none'", form_targets: str = "'self'") -> str:
    """The content security policy of a page that was asked for under a host."""
    scripts = f"{host}{STATIC}" if host else "'none'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data: blob:; font-src 'self';"
        f" connect-src 'self'; worker-src {scripts}; manifest-src 'self'; form-action {form_targets}; base-uri 'none';"
        f" frame-src 'self'; object-src 'none'; frame-ancestors {frame_ancestors}"
    )


def attachment(name: str) -> MutableMapping[str, str]:
    """The headers under which an uploaded file is given out: saved, never shown, never run (RFC 6266, RFC 8187)."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in " ._-()") else "_" for sign in name)
    encoded = "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in name.encode())
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}",
        "Content-Security-Policy": NOTHING_RUNS,
        "X-Content-Type-Options": "nosniff",
    }


def _is_secure(app: Litestar | Any) -> bool:
    database = app.state.get("database")
    return database is not None and database.settings.address.startswith("https://")
