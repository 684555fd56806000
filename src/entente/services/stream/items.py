"""What a timeline is made of."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from entente.kernel.metadata.types.links import Ref

Kind = Literal["all", "exchanges", "changes"]


class Change(msgspec.Struct, frozen=True):
    """One field that changed, in the reader's words."""

    field: str
    label: str
    old: str
    new: str


class TimelineItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a record, or to the older record that it was made from (`subject`).

    `kind`: `change` (a line of the journal), `file`, or the entity of an activity, with its readable values
    in `values` (plain) and, where a reader needs others, in `words`.
    """

    kind: str
    key: str
    at: datetime
    actor: UUID | None
    actor_name: str
    subject: Ref
    subject_title: str = ""
    is_older_record: bool = False
    deed: str = ""
    via: str = ""
    cause: UUID | None = None
    changes: tuple[Change, ...] = ()
    record: UUID | None = None
    title: str = ""
    icon: str = ""
    hue: str = "gray"
    is_pinned: bool = False
    is_open: bool = False
    values: dict[str, Any] = {}
    words: dict[str, str] = {}
    file: "AttachedFile | None" = None


class AttachedFile(msgspec.Struct, frozen=True):
    """A file as a timeline shows it; the size is in bytes."""

    id: UUID
    name: str
    mime: str
    size: int


class Timeline(msgspec.Struct, frozen=True):
    """Items, newest first, and the cursor behind the last one when there are more."""

    items: list[TimelineItem]
    next: str | None
