"""Choices among the entities of the catalog, or the fields of one: their keys are stored, their labels shown."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from entente.kernel.metadata.entity import Choice, EntityDef, EntityKind, FieldDef

UNASKED = frozenset({"json", "boolean", "auto_number"})
_KINDS: Mapping[EntityKind, Callable[[EntityDef], bool]] = {
    "entities": lambda made: True,
    "shown_entities": lambda made: not made.hidden,
    "owned_entities": lambda made: not made.hidden and made.access == "owned",
    "recognised_entities": lambda made: not made.hidden and made.timeline,
}


def with_entity_choices(declared: Sequence[EntityDef]) -> list[EntityDef]:
    """The entities, with the options of every field that chooses among them; the customer's are among the options."""
    offered = {
        kind: tuple(Choice(key=made.entity, label=made.label) for made in declared if fits(made))
        for kind, fits in _KINDS.items()
    }

    entities = {made.entity: made for made in declared}

    def options(field: FieldDef) -> tuple[Choice, ...]:
        if field.choices_from:
            return offered[field.choices_from]
        return _fields_to_fill(entities.get(field.fields_of or ""))

    def filled(made: EntityDef) -> EntityDef:
        fields = {
            name: msgspec.structs.replace(field, choices=options(field))
            for name, field in made.fields.items()
            if field.choices_from or field.fields_of
        }
        return msgspec.structs.replace(made, fields={**made.fields, **fields}) if fields else made

    return [filled(made) for made in declared]


def _fields_to_fill(made: EntityDef | None) -> tuple[Choice, ...]:
    """The fields that a person may fill in and has not to; none of an entity that no module brings."""
    return tuple(
        Choice(key=name, label=field.label)
        for name, field in (made.fields if made else {}).items()
        if not (field.read_only or field.computed or field.required or field.type in UNASKED)
    )
