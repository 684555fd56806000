"""What behaviours read about other records: as the system, whatever the one who writes may see."""

from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import NotFound
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record

MOST = 500


def as_system(tx: Tx) -> Tx:
    """The same transaction with all rights to read, for rules that concern records beyond the writer’s sight."""
    return tx.acting_as(system("rule"))


def known(tx: Tx, entity: str, identity: UUID | None) -> Record | None:
    """The record without its many links, or nothing when there is no id or no such record."""
    if identity is None:
        return None
    try:
        return find(as_system(tx), entity, identity, links=False)
    except NotFound:
        return None


def matching(tx: Tx, entity: str, filter: str, *, sort: str = "created_at", limit: int = MOST) -> list[Record]:
    """The records that fulfil an expression, without their many links, by one field; a minus turns the order round."""
    order = (Sort(sort.removeprefix("-"), sort.startswith("-")),)
    fields = tuple(field.name for field in tx.catalog.entity(entity).fields.values() if not field.type.virtual)
    return page(as_system(tx), Ask(entity=entity, fields=fields, filter=filter, sort=order, limit=limit)).records
