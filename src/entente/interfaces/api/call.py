"""A call of the API and its answer: what a single request and each part of a batch have in common."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from entente.interfaces.html.http.refusals import BadRequest, PreconditionRequired, TooLarge, Unacceptable

JSON = "application/json"
DEEPEST = 32
LARGEST = 10_000_000
MOST_OPTIONS = 40


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: the segments of the path behind `/api/v1`, options without `$`, headers in lower case, the body.

    `base` is the path that links in answers begin with.
    """

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes = b""
    base: str = "/api/v1"

    def prefers(self, name: str) -> str | None:
        """The value of a preference (RFC 7240), empty when it has none; nothing when it was not asked for."""
        for part in self.headers.get("prefer", "").split(","):
            key, _, value = part.strip().partition("=")
            if key.strip().lower() == name:
                return value.strip().strip('"')
        return None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered: a JSON body, or bytes of a media type of their own, or nothing."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = {}
    media: str = JSON

    @property
    def content(self) -> bytes:
        """The body as bytes."""
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else msgspec.json.encode(self.body)


def read_query(text: str) -> dict[str, str]:
    """The options of a query, those of OData with or without `$`; BadRequest when one is given twice."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_OPTIONS)
    except ValueError:
        raise BadRequest("api.too_many_options", count=MOST_OPTIONS) from None
    found: dict[str, str] = {}
    for name, value in pairs:
        key = name.removeprefix("$")
        if key in found:
            raise BadRequest("api.option_twice", field=name)
        found[key] = value
    return found


def only(call: Call, *known: str) -> None:
    """BadRequest when the query has an option that is not known here: a typing error must not pass silently."""
    for name in call.query:
        if name not in known:
            raise BadRequest("api.unknown_option", field=name)


def read_number(call: Call, name: str, most: int, least: int = 0) -> int | None:
    """The whole number of a query option, nothing when it is not there; BadRequest outside its bounds."""
    text = call.query.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not least <= int(text) <= most:
        raise BadRequest("api.not_a_count", field=f"${name}", least=least, count=most)
    return int(text)


def read_object(call: Call, *, optional: bool = False) -> dict[str, Any]:
    """The JSON object of the body; BadRequest when it is none, Unacceptable when it is of another media type."""
    if not call.body.strip() and optional:
        return {}
    if len(call.body) > LARGEST:
        raise TooLarge("http.too_large")
    if call.headers.get("content-type", JSON).partition(";")[0].strip().lower() != JSON:
        raise Unacceptable("http.media_type")
    try:
        found = msgspec.json.decode(call.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("api.not_json") from None
    if not isinstance(found, dict):
        raise BadRequest("api.not_an_object")
    if is_deeper(found, DEEPEST):
        raise BadRequest("api.too_deep", count=DEEPEST)
    return found


def is_deeper(value: Any, levels: int) -> bool:
    """Whether objects and lists are nested deeper than so many levels."""
    if not isinstance(value, dict | list):
        return False
    if levels == 0:
        return True
    return any(is_deeper(each, levels - 1) for each in (value.values() if isinstance(value, dict) else value))


def etag(version: int) -> str:
    """The entity tag of a version."""
    return f'W/"{version}"'


def seen_version(call: Call, *, required: bool = True) -> int | None:
    """The version that If-Match names, nothing for `*`; PreconditionRequired when it is missing or names none."""
    given = call.headers.get("if-match", "").strip()
    if not given:
        if required:
            raise PreconditionRequired("api.if_match_needed")
        return None
    if given == "*":
        return None
    text = given.removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise BadRequest("api.bad_etag", field="If-Match")
    return int(text)
