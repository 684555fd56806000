"""Choices among the entities of the catalog: their keys are stored, their labels shown."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from entente.kernel.metadata.entity import Choice, EntityDef, EntityKind

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

    def filled(made: EntityDef) -> EntityDef:
        fields = {
            name: msgspec.structs.replace(field, choices=offered[field.choices_from])
            for name, field in made.fields.items()
            if field.choices_from
        }
        return msgspec.structs.replace(made, fields={**made.fields, **fields}) if fields else made

    return [filled(made) for made in declared]
