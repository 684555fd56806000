"""Who is asking: one person, or the system for a stated reason."""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

import msgspec

Privilege = Literal["create", "read", "update", "delete", "assign", "share", "export"]
Depth = Literal["none", "own", "team", "unit", "below", "all"]
FieldLevel = Literal["hidden", "masked", "read", "edit"]

PRIVILEGES: tuple[Privilege, ...] = ("create", "read", "update", "delete", "assign", "share", "export")
DEPTHS: tuple[Depth, ...] = ("none", "own", "team", "unit", "below", "all")
FIELD_LEVELS: tuple[FieldLevel, ...] = ("hidden", "masked", "read", "edit")


class Principal(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The one on whose behalf a transaction runs, with everything that decides what he may do.

    `units_below` holds his business unit and all below it; `grants` maps entity -> privilege -> depth,
    with `*` for every entity that has no line of its own;
    `field_rules` maps entity -> field -> level (a field without a rule may be edited by whoever may edit the record).
    `may` holds the names of the right to global deeds, such as `settings` or `import`;
    `organisation` is what the organisation calls itself, empty when it has not said so.
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
    organisation: str = ""

    @property
    def is_system(self) -> bool:
        """Whether this is the system acting for a stated reason, with all rights."""
        return self.system_reason is not None

    @cached_property
    def rights(self) -> bytes:
        """Equal for principals whose statements are equal but for the values that are bound."""
        if self.is_system or self.is_admin:
            return b"*"
        if self.user_id is None:
            return b""
        return hashlib.blake2s(msgspec.json.encode((self.grants, self.field_rules)), digest_size=12).digest()

    @cached_property
    def itself(self) -> frozenset[UUID | None]:
        """The ids of what the principal knows by being who he is: the user, the unit, the teams."""
        return frozenset((self.user_id, self.unit_id, *self.team_ids))

    @cached_property
    def standing(self) -> Mapping[str, Any]:
        """What the `acl_…` parameters of the access predicate stand for; lists as PostgreSQL writes arrays."""
        return {
            "acl_user": self.user_id,
            "acl_teams": _array(self.team_ids),
            "acl_unit": self.unit_id,
            "acl_units": _array(self.units_below),
        }

    def depth(self, entity: str, privilege: Privilege) -> Depth:
        """How far the privilege reaches for the entity."""
        if self.is_system or self.is_admin:
            return "all"
        return self.grants.get(entity, self.grants.get("*", {})).get(privilege, "none")


def _array(ids: Iterable[UUID]) -> str:
    return "{" + ",".join(map(str, ids)) + "}"


def system(reason: str) -> Principal:
    """The system itself, for a reason that the journal keeps."""
    return Principal(user_id=None, name="Entente", system_reason=reason)
