"""Links to other records: to one entity, to one of several, or to many."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.entity import FieldDef
from entente.kernel.metadata.types.base import FieldType, text_of, uuid_of


class Ref(msgspec.Struct, frozen=True):
    """A record of any entity."""

    entity: str
    id: UUID


class LinkType(FieldType):
    """One record of one entity, by its id."""

    key = "link"
    kind = "id"
    edm = "Edm.Guid"

    def sql_type(self, field: FieldDef) -> sa.types.TypeEngine[Any]:
        """A UUID column."""
        return PG_UUID(as_uuid=True)

    def clean(self, name: str, field: FieldDef, raw: Any) -> UUID | None:
        """The id; an object with an id is understood too."""
        if isinstance(raw, Mapping):
            raw = raw.get("id")
        return None if raw is None or raw == "" else uuid_of(name, raw)

    def plain(self, value: Any) -> Any:
        """The id as text."""
        return str(value) if value else None


class PolymorphicType(FieldType):
    """One record of one of several entities: id and entity."""

    key = "polymorphic"
    kind = "id"
    edm = "Edm.Guid"
    sortable = False

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        """The id and the entity's name."""
        return (sa.Column(name, PG_UUID(as_uuid=True)), sa.Column(name + "_type", sa.Text()))

    def clean(self, name: str, field: FieldDef, raw: Any) -> Ref | None:
        """The reference, from `entity:id`, an object or a Ref; Refused when the entity is not offered."""
        if raw is None or raw == "" or raw == ":":
            return None
        if isinstance(raw, Ref):
            entity, identity = raw.entity, raw.id
        elif isinstance(raw, Mapping):
            entity, identity = str(raw.get("entity", "")), uuid_of(name, raw.get("id"))
        else:
            entity, _, rest = text_of(name, raw).partition(":")
            identity = uuid_of(name, rest)
        if entity not in field.to:
            raise Refused("field.not_a_link", field=name)
        return Ref(entity, identity)

    def dump(self, name: str, field: FieldDef, value: Any) -> dict[str, Any]:
        """Both columns."""
        return {name: value and value.id, name + "_type": value and value.entity}

    def load(self, name: str, field: FieldDef, row: Mapping[str, Any]) -> Ref | None:
        """The reference."""
        return Ref(row[name + "_type"], row[name]) if row[name] else None

    def plain(self, value: Any) -> Any:
        """Entity and id."""
        return {"entity": value.entity, "id": str(value.id)} if value else None


class LinksType(FieldType):
    """Many records of one entity, kept in a table of pairs; has no column of its own."""

    key = "links"
    kind = "list<id>"
    edm = "Collection(Edm.Guid)"
    virtual = True
    sortable = False

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        """No column: the pairs have a table."""
        return ()

    def clean(self, name: str, field: FieldDef, raw: Any) -> tuple[UUID, ...]:
        """The ids, each once."""
        if raw is None or raw == "":
            return ()
        items = raw.split(",") if isinstance(raw, str) else raw
        if not isinstance(items, list | tuple | set | frozenset):
            raise Refused("field.not_a_list", field=name)
        return tuple(dict.fromkeys(uuid_of(name, item) for item in items if item))

    def dump(self, name: str, field: FieldDef, value: Any) -> dict[str, Any]:
        """Nothing in the row itself."""
        return {}

    def plain(self, value: Any) -> Any:
        """The ids as texts."""
        return [str(item) for item in value or ()]
