"""Where a column may go: the fields of an entity that may be written by hand, and the parts of composite ones."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from entente.kernel.access.fields import editable
from entente.kernel.db.tx import Tx
from entente.kernel.kit.declarations import read_yaml
from entente.kernel.kit.words import Text
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field

ID = "id"
ADDRESS_PARTS = {
    "street": Text("street", "voie"),
    "postal_code": Text("postal code", "code postal"),
    "city": Text("city", "ville"),
    "region": Text("region", "région"),
    "country": Text("country", "pays"),
}
CURRENCY = Text("currency", "devise")
NEVER = frozenset({"file", "image", "json", "checklist"})


class Target(msgspec.Struct, frozen=True):
    """A place for a column: `field`, or `field.part`; the label shown in a list of choices."""

    key: str
    label: Text
    field: str
    part: str = ""


FULL_NAME = Target("full_name", Text("Full name", "Nom complet"), "last_name", "full")


class Synonyms(msgspec.Struct, frozen=True):
    """Folded names of columns by field name, by field type and by part."""

    fields: dict[str, tuple[str, ...]]
    types: dict[str, tuple[str, ...]]
    parts: dict[str, tuple[str, ...]]


SYNONYMS = msgspec.convert(read_yaml(Path(__file__).parent / "synonyms.yaml"), Synonyms)


def targets_of(tx: Tx, entity: Entity) -> dict[str, Target]:
    """Every place of the entity that the principal may fill from a column, by key, in the order of the fields."""
    made = [Target(ID, Text("Record id", "Identifiant de la fiche"), ID)]
    for field in entity.fields.values():
        if is_importable(tx, entity, field):
            made += _targets_in(field)
    if {target.key for target in made} >= {"first_name", "last_name"}:
        made.append(FULL_NAME)
    return {target.key: target for target in made}


def is_importable(tx: Tx, entity: Entity, field: Field) -> bool:
    """Whether a cell may become the field's value."""
    made = field.definition
    if made.type in NEVER or (field.type.virtual and made.via) or (made.type == "person_name" and made.parts):
        return False
    return editable(tx, entity, field)


def names_of(entity: Entity, target: Target) -> Iterator[str]:
    """Folded names under which a column for the target is known, the best first."""
    if target.key == ID:
        yield from ("id", *SYNONYMS.fields[ID])
        return
    if target == FULL_NAME:
        yield from SYNONYMS.fields[FULL_NAME.key]
        return
    field = entity.fields[target.field]
    if not target.part:
        yield from (target.field.replace("_", " "), field.definition.label.en, field.definition.label.fr)
        yield from SYNONYMS.fields.get(target.field, ())
        yield from SYNONYMS.types.get(field.type.key, ())
        return
    words = SYNONYMS.parts.get(target.part, ())
    for name in (field.definition.label.en, field.definition.label.fr, target.field.replace("_", " ")):
        for word in words:
            yield f"{name} {word}"
            yield f"{word} {name}"
    if field.type.key != "money":
        yield from words


def joined(label: Text, part: Text) -> Text:
    """What a part of a field is called: `Address: city`."""
    return Text(f"{label.en}: {part.en.lower()}", f"{label.fr}\xa0: {part.fr.lower()}")


def _targets_in(field: Field) -> Iterator[Target]:
    label = field.definition.label
    match field.type.key:
        case "address":
            for part, text in ADDRESS_PARTS.items():
                yield Target(f"{field.name}.{part}", joined(label, text), field.name, part)
        case "money":
            yield Target(field.name, label, field.name)
            yield Target(f"{field.name}.currency", joined(label, CURRENCY), field.name, "currency")
        case "email_set" | "phone_set":
            yield Target(field.name, label, field.name)
            for kind in field.definition.kinds:
                yield Target(f"{field.name}.{kind.key}", joined(label, kind.label), field.name, kind.key)
        case _:
            yield Target(field.name, label, field.name)
