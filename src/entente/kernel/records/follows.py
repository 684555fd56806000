"""Code that follows the journal: each marked function is a follower of its own, so that one failure delays no other."""

from collections.abc import Sequence
from typing import Any

from entente.kernel.db.tx import Tx
from entente.kernel.jobs.followers import Entry, Follower
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.code import Behaviour
from entente.kernel.records.formulas import holds
from entente.kernel.records.query import exists, find


def followers_of(behaviours: Sequence[Behaviour]) -> tuple[Follower, ...]:
    """A follower for each behaviour of the stage `follow`."""
    return tuple(_follower(made) for made in behaviours if made.stage == "follow")


def _follower(behaviour: Behaviour) -> Follower:
    def tell(tx: Tx, entries: list[Entry]) -> None:
        concerned = [entry for entry in entries if _concerns(tx, behaviour, entry)]
        if concerned:
            behaviour.function(tx, concerned)

    return Follower(f"{behaviour.origin}.{behaviour.name}", tell)


def _concerns(tx: Tx, behaviour: Behaviour, entry: Entry) -> bool:
    if behaviour.entity not in ("*", entry.entity) or entry.entity not in tx.catalog.entities:
        return False
    if behaviour.when is None:
        return True
    if not exists(tx, entry.entity, entry.record):
        return False
    entity = tx.catalog.entity(entry.entity)
    record = find(tx, entry.entity, entry.record)
    return holds(tx, entity, behaviour.when, record, {**record, **_before(entity, entry)})


def _before(entity: Entity, entry: Entry) -> dict[str, Any]:
    """The values that the changed fields had before the entry."""
    found = {}
    for name, pair in entry.changes.items():
        field = entity.fields.get(name)
        if field is not None:
            found[name] = field.type.clean(name, field.definition, pair[0])
    return found
