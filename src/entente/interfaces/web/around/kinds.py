"""Activities as declared: which of them may regard a record, what makes one open, by when it is due."""

from collections.abc import Iterable

from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field, targets

OPEN = "open"
MOMENTS = ("date", "datetime")


def activity_kinds(tx: Tx) -> list[Entity]:
    """Every activity of the catalog: those that are written at once first, then in the order of the side bar."""
    order = [name for menu in tx.catalog.menus for name in menu.entities]
    found = [entity for entity in tx.catalog.entities.values() if entity.definition.activity]
    return sorted(found, key=lambda each: (order.index(each.name) if each.name in order else -1, each.name))


def kinds_regarding(tx: Tx, target: str) -> list[tuple[Entity, Field]]:
    """The activities that may regard records of an entity, with the field that says so."""
    found = ((entity, regarding_field(entity, target)) for entity in activity_kinds(tx))
    return [(entity, field) for entity, field in found if field is not None]


def regarding_field(entity: Entity, target: str = "") -> Field | None:
    """The field by which an activity regards records (of the target, when one is named)."""
    for field in entity.fields.values():
        if field.type.key == "polymorphic" and (not target or target in targets(field.definition)):
            return field
    return None


def state_field(entity: Entity) -> Field | None:
    """The choice that says whether an activity still has to be done."""
    return next((field for field in entity.fields.values() if OPEN in groups(field)), None)


def groups(field: Field) -> list[str]:
    """The groups that the options of a choice belong to, in order."""
    return [choice.group for choice in field.definition.choices if choice.group]


def keys_in(field: Field, *, is_open: bool) -> list[str]:
    """The options of a state that mean open, or those that mean over."""
    return [each.key for each in field.definition.choices if each.group and (each.group == OPEN) == is_open]


def open_condition(field: Field) -> str:
    """The expression that is true of what is still open."""
    keys = ", ".join(f'"{key}"' for key in keys_in(field, is_open=True))
    return f"{field.name} in ({keys})"


def due_field(tx: Tx, entity: Entity) -> Field | None:
    """The moment by which an activity is due: what its first list is sorted by."""
    screens = tx.catalog.screens.get(entity.name)
    sort = screens.lists[0].sort if screens and screens.lists else ()
    field = entity.fields.get(sort[0].field) if sort else None
    return field if field is not None and field.type.key in MOMENTS and not field.definition.read_only else None


def quick_fields(tx: Tx, entity: Entity) -> Iterable[str]:
    """The fields of the form for quick creation."""
    screens = tx.catalog.screens.get(entity.name)
    form = next((made for made in screens.forms if made.key == "quick"), None) if screens else None
    return [name for section in form.sections for name in section.names] if form else list(entity.definition.fields)


def text_field(tx: Tx, entity: Entity) -> Field | None:
    """The long text of the quick form: what the box of the composer is for."""
    for name in quick_fields(tx, entity):
        field = entity.fields.get(name)
        if field is not None and field.type.key in ("rich_text", "long_text"):
            return field
    return None


def is_written(tx: Tx, entity: Entity) -> bool:
    """Whether an activity is its text, as a note is, and mentions people."""
    field = text_field(tx, entity)
    return field is not None and field.definition.required and "mentions" in entity.fields
