"""Duplicate rules: understood before they are saved, at work as soon as they are."""

from typing import Any

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.db.versions import bump_catalog
from entente.kernel.jobs.queue import enqueue
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.duplicate_rules import COMPARABLE, Condition
from entente.kernel.records.behaviours import check, react
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.upkeep import rebuild_match_keys


@check("duplicate_rule")
def conditions_make_sense(tx: Tx, old: Record | None, new: Draft) -> None:
    """A rule compares fields that exist and can be compared, of the two entities that it is for."""
    given = new["conditions"]
    if not isinstance(given, list):
        raise Refused("duplicate_rule.not_understood", field="conditions")
    source, target = tx.catalog.entity(new["source"]), tx.catalog.entity(new["target"])
    for number, each in enumerate(given, start=1):
        condition = _understood(each, number)
        _refuse_field(tx, source, condition.source_field, number)
        _refuse_field(tx, target, condition.target_field, number)
        if condition.threshold is not None and not 0 < condition.threshold <= 1:
            raise Refused("duplicate_rule.no_share", field="conditions", number=number)


def _understood(given: Any, number: int) -> Condition:
    if isinstance(given, dict) and not (given.get("source_field") and given.get("target_field")):
        raise Refused("duplicate_rule.field_missing", field="conditions", number=number)
    try:
        return msgspec.convert(given, Condition)
    except msgspec.ValidationError:
        raise Refused("duplicate_rule.not_understood", field="conditions") from None


def _refuse_field(tx: Tx, entity: Entity, name: str, number: int) -> None:
    field = entity.fields.get(name)
    label = entity.label.to(tx.language)
    if field is None:
        raise Refused("duplicate_rule.unknown_field", field="conditions", name=name, entity=label, number=number)
    if field.type.key not in COMPARABLE:
        named = field.definition.label.to(tx.language)
        raise Refused("duplicate_rule.not_comparable", field="conditions", name=named, entity=label, number=number)


@react("duplicate_rule")
def rule_is_at_work(tx: Tx, old: Record | None, record: Record) -> None:
    """Every process learns of the rule, and the records are prepared to be found by it."""
    bump_catalog(tx)
    if tx.cause.via != "system":
        enqueue(tx, rebuild_match_keys, entity=record["target"], key=f"rematch:{record['target']}")
