"""Addresses to which other programs post: each belongs to one automation and proves by itself that it is ours."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, post
from litestar.params import FromPath, RawBody

from entente.interfaces.html.http.door import database_of
from entente.interfaces.html.http.peer import peer_of
from entente.interfaces.html.http.problems import EXCEPTION_HANDLERS
from entente.interfaces.html.http.refusals import BadRequest
from entente.kernel.db.tx import new_cause
from entente.kernel.identity.throttle import Limit, count_try, peer_limit
from entente.kernel.kit.principal import system
from entente.services.automation.calling import call

AnyRequest = Request[Any, Any, Any]
MOST_BYTES = 100_000
FREE_CALLS = 600


def hook_routes() -> list[Router]:
    """Everything under `/hooks`."""
    return [
        Router(
            "/hooks",
            route_handlers=[take_call],
            exception_handlers=dict(EXCEPTION_HANDLERS),
            request_max_body_size=MOST_BYTES,
            include_in_schema=False,
        )
    ]


@post("/{identity:uuid}/{stamp:str}", sync_to_thread=True, status_code=200)
def take_call(
    request: AnyRequest, identity: FromPath[UUID], stamp: FromPath[str], body: RawBody
) -> Response[dict[str, Any]]:
    """What a call set off: how many records were acted on, and how each run ended."""
    database = database_of(request)
    with database.begin(system("hooks"), cause=new_cause("api", "hook")) as tx:
        peer = peer_limit(peer_of(request, database.settings.trusted_proxies)).key
        count_try(tx, [Limit(f"hook-{peer}", free=FREE_CALLS, longest=60)])
    given = _read(body)
    with database.begin(system("automation"), cause=new_cause("api", "hook")) as tx:
        lines = call(tx, identity, stamp, given)
        answered = [{"record": str(line.record), "outcome": line.outcome} for line in lines]
    return Response({"runs": answered})


def _read(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("api.not_json") from None
    if not isinstance(found, dict):
        raise BadRequest("api.not_an_object")
    return found
