"""Saved views: what is saved can be shown."""

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.proving import blamed_on, prove_filter
from entente.kernel.records.behaviours import check
from entente.kernel.records.record import Draft, Record


@check("saved_view")
def view_is_sound(tx: Tx, old: Record | None, new: Draft) -> None:
    """A view is of an entity that exists, and its filter reads fields that its writer may read."""
    entity = tx.catalog.entities.get(new["entity"] or "")
    if entity is None:
        raise Refused("entity.unknown", field="entity", entity=new["entity"])
    if new["filter"] and (new.changes("filter") or new.changes("entity")):
        with blamed_on("filter"):
            prove_filter(tx, entity, new["filter"])
