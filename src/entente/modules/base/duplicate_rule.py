"""Duplicate rules: understood before they are saved, at work as soon as they are."""

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.db.versions import bump_catalog
from entente.kernel.jobs.queue import enqueue
from entente.kernel.kit.refusal import NotFound, Refused
from entente.kernel.metadata.duplicate_rules import Condition
from entente.kernel.records.behaviours import check, react
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.upkeep import rebuild_match_keys


@check("duplicate_rule")
def conditions_make_sense(tx: Tx, old: Record | None, new: Draft) -> None:
    """A rule compares fields that exist, of entities that exist."""
    try:
        conditions = msgspec.convert(new["conditions"] or [], tuple[Condition, ...])
        source, target = tx.catalog.entity(new["source"]), tx.catalog.entity(new["target"])
    except (msgspec.ValidationError, NotFound):
        raise Refused("duplicate_rule.not_understood", field="conditions") from None
    if not conditions:
        raise Refused("field.required", field="conditions")
    for condition in conditions:
        if condition.source_field not in source.fields or condition.target_field not in target.fields:
            raise Refused("duplicate_rule.unknown_field", field="conditions", name=condition.source_field)


@react("duplicate_rule")
def rule_is_at_work(tx: Tx, old: Record | None, record: Record) -> None:
    """Every process learns of the rule, and the records are prepared to be found by it."""
    bump_catalog(tx)
    if tx.cause.via != "system":
        enqueue(tx, rebuild_match_keys, entity=record["target"], key=f"rematch:{record['target']}")
