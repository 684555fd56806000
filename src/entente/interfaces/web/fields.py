"""Fields of records for the templates: values, labels, rights, and the names behind their links."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from entente.interfaces.html.views.fields import FieldView, Names
from entente.kernel.access.fields import MASK, editable, level
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.records.query import titles
from entente.kernel.records.record import Record
from entente.modules.base.currency import currencies


def names_of(tx: Tx, entity: Entity, records: Sequence[Mapping[str, Any]], fields: Iterable[str]) -> Names:
    """The titles of all records that some fields of records link to, one statement per linked entity."""
    wanted: dict[str, set[UUID]] = {}
    for name in fields:
        field = entity.fields.get(name)
        if field is not None and field.type.key in ("link", "links", "polymorphic"):
            for record in records:
                for target, identity in ends(field, record.get(name)):
                    wanted.setdefault(target, set()).add(identity)
    found: dict[str, str] = {}
    for target, identities in wanted.items():
        found |= {str(key): title for key, title in titles(tx, target, list(identities)).items()}
    paths = {name: each.definition.path for name, each in tx.catalog.entities.items()}
    return Names(titles=found, paths=paths)


def title_of(tx: Tx, entity: Entity, record: Record) -> str:
    """What a record is called in the reader's language; empty when it has no name or none that he may read."""
    field = entity.fields[entity.definition.title]
    return tx.words.called(tx.language, record.id, field.type.words(record.get(field.name)))


def ends(field: Field, value: Any) -> list[tuple[str, UUID]]:
    """The entity and id of every record that a link's value points to."""
    if not value or value == MASK:
        return []
    if field.type.key == "polymorphic":
        return [(value.entity, value.id)]
    target = targets(field.definition)[0]
    return [(target, each) for each in (value if isinstance(value, tuple) else (value,))]


def field_view(
    tx: Tx,
    entity: Entity,
    field: Field,
    value: Any,
    *,
    record: Record | None = None,
    error: str = "",
    form: bool = False,
    autofocus: bool = False,
) -> FieldView:
    """A field with its value as the asker may see it; editable in place when he may change the record."""
    made = field.definition
    writable = editable(tx, entity, field)
    base = f"/{entity.definition.path}/{record.id}" if record else ""
    return FieldView(
        name=field.name,
        field=made,
        label=made.label.to(tx.language),
        value=value,
        error=error,
        help=made.help.to(tx.language) if made.help else "",
        required=made.required and not is_filled(entity, field.name),
        read_only=not writable,
        autofocus=autofocus,
        edit_url=f"{base}/cell/{field.name}" if record and writable and not form else "",
        version=record.version if record else 0,
        history_url=f"{base}/history/{field.name}" if record and made.audited else "",
        lookup_url=lookup_url(entity, field),
        create_url=_create_url(tx, entity, field) if form and writable else "",
        currencies=currencies(tx) if form and writable and field.type.key == "money" else (),
        masked=level(tx, entity.name, field.name) == "masked",
        span=field.type.key in ("long_text", "rich_text", "address", "json", "checklist"),
    )


def is_filled(entity: Entity, name: str) -> bool:
    """Whether code gives the field a value where the writer leaves it empty."""
    return any(name in made.sets for made in entity.own_code("prepare"))


def lookup_url(entity: Entity, field: Field) -> str:
    """Where candidates for a link are searched; empty for other fields."""
    if field.type.key not in ("link", "links", "polymorphic"):
        return ""
    return f"/lookup/{entity.definition.path}/{field.name}"


def _create_url(tx: Tx, entity: Entity, field: Field) -> str:
    return f"{lookup_url(entity, field)}/new" if made_from_words(tx, field) is not None else ""


def made_from_words(tx: Tx, field: Field) -> Entity | None:
    """The entity that a link points to, when the asker may create its records and they need nothing but a name."""
    if field.type.key not in ("link", "links") or len(targets(field.definition)) != 1:
        return None
    target = tx.catalog.entity(targets(field.definition)[0])
    title = target.fields.get(target.definition.title or "")
    if title is None or target.definition.hidden or tx.principal.depth(target.name, "create") == "none":
        return None
    named = title.definition.parts or (title.name,)
    given = all(
        name in named or each.default is not None or each.read_only or each.computed or not each.required
        for name, each in target.definition.fields.items()
    )
    typed = all(name in target.fields and editable(tx, target, target.fields[name]) for name in named)
    return target if given and typed else None


def shown(tx: Tx, entity: Entity, name: str) -> Field | None:
    """The field, when it exists and the asker may see it."""
    field = entity.fields.get(name)
    return field if field is not None and level(tx, entity.name, name) != "hidden" else None
