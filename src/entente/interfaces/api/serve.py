"""From HTTP to a call and back: one transaction for each request, committed before the answer is given."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response, Router, asgi, get
from litestar.enums import ScopeType
from litestar.exceptions import NotFoundException
from litestar.types import Receive, Scope, Send

from entente.interfaces.api.batch import serve_batch
from entente.interfaces.api.call import Answer, Call, read_query
from entente.interfaces.api.clock import set_clock
from entente.interfaces.api.live import live
from entente.interfaces.api.openapi import read_openapi
from entente.interfaces.api.routes import answer
from entente.interfaces.html.http.door import open_tx
from entente.interfaces.html.http.problems import EXCEPTION_HANDLERS
from entente.interfaces.html.http.refusals import TooLarge
from entente.kernel.db.tx import Tx
from entente.services.connect.answers import Kept, claim, fingerprint, keep

BASE = "/api/v1"
KEY = "idempotency-key"
# A file of 25 MB and its envelope; JSON has a limit of its own.
LARGEST_BODY = 26_000_000
BODILESS = frozenset({204, 304})
ALWAYS = {"OData-Version": "4.01", "Vary": "Accept-Language, Authorization, Cookie"}
AnyRequest = Request[Any, Any, Any]
Served = tuple[int, list[tuple[bytes, bytes]], bytes]


def api_routes() -> list[Router]:
    """Everything under `/api`."""
    handlers: list[Any] = [serve, openapi, set_clock, Router("/v1", route_handlers=[live])]
    return [Router("/api", route_handlers=handlers, exception_handlers=dict(EXCEPTION_HANDLERS))]


@asgi("/v1", is_mount=True, copy_scope=False)
async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request under `/api/v1`: which function does it is looked up in the one table of routes."""
    if scope["type"] != ScopeType.HTTP:
        raise NotFoundException
    # The framework has taken away what leads here.
    scope["path"] = BASE + scope["path"].rstrip("/")
    request: AnyRequest = Request(scope)
    body = await _read_body(request, receive)
    status, headers, content = await asyncio.get_running_loop().run_in_executor(None, _serve, request, body)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})


async def _read_body(request: AnyRequest, receive: Receive) -> bytes:
    """The body of a request; TooLarge before more than may come was read."""
    if (request.content_length or 0) > LARGEST_BODY:
        raise TooLarge("http.too_large")
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ConnectionAbortedError
        parts.append(message["body"])
        size += len(parts[-1])
        if size > LARGEST_BODY:
            raise TooLarge("http.too_large")
        if not message.get("more_body"):
            return b"".join(parts)


def _serve(request: AnyRequest, body: bytes) -> Served:
    """The answer to a request: its status, headers and content."""
    call = call_of(request, body)
    with open_tx(request, "api") as tx:
        given = answer_once(tx, call)
    content = given.content
    headers = {**given.headers, **ALWAYS}
    if given.status not in BODILESS:
        kind = f"{given.media}; charset=utf-8" if given.media.startswith("text/") else given.media
        headers |= {"Content-Type": kind, "Content-Length": str(len(content))}
    return given.status, _encoded(headers), content


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


@get("/openapi.json", sync_to_thread=True, include_in_schema=False)
def openapi(request: AnyRequest) -> Response[bytes]:
    """What the asking user can do here, as OpenAPI 3.1."""
    with open_tx(request, "api") as tx:
        given = read_openapi(tx, call_of(request, b""))
    headers = {**given.headers, **ALWAYS}
    return Response(given.content, status_code=given.status, headers=headers, media_type=given.media)


def call_of(request: AnyRequest, body: bytes) -> Call:
    """What a request asks."""
    path = request.scope["path"].removeprefix(BASE)
    return Call(
        method=str(request.method),
        path=tuple(segment for segment in path.split("/") if segment),
        query=read_query(request.scope["query_string"].decode("latin-1")),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )


def answer_once(tx: Tx, call: Call) -> Answer:
    """The answer to a call; the one given before when a POST is sent again with the same Idempotency-Key."""
    key, user = call.headers.get(KEY), tx.principal.user_id
    if call.method != "POST" or key is None or user is None:
        return _answer(tx, call)
    mark = fingerprint("/".join(call.path).encode(), msgspec.json.encode(sorted(call.query.items())), call.body)
    kept = claim(tx, user, key, mark)
    if kept is not None:
        return _revived(kept)
    given = _answer(tx, call)
    keep(tx, user, key, mark, _kept(given))
    return given


def _answer(tx: Tx, call: Call) -> Answer:
    if call.path == ("$batch",) and call.method == "POST":
        return serve_batch(tx, call, answer)
    return answer(tx, call)


def _kept(given: Answer) -> Kept:
    body = {"headers": dict(given.headers), "media": given.media, "body": given.body}
    return Kept(status=given.status, body=msgspec.to_builtins(body))


def _revived(kept: Kept) -> Answer:
    body = kept.body
    return Answer(status=kept.status, body=body["body"], headers=body["headers"], media=body["media"])
