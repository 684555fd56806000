"""The parameters of an action as fields of a dialog: those of the record where the names agree, else by their type."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

import msgspec
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.web.fields import field_view, lookup_url
from entente.interfaces.web.inputs import raw_value
from entente.interfaces.web.parts import is_part, wished_part
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.kit.words import LANGUAGES, Text
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.code import ActionDef
from entente.kernel.metadata.entity import Choice, FieldDef
from entente.kernel.metadata.tables import Field
from entente.kernel.metadata.types.registry import FIELD_TYPES
from entente.kernel.metadata.wishes import read_wish
from entente.kernel.records.record import Record

LONG = ("comment", "note", "reason")


def param_views(
    tx: Tx,
    entity: Entity,
    action: ActionDef,
    *,
    record: Record | None,
    typed: Mapping[str, Any],
    errors: Mapping[str, str],
) -> tuple[list[FieldView], dict[str, Any]]:
    """The fields of the dialog, and their values."""
    views, values = [], {}
    usual = _usual(tx, action, record)
    for parameter in msgspec.structs.fields(action.params) if action.params else ():
        if is_part(tx, parameter) or _is_for_programs(parameter):
            continue
        field = field_of(tx, entity, action, parameter)
        value = typed.get(parameter.name, usual.get(parameter.name))
        value = _cleaned(field, value)
        values[parameter.name] = value
        view = field_view(tx, entity, field, value, error=errors.get(parameter.name, ""), form=True)
        url = lookup_url(entity, field) if parameter.name in entity.fields else ""
        views.append(
            msgspec.structs.replace(view, required=parameter.required, read_only=False, lookup_url=url, masked=False)
        )
    return views, values


def _usual(tx: Tx, action: ActionDef, record: Record | None) -> dict[str, Any]:
    """The values with which the dialog opens: what the action proposes, else what the record has."""
    if record is None or action.params is None:
        return {}
    parameters = msgspec.structs.fields(action.params)
    has_parts = any(is_part(tx, each) for each in parameters)  # their proposal stands in the parts
    proposed = action.propose(tx, record) if action.propose and not has_parts else None
    return {each.name: getattr(proposed, each.name, None) or record.get(each.name) for each in parameters}


def _is_for_programs(parameter: msgspec.structs.FieldInfo) -> bool:
    """Whether a parameter is a mapping of anything, which no dialog can draw."""
    return get_origin(parameter.type) is dict


def _cleaned(field: Field, value: Any) -> Any:
    with suppress(Refused):
        return field.type.clean(field.name, field.definition, value)
    return value


def field_of(tx: Tx, entity: Entity, action: ActionDef, parameter: msgspec.structs.FieldInfo) -> Field:
    """The field that a parameter looks like: the record's own of that name, or one of its type."""
    known = entity.fields.get(parameter.name)
    if known is not None:
        made = msgspec.structs.replace(known.definition, required=parameter.required, read_only=False, computed=False)
        return Field(parameter.name, made, known.type)
    kind, choices = _kind_of(tx, action, parameter)
    label = _text(tx, f"{action.key}.{parameter.name}")
    made = FieldDef(type=kind, label=label, required=parameter.required, choices=choices)
    return Field(parameter.name, made, FIELD_TYPES[kind])


def _kind_of(tx: Tx, action: ActionDef, parameter: msgspec.structs.FieldInfo) -> tuple[str, tuple[Choice, ...]]:
    plain = [each for each in get_args(parameter.type) if each is not type(None)] if _is_union(parameter.type) else []
    kind = plain[0] if plain else parameter.type
    if get_origin(kind) is Literal:
        key = f"{action.key}.{parameter.name}"
        return "choice", tuple(Choice(key=each, label=_text(tx, f"{key}.{each}")) for each in get_args(kind))
    name = getattr(kind, "__name__", "")
    if name == "str":
        return ("long_text" if parameter.name.endswith(LONG) else "text"), ()
    by_name = {"bool": "boolean", "int": "integer", "Decimal": "decimal", "date": "date", "datetime": "datetime"}
    return by_name.get(name, "money" if name == "Money" else "text"), ()


def _is_union(kind: Any) -> bool:
    return get_origin(kind) is not Literal and bool(get_args(kind))


def _text(tx: Tx, key: str) -> Text:
    return Text(**{language: tx.words.say(language, key) for language in LANGUAGES})


def wish_of(tx: Tx, entity: Entity, action: ActionDef, form: FormMultiDict) -> dict[str, Any]:
    """The parameters that a form sends, as an action takes them; what was left empty is left out.

    What cannot be understood stays as it was typed: `check_wish` names it.
    """
    wish: dict[str, Any] = {}
    for parameter in _sent(action, form):
        if is_part(tx, parameter):
            wish[parameter.name] = wished_part(tx, parameter.name, form)
            continue
        field = field_of(tx, entity, action, parameter)
        value = _cleaned(field, raw_value(field, form, ZoneInfo(tx.principal.timezone)))
        if not field.type.is_empty(value):
            wish[parameter.name] = value
    return wish


def check_wish(tx: Tx, entity: Entity, action: ActionDef, wish: Mapping[str, Any]) -> None:
    """Nothing when the wish can be read; Invalid names at once what is missing and what cannot be understood."""
    faults = {fault.field: fault for fault in _misread(tx, entity, action, wish)}
    try:
        read_wish(action, wish)
    except Invalid as refusal:
        faults = {**{fault.field: fault for fault in refusal.faults}, **faults}
    if faults:
        raise Invalid(list(faults.values()))


def _sent(action: ActionDef, form: FormMultiDict) -> list[msgspec.structs.FieldInfo]:
    """The parameters that a form says something about."""
    sent = {key.partition(".")[0] for key in form}
    known = msgspec.structs.fields(action.params) if action.params else ()
    return [parameter for parameter in known if parameter.name in sent and not _is_for_programs(parameter)]


def _misread(tx: Tx, entity: Entity, action: ActionDef, wish: Mapping[str, Any]) -> list[Refused]:
    """Why values are not such as their fields hold, in the words of the fields."""
    found = []
    for parameter in msgspec.structs.fields(action.params) if action.params else ():
        if parameter.name not in wish or is_part(tx, parameter) or _is_for_programs(parameter):
            continue
        field = field_of(tx, entity, action, parameter)
        try:
            field.type.clean(parameter.name, field.definition, wish[parameter.name])
        except Refused as refusal:
            found.append(refusal)
    return found
