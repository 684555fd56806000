"""How an action's parameters say what becomes of another record: created, linked or left out."""

from typing import Any, Literal
from uuid import UUID

import msgspec

Means = Literal["create", "link", "none"]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One part of what an action makes: created with the values, linked to a record, or left out.

    A parameter of this type is named like the entity that it speaks of; its dialog offers all three. A linked record
    is only completed: values fill its empty fields.
    """

    means: Means = "create"
    id: UUID | None = None
    values: dict[str, Any] = {}
