"""All built-in functions by name, and how one is called."""

from collections.abc import Sequence
from types import MappingProxyType

from entente.kernel.expressions.frame import Frame
from entente.kernel.expressions.functions import (
    contexts,
    conversion,
    lists,
    numbers,
    ranges,
    strings,
    surroundings,
    temporal,
)
from entente.kernel.expressions.functions.overload import Overload
from entente.kernel.expressions.values import Function, Value

BUILTINS: MappingProxyType[str, tuple[Overload, ...]] = MappingProxyType(
    {
        **conversion.FUNCTIONS,
        **numbers.FUNCTIONS,
        **strings.FUNCTIONS,
        **lists.FUNCTIONS,
        **temporal.FUNCTIONS,
        **ranges.FUNCTIONS,
        **contexts.FUNCTIONS,
        **surroundings.FUNCTIONS,
    }
)


def call(name: str, frame: Frame, values: Sequence[Value], names: Sequence[str] = ()) -> Value:
    """The result of a built-in function, or null when the values fit no way to call it."""
    for overload in BUILTINS[name]:
        bound = overload.bind(values, names)
        if bound is not None:
            frame.run.spend(1 + sum(len(value) // 10 for value in bound if isinstance(value, list)))
            return overload.run(frame, *bound) if overload.needs_frame else overload.run(*bound)
    return None


def undefined(frame: Frame, name: str) -> Value:
    """What a name without a value means: the record, the user, a built-in function, or null."""
    if frame.defines(name):
        return None
    if name == "record":
        return frame.run.values
    if name == "current user":
        return frame.lookup("user")
    if name in BUILTINS:
        return Function(lambda *values: call(name, frame, values), None, name)
    return None
