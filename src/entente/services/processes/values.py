"""Values of expressions as processes keep and send them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from entente.kernel.expressions.literals import write_duration, write_months
from entente.kernel.expressions.values import Function, Months, Range
from entente.kernel.kit.refusal import Refused

# What the engine says itself, and nobody else: the record, and the turns of a repeated activity.
OWN = frozenset({"record", "loopCounter", "numberOfInstances", "numberOfCompletedInstances", "numberOfActiveInstances"})
MOST = 200
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def proven(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Variables that somebody gives; Refused when they are too many, or one has a name that is the engine's own."""
    if len(values) > MOST:
        raise Refused("field.not_understood", field="variables")
    if own := sorted(OWN & values.keys()):
        raise Refused("process.variable_reserved", field="variables", name=own[0])
    return values


def from_outside(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values that came along with an event, without those of names that are the engine's own."""
    return {name: value for name, value in values.items() if name not in OWN}


def text_of(value: Any) -> str:
    """A value as JSON in which decimals are numbers."""
    return _ENCODER.encode(value).decode()


def plain(value: Any) -> Any:
    """A value of an expression as it is kept: durations and dates as ISO text, a record by its id."""
    match value:
        case Months():
            return write_months(value)
        case Range() | Function():
            return None
        case str():
            return value.replace("\x00", "")
        case dict():
            return {str(name).replace("\x00", ""): plain(each) for name, each in value.items()}
        case Mapping():
            return value.get("id")
        case list() | tuple() | set() | frozenset():
            return [plain(each) for each in value]
        case _:
            return write_duration(value) if isinstance(value, timedelta) else value
