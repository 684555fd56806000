"""What others did to a record since someone read it: field by field, by whom and when."""

from typing import Any
from uuid import UUID

from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.journal import history


def changes_since(tx: Tx, entity: Entity, record: UUID, version: int) -> list[dict[str, Any]]:
    """The changes after a version, oldest first: field, old and new plain values, by, at; only readable fields."""
    found = []
    for entry in reversed(history(tx, entity.name, record, since_version=version)):
        for name, (old, new) in entry.changes.items():
            if name in entity.fields and may_use(tx, entity.name, name):
                found.append({"field": name, "old": old, "new": new, "by": entry.actor_name, "at": entry.at})
    return found
