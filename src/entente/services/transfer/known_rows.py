"""Which rows of a batch are known already: one statement for all, then a close look at the few that meet a key."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, array

from entente.kernel.db.statement import Prepared, marked, prepare
from entente.kernel.db.tx import Tx, rows
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Catalog, Entity
from entente.kernel.metadata.duplicate_rules import Rule, Scope
from entente.kernel.metadata.tables import MATCH
from entente.kernel.records.duplicates import find_duplicates
from entente.kernel.records.match_keys import keys_of, rules_of
from entente.kernel.records.record import Draft

SCOPE: Scope = "import"


class Known(msgspec.Struct, frozen=True):
    """By row number the record that the row means (none: one that may not be read), and the rows to look at later.

    A row waits when it resembles an earlier one of its batch that is not written yet.
    """

    same: Mapping[int, UUID | None]
    later: frozenset[int] = frozenset()


def known_rows(tx: Tx, entity: Entity, batch: Sequence[tuple[int, Mapping[str, Any]]]) -> Known:
    """What is known of a batch of rows, by the duplicate rules between records of the entity itself."""
    rules = _rules(tx, entity)
    if not rules:
        return Known({})
    full = {number: _with_computed(tx, entity, rules, values) for number, values in batch}
    keys = {number: _keys(rules, entity, values) for number, values in full.items()}
    stored = _stored(tx, entity, set().union(*keys.values()))
    same: dict[int, UUID | None] = {}
    later: set[int] = set()
    ahead: set[str] = set()
    for number, own in keys.items():
        met = _met(tx, entity, full[number]) if own & stored else None
        if met is not None:
            same[number] = met[0]
        elif own & ahead:
            later.add(number)
        ahead |= own if met is None else set()
    return Known(same, frozenset(later))


def repeated_rows(tx: Tx, entity: Entity, batch: Sequence[tuple[int, Mapping[str, Any]]]) -> frozenset[int]:
    """Rows that a blocking rule may refuse for one before them: they wait until that one is written."""
    rules = blocking_rules(tx, entity)
    repeated: set[int] = set()
    ahead: set[str] = set()
    for number, values in batch if rules else ():
        own = _keys(rules, entity, _with_computed(tx, entity, rules, values))
        if own & ahead:
            repeated.add(number)
        ahead |= own
    return frozenset(repeated)


def blocking_rules(tx: Tx, entity: Entity) -> list[Rule]:
    """The rules that refuse one record of the entity for another, whatever an import says about duplicates."""
    return [rule for rule in _rules(tx, entity) if rule.action == "block"]


def keys_by_row(tx: Tx, entity: Entity, batch: Sequence[tuple[int, Mapping[str, Any]]]) -> dict[int, set[str]]:
    """By row number the keys under which rows may turn out to mean the same; equal keys ask for a close look."""
    rules = _rules(tx, entity)
    return {number: _keys(rules, entity, _with_computed(tx, entity, rules, values)) for number, values in batch}


def _rules(tx: Tx, entity: Entity) -> list[Rule]:
    return [rule for rule in rules_of(tx) if _applies(rule, entity)]


def _keys(rules: Sequence[Rule], entity: Entity, values: Mapping[str, Any]) -> set[str]:
    return set().union(*(keys_of(rule, entity, values, target=False) for rule in rules))


def _applies(rule: Rule, entity: Entity) -> bool:
    return rule.source == rule.target == entity.name and SCOPE in rule.scopes and rule.action != "hint"


def _with_computed(tx: Tx, entity: Entity, rules: Sequence[Rule], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values with those that rules compare and code computes, such as a full name."""
    compared = {condition.source_field for rule in rules for condition in rule.conditions}
    if compared <= set(values):
        return values
    draft = Draft(entity.name, new_id(), {}, tx.clock.now())
    for name, value in values.items():
        draft[name] = value
    try:
        for behaviour in entity.own_code("derive"):
            if compared & set(behaviour.sets):
                behaviour.function(tx, None, draft)
    except Refused:
        return values
    for name in compared:
        parts = entity.fields[name].definition.parts if name in entity.fields else ()
        if parts and not draft[name]:
            draft[name] = " ".join(str(draft[part]) for part in parts if draft[part]) or None
    return draft


def _stored(tx: Tx, entity: Entity, keys: set[str]) -> set[str]:
    """Those of the keys under which some live record is found."""
    if not keys:
        return set()
    return {row["key"] for row in rows(tx, _known_keys(tx.catalog, entity.name), wanted=sorted(keys))}


@lru_cache(maxsize=64)
def _known_keys(catalog: Catalog, name: str) -> Prepared:
    """A probe of the index for each key: thousands of keys at once would be compared with every row."""
    table = catalog.entity(name).table
    wanted = sa.func.unnest(sa.bindparam("wanted", type_=ARRAY(sa.Text()))).column_valued("key")
    found = sa.exists().where(table.c[MATCH].contains(array([wanted])), table.c.deleted_at.is_(None))
    return prepare(marked(sa.select(wanted.label("key")).where(found), name))


def _met(tx: Tx, entity: Entity, values: Mapping[str, Any]) -> tuple[UUID | None] | None:
    """The surest record that the values mean, without id when it may not be read; nothing when no rule holds."""
    matches = find_duplicates(tx, entity, values, scope=SCOPE)
    for match in matches.found:
        if match.entity == entity.name and match.action != "hint":
            return (match.id,)
    return (None,) if matches.hidden and matches.hidden_action != "hint" else None
