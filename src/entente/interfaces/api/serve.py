"""From HTTP to a call and back: one transaction for each request, committed before the answer is given."""

from typing import Any

import msgspec
from litestar import Request, Response, Router, get, route
from litestar.params import RawBody

from entente.interfaces.api.batch import serve_batch
from entente.interfaces.api.call import Answer, Call, read_query
from entente.interfaces.api.clock import set_clock
from entente.interfaces.api.live import live
from entente.interfaces.api.openapi import read_openapi
from entente.interfaces.api.routes import answer
from entente.interfaces.html.http.door import open_tx
from entente.interfaces.html.http.problems import EXCEPTION_HANDLERS
from entente.kernel.db.tx import Tx
from entente.services.connect.answers import Kept, claim, fingerprint, keep

BASE = "/api/v1"
KEY = "idempotency-key"
# A file of 25 MB and its envelope; JSON has a limit of its own.
LARGEST_BODY = 26_000_000
AnyRequest = Request[Any, Any, Any]


def api_routes() -> list[Router]:
    """Everything under `/api`."""
    handlers: list[Any] = [serve, collections, openapi, set_clock, Router("/v1", route_handlers=[live])]
    return [
        Router(
            "/api",
            route_handlers=handlers,
            exception_handlers=dict(EXCEPTION_HANDLERS),
            request_max_body_size=LARGEST_BODY,
        )
    ]


@route(
    "/v1/{rest:path}",
    http_method=["GET", "POST", "PATCH", "DELETE"],
    sync_to_thread=True,
    include_in_schema=False,
    status_code=200,
)
def serve(request: AnyRequest, body: RawBody) -> Response[bytes]:
    """The answer to a request under `/api/v1`."""
    call = call_of(request, body)
    with open_tx(request, "api") as tx:
        given = answer_once(tx, call)
    return respond(given)


@get("/v1", sync_to_thread=True, include_in_schema=False)
def collections(request: AnyRequest) -> Response[bytes]:
    """The names and addresses of all collections."""
    with open_tx(request, "api") as tx:
        given = answer(tx, call_of(request, b""))
    return respond(given)


@get("/openapi.json", sync_to_thread=True, include_in_schema=False)
def openapi(request: AnyRequest) -> Response[bytes]:
    """What the asking user can do here, as OpenAPI 3.1."""
    with open_tx(request, "api") as tx:
        given = read_openapi(tx, call_of(request, b""))
    return respond(given)


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


def respond(given: Answer) -> Response[bytes]:
    """The HTTP response that an answer makes."""
    headers = {**given.headers, "OData-Version": "4.01", "Vary": "Accept-Language, Authorization, Cookie"}
    return Response(given.content, status_code=given.status, headers=headers, media_type=given.media)


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
