"""The keys under which possible duplicates meet: one per rule and value, stored with the record and indexed.

A rule's equal conditions and the first letters of its similar ones make one key, so that a rule costs one index probe.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.normal import NORMALISERS
from entente.kernel.metadata.catalog import Catalog, Entity
from entente.kernel.metadata.duplicate_rules import Condition, Rule

RULES = "duplicate_rule"
SIMILAR_PREFIX = 4
MOST_KEYS = 200


def rules_of(tx: Tx) -> tuple[Rule, ...]:
    """The active duplicate rules in their order, kept in memory per version of the catalog."""
    known = _KEPT.get(tx.catalog)
    if known is None:
        known = _KEPT[tx.catalog] = _read(tx)
    return known


_KEPT: WeakKeyDictionary[Catalog, tuple[Rule, ...]] = WeakKeyDictionary()


def _read(tx: Tx) -> tuple[Rule, ...]:
    if RULES not in tx.catalog.entities:
        return ()
    found = engine_rows(
        tx,
        "SELECT name, source, target, conditions, scopes, action, score, coalesce(position, 0) AS position"
        " FROM {schema}.duplicate_rule WHERE active AND deleted_at IS NULL ORDER BY position, id",
    )
    return tuple(msgspec.convert(line, Rule) for line in found)


def keys_to_find(tx: Tx, entity: Entity, values: Mapping[str, Any]) -> list[str]:
    """The keys under which others find this record: those of the rules whose target it is."""
    made: set[str] = set()
    for rule in rules_of(tx):
        if rule.target == entity.name:
            made |= keys_of(rule, entity, values, target=True)
    return sorted(made)[:MOST_KEYS]


def compared(tx: Tx, entity: Entity) -> set[str]:
    """The fields from which those keys are made."""
    rules = (rule for rule in rules_of(tx) if rule.target == entity.name)
    return {condition.target_field for rule in rules for condition in rule.conditions}


def keys_of(rule: Rule, entity: Entity, values: Mapping[str, Any], *, target: bool) -> set[str]:
    """The keys that a rule gives to a record, as target or as source; none when a condition finds no value."""
    parts = []
    for condition in rule.conditions:
        name = condition.target_field if target else condition.source_field
        found = normal_values(condition, entity, values, name)
        if not found:
            return set()
        parts.append([text[:SIMILAR_PREFIX] for text in found] if condition.threshold else found)
    signature = signature_of(rule)
    return {f"{signature}:{'|'.join(combined)}" for combined in product(*parts)}


def normal_values(condition: Condition, entity: Entity, values: Mapping[str, Any], name: str) -> list[str]:
    """A field's values in the normal form of a condition, each once."""
    normal = NORMALISERS[condition.normaliser]
    texts = _texts(entity, name, values)
    if len(texts) == 1:
        found = normal(texts[0])
        return [found] if found else []
    return list(dict.fromkeys(found for text in texts if (found := normal(text))))


def _texts(entity: Entity, name: str, values: Mapping[str, Any]) -> Sequence[str]:
    value: Any = values.get(name)
    if type(value) is str:
        return (value,) if value else ()
    field = entity.fields.get(name)
    if value is None or field is None or field.type.is_empty(value):
        return ()
    if field.type.key in ("email_set", "phone_set"):
        return [entry.value for entry in value]
    if field.type.key == "address":
        return (value.city,) if value.city else ()
    return (str(value).replace("-", "") if isinstance(value, UUID) else str(value),)


def signature_of(rule: Rule) -> str:
    """What the rule's keys begin with: equal for rules that compare the same fields of the target in the same way."""
    return _signature(rule.conditions)


@lru_cache(maxsize=1024)
def _signature(conditions: tuple[Condition, ...]) -> str:
    text = ";".join(f"{each.target_field},{each.normaliser},{bool(each.threshold)}" for each in conditions)
    return hashlib.blake2s(text.encode(), digest_size=4).hexdigest()
