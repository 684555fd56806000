"""What a visitor's form sends, whoever made the page: the answers by field, and what stands around them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import msgspec

from entente.interfaces.html.http.peer import Connection
from entente.interfaces.html.http.refusals import BadRequest, Unacceptable
from entente.kernel.kit.words import LANGUAGES
from entente.services.forms.submit import UTM

MOST_BYTES = 64_000
MOST_FIELDS = 300
TRAP = "website_url"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A form as it was sent; `language` is empty when the sender names none of ours."""

    answers: Mapping[str, Any]
    token: str = ""
    trap: str = ""
    consent: bool = False
    language: str = ""
    referrer: str = ""
    utm: Mapping[str, str] = {}
    embedded: bool = False


def read_sent(request: Connection, body: bytes) -> Sent:
    """What a request sends; BadRequest when it cannot be read, Unacceptable when it is neither form nor JSON."""
    media = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if len(body) > MOST_BYTES:
        raise BadRequest("portal.too_large")
    if media not in (FORM, JSON):
        raise Unacceptable("portal.media")
    values = _json(body) if media == JSON else _form(body)
    referrer = web_address(values.get("referrer")) or web_address(request.headers.get("referer"))
    return Sent(
        answers=values,
        token=_text(values.get("token"), 100),
        trap=_text(values.get(TRAP), 200),
        consent=_text(values.get("consent"), 10).lower() in ("1", "true", "on", "yes"),
        language=language if (language := _text(values.get("lang"), 5)) in LANGUAGES else "",
        referrer=referrer,
        utm=utm_of(values, request.query_params.dict(), referrer),
        embedded=values.get("embed") == "1",
    )


def _json(body: bytes) -> dict[str, Any]:
    try:
        values = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("http.bad_request") from None
    if not isinstance(values, dict):
        raise BadRequest("http.bad_request")
    return values


def _form(body: bytes) -> dict[str, Any]:
    """The fields of a form: several values of one name as a list, `address.city` as part of `address`."""
    try:
        pairs = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise BadRequest("http.bad_request") from None
    made: dict[str, Any] = {}
    for name, values in pairs.items():
        whole, dot, part = name.partition(".")
        if not dot:
            made[name] = _one(values)
        elif isinstance(made.setdefault(whole, {}), dict):
            made[whole][part] = values[-1]
    return made


def _one(values: list[str]) -> Any:
    """A single text; a list of those ticked when a name was sent several times; a hidden 0 precedes a yes or no."""
    return values[-1] if values[0] == "0" else values[0] if len(values) == 1 else [value for value in values if value]


def _text(value: Any, longest: int) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value)[:longest] if isinstance(value, str | int) else ""


def web_address(value: Any) -> str:
    """The address of a web page, clipped to 1,000 characters; empty for anything else."""
    text = _text(value, 1000)
    return text if text.startswith(("http://", "https://")) and text.isprintable() else ""


def utm_of(*sources: Any) -> dict[str, str]:
    """The campaign parameters of the first source that has any: mappings, or the address of a page."""
    for source in sources:
        values = source if isinstance(source, Mapping) else _query(source)
        found = {name: text for name in UTM if (text := _text(_last(values.get(name)), 200))}
        if found:
            return found
    return {}


def _query(address: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(urlsplit(address).query, max_num_fields=100))
    except ValueError:
        return {}


def _last(value: Any) -> Any:
    return value[-1] if isinstance(value, list) and value else value
