"""`$batch`: several requests in one (OData JSON Format 4.01, chapter 19), under one cause.

Requests of one `atomicityGroup` are done together or not at all; every other one stands for itself.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
import psycopg

from entente.interfaces.api.call import Answer, Call, only, read_object, read_query
from entente.interfaces.html.http.problems import MEDIA, as_refusal, headers_of, problem_of
from entente.interfaces.html.http.refusals import BadRequest
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused

MOST = 200
METHODS = ("GET", "POST", "PATCH", "DELETE")
Serve = Callable[[Tx, Call], Answer]
Reply = dict[str, Any]


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One request of a batch."""

    id: str
    method: str
    url: str
    headers: dict[str, str] = {}
    body: Any = None
    atomicity_group: str | None = None
    depends_on: list[str] = []


def serve_batch(tx: Tx, call: Call, serve: Serve) -> Answer:
    """The replies to the requests of a batch, in their order."""
    only(call)
    parts = _parts(read_object(call))
    replies: dict[str, Reply] = {}
    done = 0
    while done < len(parts):
        group = _group_at(parts, done)
        _serve_group(tx, call, group, serve, replies)
        done += len(group)
    return Answer(body={"responses": [replies[part.id] for part in parts]})


def _parts(body: Mapping[str, Any]) -> list[Part]:
    try:
        parts = msgspec.convert(body.get("requests"), list[Part])
    except msgspec.ValidationError:
        raise BadRequest("api.bad_batch", field="requests") from None
    if len(parts) > MOST or len({part.id for part in parts}) < len(parts):
        raise BadRequest("api.bad_batch", field="requests")
    return parts


def _group_at(parts: list[Part], start: int) -> list[Part]:
    """The requests that must be done together with the one at the start."""
    name = parts[start].atomicity_group
    end = start + 1
    while name is not None and end < len(parts) and parts[end].atomicity_group == name:
        end += 1
    return parts[start:end]


def _serve_group(tx: Tx, call: Call, group: list[Part], serve: Serve, replies: dict[str, Reply]) -> None:
    made: dict[str, Reply] = {}
    try:
        with tx.connection.transaction():
            for part in group:
                made[part.id] = _serve(tx, call, part, serve, {**replies, **made})
    except (Refused, psycopg.Error) as fault:
        refusal = as_refusal(fault)
        if refusal is None:
            raise
        at_fault = group[len(made)].id
        made = {part.id: _failed(tx, part, refusal if part.id == at_fault else _NotReached()) for part in group}
    replies |= made


def _serve(tx: Tx, call: Call, part: Part, serve: Serve, replies: Mapping[str, Reply]) -> Reply:
    for needed in part.depends_on:
        if replies.get(needed, {"status": 0})["status"] not in range(200, 300):
            raise _NotReached()
    given = serve(tx, _call(call, part, replies))
    headers = dict(given.headers) | ({"content-type": given.media} if given.body is not None else {})
    reply: Reply = {"id": part.id, "status": given.status, "headers": headers}
    if given.body is not None:
        reply["body"] = given.body.decode() if isinstance(given.body, bytes) else given.body
    return reply


class _NotReached(Refused):
    """A request was not tried because one that it depends on, or one of its group, was refused."""

    status = 424

    def __init__(self) -> None:
        super().__init__("api.not_reached")


def _failed(tx: Tx, part: Part, refusal: Refused) -> Reply:
    body = problem_of(refusal, tx.words, tx.language)
    return {
        "id": part.id,
        "status": refusal.status,
        "headers": {"content-type": MEDIA, **headers_of(refusal)},
        "body": body,
    }


def _call(call: Call, part: Part, replies: Mapping[str, Reply]) -> Call:
    url = urlsplit(_referred(part.url, replies))
    path = unquote(url.path).removeprefix(call.base)
    method = part.method.upper()
    if method not in METHODS or url.scheme or url.netloc:
        raise BadRequest("api.bad_batch", field="requests")
    segments = tuple(segment for segment in path.split("/") if segment)
    if segments[:1] == ("$batch",):
        raise BadRequest("api.bad_batch", field="requests")
    return Call(
        method=method,
        path=segments,
        query=read_query(url.query),
        headers={
            "prefer": call.headers.get("prefer", ""),
            **{name.lower(): value for name, value in part.headers.items()},
        },
        body=b"" if part.body is None else msgspec.json.encode(part.body),
        base=call.base,
    )


def _referred(url: str, replies: Mapping[str, Reply]) -> str:
    """The address with `$1` at its beginning replaced by the one of the record that request 1 created."""
    if not url.startswith("$"):
        return url
    name, slash, rest = url[1:].partition("/")
    place = replies.get(name, {}).get("headers", {}).get("Location")
    return f"{place}{slash}{rest}" if place else url
