"""The record before and the record after, in the list that one came from."""

from typing import Any

from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record


def position_of(tx: Tx, entity: Entity, record: Record) -> dict[str, Any]:
    """The addresses of the neighbours by time of creation."""
    base = f"/{entity.definition.path}"
    at = f'@"{record["created_at"].isoformat()}"' if record.get("created_at") else None
    if at is None:
        return {}
    before = _nearest(tx, entity, f"created_at > {at}", Sort("created_at"))
    after = _nearest(tx, entity, f"created_at < {at}", Sort("created_at", descending=True))
    return {
        "previous_url": f"{base}/{before[0].id}" if before else "",
        "next_url": f"{base}/{after[0].id}" if after else "",
    }


def _nearest(tx: Tx, entity: Entity, condition: str, sort: Sort) -> list[Record]:
    return page(tx, Ask(entity=entity.name, fields=("created_at",), filter=condition, sort=(sort,), limit=1)).records
