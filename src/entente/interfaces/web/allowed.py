"""What the principal may do with the very records that a page shows, so that nothing is offered that is refused."""

from collections.abc import Collection, Sequence
from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import Privilege
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import Ask, exists, page
from entente.kernel.records.record import Record


def may(tx: Tx, entity: Entity, record: Record, privilege: Privilege) -> bool:
    """Whether the principal has the privilege on a record; nothing is asked where his depth or the owner says it."""
    known = _known(tx, entity, record, privilege)
    return exists(tx, entity.name, record.id, privilege) if known is None else known


def changeable(tx: Tx, entity: Entity, records: Sequence[Record]) -> set[UUID]:
    """Those of some records that the principal may change, asked in one statement at most."""
    known = {record.id: _known(tx, entity, record, "update") for record in records}
    sure = {identity for identity, answer in known.items() if answer}
    return sure | among(tx, entity.name, [identity for identity, answer in known.items() if answer is None])


def among(tx: Tx, entity: str, ids: Collection[UUID], privilege: Privilege = "update") -> set[UUID]:
    """Those of some ids on whose records the principal has the privilege."""
    if not ids or (tx.principal.depth(entity, privilege) == "all" and not _is_lent(tx.catalog.entity(entity))):
        return set(ids)
    ask = Ask(entity=entity, ids=tuple(ids), fields=("version",), limit=len(ids), privilege=privilege)
    return {record.id for record in page(tx, ask).records}


def _known(tx: Tx, entity: Entity, record: Record, privilege: Privilege) -> bool | None:
    depth = tx.principal.depth(entity.name, privilege)
    if _is_lent(entity):
        return None
    if depth == "all" or entity.definition.access in ("open", "shared"):
        return depth != "none"
    # Who may do it with none of his own may do it with one that was shared with him.
    is_mine = "owner" in entity.fields and record.get("owner") == tx.principal.user_id
    return True if is_mine and depth != "none" else None


def _is_lent(entity: Entity) -> bool:
    """Whether the rights on its records are those on another one, whatever its own depth says."""
    return entity.definition.access == "through"
