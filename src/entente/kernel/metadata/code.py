"""What code declares about entities: behaviours of the write path and actions; plain values around plain functions."""

from collections.abc import Callable
from typing import Any, Literal, TypedDict

import msgspec

from entente.kernel.kit.principal import Privilege

Stage = Literal["prepare", "derive", "amend", "check", "react", "bin", "follow"]
STAGES: tuple[Stage, ...] = ("prepare", "derive", "amend", "check", "react", "bin", "follow")


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """A function attached to a stage of an entity's write path; `entity` may be `*` for all."""

    entity: str
    stage: Stage
    function: Callable[..., Any]
    sets: tuple[str, ...] = ()
    name: str = ""
    origin: str = ""


class Manner(TypedDict, total=False):
    """How an action is offered and who is let in, as far as it differs from the usual."""

    icon: str
    tone: Literal["plain", "primary", "danger"]
    undo: bool
    propose: Callable[..., msgspec.Struct]
    admits: Callable[..., bool]
    decides: bool
    shown: bool
    mails: bool


class ActionDef(msgspec.Struct, frozen=True, kw_only=True):
    """A named command on records of an entity; its dialog is drawn from the parameter struct.

    `scope`: one record, each of several, or the whole selection at once; `show_if` is an expression over the record;
    an action that is not `shown` is for programs, automations and processes: no button offers it;
    `propose`, a function of transaction and record, gives the parameters with which the dialog opens; `admits`, one of
    the same, says whether the principal may act on a record that he reads, whatever his rights on it are: then
    `show_if` hides no more than the button, and the action itself says why something cannot be done any more. One that
    `decides` proves under its own locks who may act: it is not asked before, and gets the record without many links.
    One that `mails` is done when its letter left: whoever presses it is told when none can leave.
    """

    entity: str
    name: str
    function: Callable[..., Any]
    params: type[msgspec.Struct] | None = None
    requires: Privilege = "update"
    scope: Literal["one", "each", "all"] = "one"
    show_if: str | None = None
    icon: str = "bolt"
    tone: Literal["plain", "primary", "danger"] = "plain"
    undo: bool = True
    propose: Callable[..., msgspec.Struct] | None = None
    admits: Callable[..., bool] | None = None
    decides: bool = False
    shown: bool = True
    mails: bool = False
    origin: str = ""

    @property
    def key(self) -> str:
        """The action's full name: `entity.name`."""
        return f"{self.entity}.{self.name}"
