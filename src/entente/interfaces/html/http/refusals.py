"""Refusals that only a door of HTTP knows: who are you, which version did you see, what does this address mean."""

from collections.abc import Mapping, Sequence
from typing import Any

from entente.kernel.kit.refusal import Refused


class Unauthenticated(Refused):
    """Nobody proved who is asking."""

    status = 401


class BadRequest(Refused):
    """The request itself cannot be understood; nothing was done."""

    status = 400


class MethodNotAllowed(Refused):
    """The address exists but does not answer this method; `allowed` lists those it answers."""

    status = 405

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__("api.method_not_allowed", allowed=", ".join(allowed))
        self.allowed = allowed


class TooLarge(Refused):
    """The body is larger than what is taken here."""

    status = 413


class Unacceptable(Refused):
    """The body is of a media type that is not understood here."""

    status = 415


class PreconditionRequired(Refused):
    """A change must say which version it was made from (RFC 6585, section 3)."""

    status = 428


class PreconditionFailed(Refused):
    """The record is no longer the one that was seen; `theirs` says what changed, by whom and when."""

    status = 412

    def __init__(self, code: str, *, theirs: Sequence[Mapping[str, Any]] = (), **values: Any) -> None:
        super().__init__(code, **values)
        self.theirs = tuple(theirs)


class Busy(Refused):
    """The same request, or one on the same record, is being served at this moment."""

    status = 409
