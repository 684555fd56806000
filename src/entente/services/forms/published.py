"""The forms that are published, and the sites that may carry them."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import NotFound
from entente.kernel.kit.words import Text
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from entente.services.forms.definition import Confirmation, Form, FormDefinition

ENTITY = "web_form"
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
ORIGIN = re.compile(r"https?://([a-z0-9-]+\.)*[a-z0-9-]+(:\d{1,5})?")


def form_of(tx: Tx, key: str) -> Form:
    """The published form of a key; NotFound when there is none."""
    if KEY.fullmatch(key):
        found = page(tx.acting_as(system("form")), Ask(entity=ENTITY, filter=f'key = "{key}" and active', limit=1))
        if found.records:
            return read_form(found.records[0])
    raise NotFound("form.unknown")


def read_form(record: Record) -> Form:
    """The form that a record declares; NotFound when its declaration cannot be read."""
    try:
        return Form(
            id=record.id,
            key=record["key"],
            entity=record["entity"],
            definition=msgspec.convert(record["definition"], FormDefinition),
            consent=_optional(record, "consent_text", Text),
            confirmation=_optional(record, "confirmation", Confirmation),
            defaults=record["defaults"] or {},
            origins=tuple(origin for each in record["allowed_origins"] or () if (origin := origin_of(each))),
            redirect_url=record["redirect_url"],
            team=record["team"],
            language=record["language"] or "fr",
            hourly_limit=record["hourly_limit"] or 20,
        )
    except msgspec.ValidationError:
        raise NotFound("form.unknown") from None


def _optional(values: Mapping[str, Any], name: str, kind: Any) -> Any:
    return msgspec.convert(values[name], kind) if values[name] else None


def origin_of(address: str) -> str | None:
    """The origin (scheme, host, port) of a web address in lower case, or nothing when it is none."""
    found = ORIGIN.match(address.strip().lower())
    rest = address.strip()[found.end() : found.end() + 1] if found else "?"
    return found.group() if found and rest in ("", "/") else None


def may_send(form: Form, origin: str) -> bool:
    """Whether another site, by its origin, may send to the form."""
    return origin.lower() in form.origins
