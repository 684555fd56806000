"""Errors as RFC 9457 problem details: a stable code, words in the reader's language, the field at fault."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import psycopg
from litestar import Request, Response
from litestar.exceptions import HTTPException
from psycopg_pool import PoolTimeout

from entente.interfaces.html.http.door import LANGUAGE, database_of
from entente.interfaces.html.http.languages import language_of
from entente.interfaces.html.http.refusals import BadRequest, Busy, MethodNotAllowed, PreconditionFailed
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import Conflict, Invalid, Refused, Throttled
from entente.kernel.kit.words import Words

MEDIA = "application/problem+json"
# What Litestar itself refuses, by status.
CODES = {400: "http.bad_request", 401: "http.sign_in_needed", 404: "not_found", 405: "http.method_not_allowed",
         413: "http.too_large", 415: "http.media_type", 429: "throttled"}  # fmt: skip

log = logging.getLogger(__name__)
AnyRequest = Request[Any, Any, Any]


def problem_of(refusal: Refused, words: Words, language: str) -> dict[str, Any]:
    """The problem details of a refusal in a language."""
    made: dict[str, Any] = {
        "type": f"urn:entente:problem:{refusal.code}",
        "title": words.say(language, refusal.code, **refusal.values),
        "status": refusal.status,
        "code": refusal.code,
    }
    if refusal.field:
        made["field"] = refusal.field
    if isinstance(refusal, Invalid):
        made["errors"] = [_fault(fault, words, language) for fault in refusal.faults]
    if isinstance(refusal, Conflict | PreconditionFailed):
        made["theirs"] = list(refusal.theirs)
        made |= {name: value for name, value in refusal.values.items() if name == "version"}
    return made


def _fault(fault: Refused, words: Words, language: str) -> dict[str, Any]:
    title = words.say(language, fault.code, **fault.values)
    return {"code": fault.code, "title": title} | ({"field": fault.field} if fault.field else {})


def headers_of(refusal: Refused) -> dict[str, str]:
    """The headers that belong to a refusal."""
    if isinstance(refusal, Throttled):
        return {"Retry-After": str(refusal.seconds)}
    if isinstance(refusal, MethodNotAllowed):
        return {"Allow": ", ".join(refusal.allowed)}
    return {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else {}


def as_refusal(fault: Exception) -> Refused | None:
    """The refusal that an error of the database means, if it means one."""
    if isinstance(fault, Refused):
        return fault
    if isinstance(fault, psycopg.errors.SerializationFailure | psycopg.errors.DeadlockDetected):
        return Busy("http.busy")
    if isinstance(fault, psycopg.errors.LockNotAvailable):
        return Busy("http.busy")
    if isinstance(fault, psycopg.DataError):
        return BadRequest("http.value_not_understood")
    return None


def answer_refusal(request: AnyRequest, fault: Exception) -> Response[bytes]:
    """The response to a refusal, or to an error that means one; a fault of ours shows its number and nothing else."""
    refusal = as_refusal(fault)
    if refusal is None:
        return answer_fault(request, fault)
    words, language = _reader(request)
    return _response(problem_of(refusal, words, language), refusal.status, headers_of(refusal))


def answer_http(request: AnyRequest, fault: HTTPException) -> Response[bytes]:
    """The response to what the web framework refused."""
    status = fault.status_code
    if status >= 500:
        return answer_fault(request, fault)
    code = CODES.get(status, "http.bad_request")
    words, language = _reader(request)
    title = words.say(language, code, seconds=60)
    body = {"type": f"urn:entente:problem:{code}", "title": title, "status": status, "code": code}
    kept = {name: value for name, value in (fault.headers or {}).items() if name.lower() in ("allow", "retry-after")}
    return _response(body, status, kept)


def answer_fault(request: AnyRequest, fault: Exception) -> Response[bytes]:
    """The response to a fault of ours: a number that the log has too."""
    number = str(new_id())
    away = isinstance(fault, PoolTimeout | psycopg.errors.QueryCanceled | psycopg.OperationalError)
    status, code = (503, "http.away") if away else (500, "http.fault")
    log.error("request %s %s %s failed", number, request.method, request.url.path, exc_info=fault)
    words, language = _reader(request)
    title = words.say(language, code, number=number)
    body = {"type": f"urn:entente:problem:{code}", "title": title, "status": status, "code": code, "request": number}
    return _response(body, status, {"Retry-After": "5"} if away else {})


EXCEPTION_HANDLERS: dict[int | type[Exception], Callable[[AnyRequest, Any], Response[Any]]] = {
    Refused: answer_refusal,
    psycopg.Error: answer_refusal,
    HTTPException: answer_http,
    Exception: answer_fault,
}


def _reader(request: AnyRequest) -> tuple[Words, str]:
    return database_of(request).words, language_of(request, request.scope["state"].get(LANGUAGE, "en"))


def _response(body: Mapping[str, Any], status: int, headers: Mapping[str, str]) -> Response[bytes]:
    return Response(msgspec.json.encode(body), status_code=status, media_type=MEDIA, headers=dict(headers))
