"""Entities as SQLAlchemy Core tables: real tables with real columns, carrying the organisation's schema."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from entente.kernel.metadata.entity import EntityDef, FieldDef, owned_fields, system_fields
from entente.kernel.metadata.types.base import FieldType
from entente.kernel.metadata.types.registry import FIELD_TYPES

SEARCH = "search_text"
DELETED = "deleted_at"
MATCH = "match_keys"


class Field(msgspec.Struct, frozen=True):
    """A field at work: its name, its declaration and its type."""

    name: str
    definition: FieldDef
    type: FieldType

    @property
    def column(self) -> str:
        """The column that filters, sorts and aggregates use."""
        return self.type.main(self.name)


def all_fields(definition: EntityDef) -> dict[str, Field]:
    """Every field of an entity by name: its own, those of ownership, those of the engine."""
    declared = dict(definition.fields)
    if definition.access == "owned":
        declared |= owned_fields()
    declared |= system_fields()
    missing = [
        f"{definition.entity}.{name}: {made.type}" for name, made in declared.items() if made.type not in FIELD_TYPES
    ]
    if missing:
        raise ValueError(f"unknown field types: {', '.join(missing)}")
    return {name: Field(name, made, FIELD_TYPES[made.type]) for name, made in declared.items()}


def build_table(definition: EntityDef, fields: Mapping[str, Field], metadata: sa.MetaData) -> sa.Table:
    """The table that stores the entity's records."""
    columns: list[sa.Column[Any]] = [sa.Column("id", PG_UUID(as_uuid=True), primary_key=True)]
    for field in fields.values():
        columns.extend(field.type.columns(field.name, field.definition))
    columns.append(sa.Column(DELETED, sa.DateTime(timezone=True)))
    if searched(fields):
        columns.append(sa.Column(SEARCH, sa.Text()))
    if definition.timeline:
        columns.append(sa.Column(MATCH, ARRAY(sa.Text())))
    return sa.Table(definition.entity, metadata, *columns, info={"entity": definition.entity})


def build_pairs(definition: EntityDef, fields: Mapping[str, Field], metadata: sa.MetaData) -> dict[str, sa.Table]:
    """The tables of pairs of the entity's fields of many links, by field; fields that go via an entity have none."""
    return {
        field.name: sa.Table(
            pairs_name(definition.entity, field.name),
            metadata,
            sa.Column("record", PG_UUID(as_uuid=True), primary_key=True),
            sa.Column("target", PG_UUID(as_uuid=True), primary_key=True),
            info={"entity": definition.entity},
        )
        for field in fields.values()
        if field.type.virtual and not field.definition.via
    }


def pairs_name(entity: str, field: str) -> str:
    """The name of the table of pairs of a field of many links."""
    return f"{entity}__{field}"


def searched(fields: Mapping[str, Field]) -> list[Field]:
    """The fields whose words the infix search covers."""
    return [field for field in fields.values() if field.definition.search]


def targets(field: FieldDef) -> tuple[str, ...]:
    """The entities that a link may point to."""
    return (field.to,) if isinstance(field.to, str) else tuple(field.to)


def linking(fields: Iterable[Field]) -> list[Field]:
    """The fields that point to records."""
    return [field for field in fields if field.type.key in ("link", "polymorphic", "links")]
