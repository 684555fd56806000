"""What a form sends, as the values that fields understand; nothing typed is lost when it is refused."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from litestar.datastructures import FormMultiDict, UploadFile

from entente.interfaces.web.formats.drawing import formatted_values
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field

MARKS = ("opted_out", "invalid")
ADDRESS = ("street", "postal_code", "city", "region", "country")


def values_of(
    tx: Tx, entity: Entity, form: FormMultiDict, stored: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """The raw values by field of all fields that the form carries; `stored` is the record as it stands."""
    sent = {key.partition(".")[0] for key in form}
    zone = ZoneInfo(tx.principal.timezone)
    raw = {name: raw_value(field, form, zone) for name, field in entity.fields.items() if name in sent}
    return {**raw, **formatted_values(tx, entity, form, raw, stored)}


def raw_value(field: Field, form: FormMultiDict, zone: ZoneInfo) -> Any:
    """The raw value of one field as its inputs send it; wall times are those of the zone."""
    name = field.name
    sent = [each for each in form.getall(name, []) if not isinstance(each, UploadFile)]
    match field.type.key:
        case "boolean":
            return bool(sent) and sent[-1] not in ("", "0", "false")
        case "multi_choice" | "links":
            return [each for each in sent if each]
        case "money":
            amount = form.get(f"{name}.amount", sent[0] if sent else None)
            return {"amount": amount, "currency": form.get(f"{name}.currency")}
        case "address":
            return {part: form.get(f"{name}.{part}") or "" for part in ADDRESS}
        case "email_set" | "phone_set":
            entries = _entries(name, form)
            return entries if entries else next((each for each in sent if each), "")
        case "checklist":
            return _steps(name, form)
        case "datetime":
            return moment_in(next((each for each in sent if each), ""), zone)
    return next((each for each in sent if each), "")


def _entries(name: str, form: FormMultiDict) -> list[dict[str, Any]]:
    """The entries of a set in their order, the first is the main one; sent as `emails.0.value`, `emails.0.kind`, …

    `emails.0.opted_out` holds the address that is marked so: another one typed in its place is not.
    """
    return [
        {
            "value": value,
            "kind": str(form.get(f"{name}.{at}.kind") or ""),
            **{mark: form.get(f"{name}.{at}.{mark}") == value for mark in MARKS},
        }
        for at in _places(name, form)
        if (value := str(form.get(f"{name}.{at}.value") or "").strip())
    ]


def _steps(name: str, form: FormMultiDict) -> list[dict[str, Any]]:
    """The steps of a checklist in their order; sent as `checklist.0.text`, and `checklist.0.done` when it is ticked."""
    return [
        {"text": str(form.get(f"{name}.{at}.text") or ""), "done": f"{name}.{at}.done" in form}
        for at in _places(name, form)
    ]


def _places(name: str, form: FormMultiDict) -> list[str]:
    sent = {key.split(".")[1] for key in form if key.startswith(name + ".") and key.count(".") == 2}
    return sorted(sent, key=lambda at: (len(at), at))


def moment_in(text: str, zone: ZoneInfo) -> Any:
    """The moment that a local input means; a text that is none stays as it is and is refused later."""
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        return text
    return made if made.tzinfo else made.replace(tzinfo=zone)


def errors_of(tx: Tx, refusal: Refused) -> tuple[dict[str, str], tuple[str, ...]]:
    """The words of a refusal: by field, and those of no single field."""
    faults = refusal.faults if isinstance(refusal, Invalid) else (refusal,)
    by_field: dict[str, str] = {}
    others: list[str] = []
    for fault in faults:
        text = tx.say(fault.code, **fault.values)
        if fault.field:
            by_field.setdefault(fault.field, text)
        else:
            others.append(text)
    return by_field, tuple(others)


def typed_values(entity: Entity, raw: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, as far as it can be understood, so that a refused form shows it again."""
    found: dict[str, Any] = {}
    for name, value in raw.items():
        field = entity.fields[name]
        try:
            found[name] = field.type.clean(name, field.definition, value)
        except Refused:
            found[name] = value
    return found


def understood(entity: Entity, raw: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, without what cannot be understood yet."""
    found: dict[str, Any] = {}
    for name, value in raw.items():
        field = entity.fields[name]
        with suppress(Refused):
            found[name] = field.type.clean(name, field.definition, value)
    return found
