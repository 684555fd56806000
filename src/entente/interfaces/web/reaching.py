"""What a condition can speak of: an entity's own fields, parts of addresses, and fields behind its links."""

from collections.abc import Iterator

import msgspec

from entente.interfaces.web.comparing import kind_of
from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.kit.words import LANGUAGES, Text
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.metadata.types.registry import FIELD_TYPES

PARTS = ("postal_code", "city", "country")
STAMPS = frozenset({"created_by", "modified_by", "modified_at", "version"})


def reached(tx: Tx, entity: Entity, name: str, *, links: bool = True) -> Field | None:
    """The field that a dotted name means, under that name; nothing when the asker may not use it."""
    first, dot, rest = name.partition(".")
    field = entity.fields.get(first)
    if field is None or not may_use(tx, entity.name, first):
        return None
    if not dot:
        return field
    if field.type.key == "address":
        return _part(tx, field, rest) if rest in PARTS else None
    if field.type.key != "link" or not links:
        return None
    inner = reached(tx, tx.catalog.entity(targets(field.definition)[0]), rest, links=False)
    return _renamed(f"{first}.{inner.name}", field, inner) if inner and _is_plain(inner) else None


def reachable(tx: Tx, entity: Entity) -> Iterator[Field]:
    """The parts of addresses and, one link away, the fields of records that the asker may read."""
    for field in entity.fields.values():
        if not may_use(tx, entity.name, field.name):
            continue
        if field.type.key == "address":
            yield from (_part(tx, field, part) for part in PARTS)
        if field.type.key == "link" and field.name not in STAMPS:
            target = tx.catalog.entity(targets(field.definition)[0])
            yield from (_renamed(f"{field.name}.{each.name}", field, each) for each in _plain_fields(tx, target))


def _plain_fields(tx: Tx, target: Entity) -> Iterator[Field]:
    if target.definition.access != "open" and tx.principal.depth(target.name, "read") == "none":
        return
    for field in target.fields.values():
        if not may_use(tx, target.name, field.name):
            continue
        if field.type.key == "address":
            yield from (_part(tx, field, part) for part in PARTS)
        elif _is_plain(field):
            yield field


def _is_plain(field: Field) -> bool:
    return kind_of(field) not in (None, "link") and not field.type.virtual and field.name not in STAMPS


def _part(tx: Tx, field: Field, part: str) -> Field:
    label = Text(**{language: tx.words.say(language, f"ui.{part}") for language in LANGUAGES})
    text = msgspec.structs.replace(field.definition, type="text", label=label)
    return _renamed(f"{field.name}.{part}", field, Field(part, text, FIELD_TYPES["text"]))


def _renamed(name: str, outer: Field, inner: Field) -> Field:
    """The inner field under a name and a label that say how one gets there."""
    ways = {each: f"{outer.definition.label.to(each)} › {inner.definition.label.to(each)}" for each in LANGUAGES}
    return Field(name, msgspec.structs.replace(inner.definition, label=Text(**ways)), inner.type)
