"""What behaviours read about other records: as the system, whatever the one who writes may see."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID
from weakref import WeakKeyDictionary

from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import NotFound
from entente.kernel.metadata.catalog import Catalog
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record
from entente.kernel.records.stroke import prove, recall, remember

MOST = 500
RULE = system("rule")


def as_system(tx: Tx) -> Tx:
    """The same transaction with all rights to read, for rules that concern records beyond the writer’s sight."""
    return tx.acting_as(RULE)


def known(tx: Tx, entity: str, identity: UUID | None) -> Record | None:
    """The record without its many links, or nothing when there is no id or no such record."""
    return None if identity is None else recall(tx, entity, identity, partial(_found, tx, entity, identity))


def _found(tx: Tx, entity: str, identity: UUID) -> Record | None:
    try:
        return find(as_system(tx), entity, identity, links=False)
    except NotFound:
        return None


def known_among(tx: Tx, entity: str, ids: Sequence[UUID]) -> list[Record]:
    """Those of the records that there are, without their many links."""
    fields = _single(tx, entity)
    asks = (
        Ask(entity=entity, fields=fields, ids=tuple(ids[at : at + MOST]), limit=MOST) for at in range(0, len(ids), MOST)
    )
    return [record for ask in asks for record in page(as_system(tx), ask).records]


def _single(tx: Tx, entity: str) -> tuple[str, ...]:
    return tuple(field.name for field in tx.catalog.entity(entity).fields.values() if not field.type.virtual)


_STANDING: WeakKeyDictionary[Catalog, dict[str, list[Record]]] = WeakKeyDictionary()


def standing(tx: Tx, entity: str) -> list[Record]:
    """All records of an entity with few of them, by position, kept in memory per version of the catalog.

    Whoever writes one has to raise that version (`bump_catalog`).
    """
    if entity in tx.connection.written:
        return matching(tx, entity, "", sort="position")
    kept = _STANDING.setdefault(tx.catalog, {})
    if entity not in kept:
        kept[entity] = matching(tx, entity, "", sort="position")
    for record in kept[entity] if tx.catalog.entity(entity).definition.access == "open" else ():
        prove(tx, entity, record.id)
    return kept[entity]


def matching(tx: Tx, entity: str, filter: str, *, sort: str = "created_at", limit: int = MOST) -> list[Record]:
    """The records that fulfil an expression, without their many links, by one field; a minus turns the order round."""
    order = (Sort(sort.removeprefix("-"), sort.startswith("-")),)
    ask = Ask(entity=entity, fields=_single(tx, entity), filter=filter, sort=order, limit=limit)
    if "." in filter:
        return page(as_system(tx), ask).records
    found = recall(tx, entity, (filter, order, limit), lambda: page(as_system(tx), ask).records)
    for record in found:
        remember(tx, entity, record.id, record)
        if tx.catalog.entity(entity).definition.access == "open":
            prove(tx, entity, record.id)
    return list(found)
