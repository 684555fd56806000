"""Who is asking: one person, or the system for a stated reason."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

import msgspec

Privilege = Literal["create", "read", "update", "delete", "assign", "share", "export"]
Depth = Literal["none", "own", "team", "unit", "below", "all"]
FieldLevel = Literal["hidden", "masked", "read", "edit"]

PRIVILEGES: tuple[Privilege, ...] = ("create", "read", "update", "delete", "assign", "share", "export")
DEPTHS: tuple[Depth, ...] = ("none", "own", "team", "unit", "below", "all")
FIELD_LEVELS: tuple[FieldLevel, ...] = ("hidden", "masked", "read", "edit")


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """The one on whose behalf a transaction runs, with everything that decides what he may do.

    `units_below` holds his business unit and all below it; `grants` maps entity -> privilege -> depth,
    with `*` for every entity that has no line of its own;
    `field_rules` maps entity -> field -> level (a field without a rule may be edited by whoever may edit the record).
    `may` holds the names of the right to global deeds, such as `settings` or `import`.
    """

    user_id: UUID | None
    name: str = ""
    login: str = ""
    language: str = "en"
    timezone: str = "Europe/Paris"
    team_ids: tuple[UUID, ...] = ()
    unit_id: UUID | None = None
    units_below: tuple[UUID, ...] = ()
    grants: Mapping[str, Mapping[Privilege, Depth]] = {}
    field_rules: Mapping[str, Mapping[str, FieldLevel]] = {}
    may: frozenset[str] = frozenset()
    is_admin: bool = False
    system_reason: str | None = None

    @property
    def is_system(self) -> bool:
        """Whether this is the system acting for a stated reason, with all rights."""
        return self.system_reason is not None

    def depth(self, entity: str, privilege: Privilege) -> Depth:
        """How far the privilege reaches for the entity."""
        if self.is_system or self.is_admin:
            return "all"
        return self.grants.get(entity, self.grants.get("*", {})).get(privilege, "none")


def system(reason: str) -> Principal:
    """The system itself, for a reason that the journal keeps."""
    return Principal(user_id=None, name="Entente", system_reason=reason)
