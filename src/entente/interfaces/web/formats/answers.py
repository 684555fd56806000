"""The format `answers`: what somebody sent by a form, by field of the entity that the form is for."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from entente.interfaces.web.fields import names_of
from entente.interfaces.web.formats.place import Place
from entente.interfaces.web.wording import in_words
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import targets
from entente.kernel.records.query import find


def tells(place: Place, value: Any) -> tuple[str, ...]:
    """Each answer with the label of its field."""
    given: Mapping[str, Any] = value if isinstance(value, dict) else {}
    entity = _entity_of(place)
    return tuple(_told(place, entity, name, each) for name, each in given.items() if each not in (None, "", [], {}))


def _entity_of(place: Place) -> Entity | None:
    """The entity of the form that a link leads to; nothing when the reader may not see the form."""
    link = place.entity.field(place.field.definition.of[0])
    identity = place.beside.get(link.name)
    with suppress(Refused):
        form = find(place.tx, targets(link.definition)[0], identity) if identity else {}
        return place.tx.catalog.entities.get(str(form.get("entity")))
    return None


def _told(place: Place, entity: Entity | None, name: str, value: Any) -> str:
    field = entity.fields.get(name) if entity else None
    if entity is None or field is None:
        return place.say("format.values.told", field=name, value=value)
    said = str(value)
    with suppress(Refused):
        clean = field.type.clean(name, field.definition, value)
        said = in_words(place.tx, field, clean, names_of(place.tx, entity, [{name: clean}], [name])) or said
    return place.say("format.values.told", field=place.label(field), value=said)
