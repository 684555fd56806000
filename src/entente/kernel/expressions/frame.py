"""What an expression is evaluated in: the values it may read, the moment, and the variables of its loops."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

import msgspec

from entente.kernel.expressions.values import MAX_STEPS, Moment, Value, normal
from entente.kernel.kit.refusal import Refused

MAX_CALLS = 50


class Context(msgspec.Struct, frozen=True):
    """The values by name (nested mappings are read lazily) and the moment that `now()` means."""

    values: Mapping[str, Any]
    moment: Moment


class Run:
    """One evaluation, with the steps it has taken."""

    __slots__ = ("calls", "moment", "steps", "values", "zone")

    def __init__(self, context: Context) -> None:
        self.values = context.values
        self.moment = context.moment
        self.zone: tzinfo | None = context.moment.zone  # where the date-times of the values are shown
        self.steps = 0
        self.calls = 0

    def spend(self, steps: int) -> None:
        """Count steps (refused with `expression_step_limit` after 100,000)."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise Refused("expression_step_limit", limit=MAX_STEPS)

    def enter(self) -> None:
        """Count a call of a function literal (refused with `expression_too_deep` beyond 50 within each other)."""
        self.calls += 1
        if self.calls > MAX_CALLS:
            raise Refused("expression_too_deep", limit=MAX_CALLS)


class Frame:
    """The variables of a loop, a filter or a call, inside those of its surroundings."""

    __slots__ = ("names", "parent", "run")

    def __init__(self, run: Run, names: Mapping[str, Any], parent: "Frame | None") -> None:
        self.run = run
        self.names = names
        self.parent = parent

    def inner(self, names: Mapping[str, Any]) -> "Frame":
        """A frame within this one."""
        return Frame(self.run, names, self)

    def of_item(self, item: Value) -> "Frame":
        """The frame of a filter: `item` is the element, and the names of a context are its fields."""
        frame = self.inner({"item": item})
        return frame.inner(item) if isinstance(item, Mapping) else frame

    def lookup(self, name: str) -> Value:
        """The value of a name; nothing when nobody defined it."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names:
                return normal(frame.names[name], self.run.zone)
            frame = frame.parent
        return None

    def defines(self, name: str) -> bool:
        """Whether a name has a value or is null on purpose."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names:
                return True
            frame = frame.parent
        return False
