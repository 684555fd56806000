"""What roles grant, and what several roles grant together: rights only add up, nothing is ever forbidden by a role."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from entente.kernel.kit.principal import DEPTHS, FIELD_LEVELS, PRIVILEGES, Depth, FieldLevel, Privilege

EVERY = "*"


class Grants(msgspec.Struct, frozen=True, kw_only=True):
    """What one role grants, or several together.

    `entities`: entity -> privilege -> depth, where `*` speaks of every entity without a line of its own;
    `fields`: entity -> field -> level; `may`: the names of global rights.
    """

    entities: Mapping[str, Mapping[Privilege, Depth]] = {}
    fields: Mapping[str, Mapping[str, FieldLevel]] = {}
    may: frozenset[str] = frozenset()
    is_admin: bool = False

    def depth(self, entity: str, privilege: Privilege) -> Depth:
        """How far the privilege reaches for the entity."""
        return self.entities.get(entity, self.entities.get(EVERY, {})).get(privilege, "none")


def merge_grants(roles: Sequence[Grants]) -> Grants:
    """The roles' grants together: the farthest depth, the most permissive level, every global right."""
    named = {entity for role in roles for entity in role.entities}
    return Grants(
        entities={entity: _privileges(roles, entity) for entity in named},
        fields=_fields(roles),
        may=frozenset().union(*(role.may for role in roles)),
        is_admin=any(role.is_admin for role in roles),
    )


def _privileges(roles: Sequence[Grants], entity: str) -> dict[Privilege, Depth]:
    reached = {
        privilege: max((role.depth(entity, privilege) for role in roles), key=DEPTHS.index) for privilege in PRIVILEGES
    }
    return {privilege: depth for privilege, depth in reached.items() if depth != "none"}


def _fields(roles: Sequence[Grants]) -> dict[str, dict[str, FieldLevel]]:
    merged: dict[str, dict[str, FieldLevel]] = {}
    for entity in {entity for role in roles for entity in role.fields}:
        reading = [role for role in roles if role.depth(entity, "read") != "none"] or list(roles)
        levels = {name: _level(reading, entity, name) for role in reading for name in role.fields.get(entity, {})}
        ruled: dict[str, FieldLevel] = {name: level for name, level in levels.items() if level != "edit"}
        if ruled:
            merged[entity] = ruled
    return merged


def _level(roles: Iterable[Grants], entity: str, field: str) -> FieldLevel:
    levels: list[FieldLevel] = [role.fields.get(entity, {}).get(field, "edit") for role in roles]
    return max(levels, key=FIELD_LEVELS.index)
