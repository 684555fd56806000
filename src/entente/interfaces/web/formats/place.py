"""Where a value with a format stands: its field, and the values beside it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field


class Place(msgspec.Struct, frozen=True):
    """A field of an entity in a record or a form; `url` is where the form asks for the field drawn anew."""

    tx: Tx
    entity: Entity
    field: Field
    beside: Mapping[str, Any]
    url: str = ""

    def say(self, key: str, **values: Any) -> str:
        """A text in the reader's language."""
        return self.tx.say(key, **values)

    def label(self, field: Field) -> str:
        """What a field is called."""
        return field.definition.label.to(self.tx.language)

    @property
    def spoken_of(self) -> tuple[Entity, ...]:
        """The entities that the value speaks of, once all of them are known."""
        known = self.tx.catalog.entities
        names = [str(self.beside.get(name) or "") for name in self.field.definition.of]
        return tuple(known[name] for name in names) if all(name in known for name in names) else ()

    @property
    def missing(self) -> str:
        """What says which fields have to be filled in first."""
        fields = (self.entity.field(name) for name in self.field.definition.of)
        return self.say("format.missing", fields=" · ".join(map(self.label, fields)))

    def usable(self, entity: Entity) -> list[Field]:
        """The fields of an entity that the reader may use, by their label."""
        found = [field for field in entity.fields.values() if may_use(self.tx, entity.name, field.name)]
        return sorted(found, key=lambda each: self.label(each).casefold())
