"""What a role gives: privileges with their depths, rights on fields, global rights; and what several roles give together."""

from collections.abc import Mapping, Sequence

import msgspec

from entente.kernel.kit.principal import DEPTHS, FIELD_LEVELS, Depth, FieldLevel, Privilege


class Grants(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The rights of one role: entity -> privilege -> depth, entity -> field -> level, names of global rights."""

    grants: Mapping[str, Mapping[Privilege, Depth]] = {}
    field_rules: Mapping[str, Mapping[str, FieldLevel]] = {}
    may: tuple[str, ...] = ()


def together(roles: Sequence[Grants]) -> Grants:
    """What several roles give together: the widest depth of each privilege, the most open level of each field."""
    return Grants(
        grants={entity: _widest(roles, entity) for entity in sorted({name for role in roles for name in role.grants})},
        field_rules=_most_open(roles),
        may=tuple(sorted({name for role in roles for name in role.may})),
    )


def _widest(roles: Sequence[Grants], entity: str) -> dict[Privilege, Depth]:
    widest: dict[Privilege, Depth] = {}
    for role in roles:
        for privilege, depth in role.grants.get(entity, {}).items():
            widest[privilege] = max(widest.get(privilege, "none"), depth, key=DEPTHS.index)
    return widest


def _most_open(roles: Sequence[Grants]) -> dict[str, dict[str, FieldLevel]]:
    levels: dict[str, dict[str, FieldLevel]] = {}
    for entity in {name for role in roles for name in role.field_rules}:
        # A role that gives the entity without a rule for the field leaves the field free.
        speaking = [role for role in roles if entity in role.grants or entity in role.field_rules]
        fields = {name for role in speaking for name in role.field_rules.get(entity, {})}
        levels[entity] = {name: _level(speaking, entity, name) for name in fields}
    return levels


def _level(roles: Sequence[Grants], entity: str, field: str) -> FieldLevel:
    said: list[FieldLevel] = [role.field_rules.get(entity, {}).get(field, "edit") for role in roles]
    return max(said, key=FIELD_LEVELS.index)
