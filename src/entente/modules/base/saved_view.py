"""Saved views: what is saved can be shown, and is shared no further than its owner may."""

from entente.kernel.access.predicate import audiences
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Forbidden, Refused
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


@check("saved_view")
def view_is_shared_as_far_as_allowed(tx: Tx, old: Record | None, new: Draft) -> None:
    """A view is shared with the team or with everyone by those who may share so far."""
    if new.changes("visibility") and new["visibility"] not in audiences(tx, "saved_view"):
        raise Forbidden("view.audience")
