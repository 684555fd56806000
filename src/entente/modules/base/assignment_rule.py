"""Assignment rules: what is saved can be asked of every new record."""

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.proving import blamed_on, prove_condition
from entente.kernel.records.behaviours import check
from entente.kernel.records.record import Draft, Record


@check("assignment_rule")
def rule_is_sound(tx: Tx, old: Record | None, new: Draft) -> None:
    """A rule is for an entity that exists, and its condition reads fields that records of it have."""
    entity = tx.catalog.entities.get(new["entity"] or "")
    if entity is None:
        raise Refused("entity.unknown", field="entity", entity=new["entity"])
    if new["condition"]:
        with blamed_on("condition"):
            prove_condition(tx.catalog, entity, new["condition"])
