"""What an action is asked for: its parameter struct out of what a form, a program or a model sends."""

from collections.abc import Mapping
from typing import Any

import msgspec

from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.code import ActionDef


def read_wish(action: ActionDef, raw: Mapping[str, Any]) -> Any:
    """The parameter struct that an input means; Invalid names every field at fault."""
    if action.params is None:
        return None
    try:
        return msgspec.convert(dict(raw), action.params, strict=False)
    except msgspec.ValidationError as fault:
        raise Invalid(_faults(action.params, raw) or [_fault(None, fault)]) from None


def _faults(params: type[msgspec.Struct], raw: Mapping[str, Any]) -> list[Refused]:
    """What is missing and what cannot be understood, field by field."""
    found = []
    for field in msgspec.structs.fields(params):
        if field.name not in raw:
            found += [Refused("field.required", field=field.name)] if field.required else []
            continue
        try:
            msgspec.convert(raw[field.name], field.type, strict=False)
        except msgspec.ValidationError as fault:
            found.append(_fault(field.name, fault))
    return found


def _fault(name: str | None, fault: msgspec.ValidationError) -> Refused:
    """What is wrong with a value; what is missing inside of it is named by itself."""
    text = str(fault)
    missing = text.partition("`")[2].partition("`")[0] if "missing required field" in text else ""
    return Refused("field.required" if missing else "field.not_understood", field=missing or name)
