"""Rights on single fields: hidden, masked, read, edit; without a rule a field may be edited."""

from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import FieldLevel
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field

MASK = "•••"


def level(tx: Tx, entity: str, field: str) -> FieldLevel:
    """What the principal may do with a field."""
    if tx.principal.is_system or tx.principal.is_admin:
        return "edit"
    return tx.principal.field_rules.get(entity, {}).get(field, "edit")


def may_use(tx: Tx, entity: str, field: str) -> bool:
    """Whether the principal may read the field's values, and so filter, sort, group and compute with it."""
    return level(tx, entity, field) in ("read", "edit")


def shown_fields(tx: Tx, entity: Entity) -> list[Field]:
    """The fields that the principal may see, masked ones included."""
    return [field for field in entity.fields.values() if level(tx, entity.name, field.name) != "hidden"]


def editable(tx: Tx, entity: Entity, field: Field) -> bool:
    """Whether the principal may write the field by hand."""
    made = field.definition
    return not made.read_only and not made.computed and level(tx, entity.name, field.name) == "edit"


def may_create(tx: Tx, entity: Entity) -> bool:
    """Whether the principal may create records by hand; nobody may where the system keeps every field."""
    kept = all(each.definition.read_only for each in entity.fields.values())
    return not kept and tx.principal.depth(entity.name, "create") != "none"
