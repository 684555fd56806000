"""Trees of records that point to a parent of their own kind."""

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.record import Draft
from entente.modules.base.lookup import known

DEEPEST = 50


def refuse_cycle(tx: Tx, new: Draft, code: str) -> None:
    """Refuse a parent that stands below the record itself, or a tree of more than 50 levels."""
    if not new.changes("parent"):
        return
    above, steps = new["parent"], 0
    while above is not None:
        if above == new.id or steps > DEEPEST:
            raise Refused(code, field="parent")
        parent = known(tx, new.entity, above)
        above, steps = (parent["parent"] if parent else None), steps + 1
