"""Refusals: errors that a person can see, each with a stable code and words in both languages."""

from collections.abc import Mapping, Sequence
from typing import Any


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """The work was refused for a reason that the person can read and act upon.

    `code` is stable and names a text in a `messages.yaml`; `field` names the culprit; `values` fill the text.
    """

    status = 422

    def __init__(self, code: str, *, field: str | None = None, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.values: Mapping[str, Any] = values


class Invalid(Refused):
    """Several fields were refused at once; each fault keeps its own code and field."""

    def __init__(self, faults: Sequence[Refused]) -> None:
        super().__init__("invalid", count=len(faults))
        self.faults = tuple(faults)


class NotFound(Refused):
    """There is no such thing, or the asker may not know that there is."""

    status = 404

    def __init__(self, code: str = "not_found", **values: Any) -> None:
        super().__init__(code, **values)


class Forbidden(Refused):
    """The asker may see the thing but may not do this with it."""

    status = 403

    def __init__(self, code: str = "forbidden", **values: Any) -> None:
        super().__init__(code, **values)


class Conflict(Refused):
    """Someone else changed the record meanwhile; `theirs` says what, by whom and when."""

    status = 409

    def __init__(self, code: str = "conflict", *, theirs: Sequence[Mapping[str, Any]] = (), **values: Any) -> None:
        super().__init__(code, **values)
        self.theirs = tuple(theirs)


class Throttled(Refused):
    """Too many tries; `seconds` says how long to wait."""

    status = 429

    def __init__(self, code: str = "throttled", *, seconds: int = 60) -> None:
        super().__init__(code, seconds=seconds)
        self.seconds = seconds
