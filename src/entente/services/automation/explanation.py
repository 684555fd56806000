"""Everything that applies to an entity, in the order in which it applies: fields, code, actions, rules."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.code import STAGES, ActionDef, Behaviour
from entente.kernel.metadata.entity import Origin
from entente.kernel.metadata.screens import Sort
from entente.kernel.metadata.tables import Field
from entente.kernel.records.match_keys import rules_of
from entente.kernel.records.query import Ask, page
from entente.services.automation.assignment import RULE

LAYERS: tuple[Origin, ...] = ("standard", "extension", "customer")


def explain(tx: Tx, name: str) -> list[str]:
    """What applies to an entity, a line each, in the transaction's language; NotFound when there is no such entity."""
    entity = tx.catalog.entity(name)
    lines = [tx.say("explain.entity", label=entity.label.to(tx.language), name=name, access=entity.definition.access)]
    for part in (_fields(tx, entity), _behaviours(tx, entity), _actions(tx, entity), _duplicates(tx, entity)):
        lines += part
    return [*lines, *_assignments(tx, entity)]


def _titled(tx: Tx, key: str, lines: Iterable[str]) -> list[str]:
    found = [f"  {line}" for line in lines]
    return ["", tx.say(f"explain.{key}"), *found] if found else []


def _fields(tx: Tx, entity: Entity) -> Iterator[str]:
    for layer in LAYERS:
        found = [field for field in entity.fields.values() if field.definition.origin == layer]
        yield from _titled(tx, f"fields_{layer}", (_field(tx, field) for field in found))


def _field(tx: Tx, field: Field) -> str:
    made = field.definition
    marks = [key for key in ("required", "unique", "read_only", "personal") if getattr(made, key)]
    marks += ["computed"] if made.computed else []
    told = ", ".join(tx.say(f"explain.mark.{mark}") for mark in marks)
    formula = f" = {made.computed}" if isinstance(made.computed, str) else ""
    return f"{field.name}: {made.type}, {made.label.to(tx.language)}" + (f" ({told})" if told else "") + formula


def _behaviours(tx: Tx, entity: Entity) -> Iterator[str]:
    for stage in STAGES:
        found = [_behaviour(tx, made) for made in entity.own_code(stage)]
        yield from _titled(tx, f"stage_{stage}", found)


def _behaviour(tx: Tx, made: Behaviour) -> str:
    sets = f" → {', '.join(made.sets)}" if made.sets else ""
    return f"{made.name}{sets}: {_said(made.function)} ({made.origin})"


def _said(function: Callable[..., Any]) -> str:
    """The first sentence of a function's description."""
    return (inspect.getdoc(function) or "").split("\n", 1)[0]


def _actions(tx: Tx, entity: Entity) -> list[str]:
    return _titled(tx, "actions", (_action(tx, made) for made in tx.catalog.actions_of(entity.name)))


def _action(tx: Tx, made: ActionDef) -> str:
    when = f" [{made.show_if}]" if made.show_if else ""
    return f"{made.name} ({tx.say(made.key)}){when}: {_said(made.function)} ({made.origin})"


def _duplicates(tx: Tx, entity: Entity) -> list[str]:
    rules = [rule for rule in rules_of(tx) if entity.name in (rule.source, rule.target)]
    lines = []
    for rule in rules:
        pairs = ", ".join(f"{each.source_field} ~ {each.target_field} ({each.normaliser})" for each in rule.conditions)
        lines.append(f"{rule.name}: {rule.source} → {rule.target}, {pairs}, {rule.action}, {rule.score}")
    return _titled(tx, "duplicates", lines)


def _assignments(tx: Tx, entity: Entity) -> list[str]:
    if RULE not in tx.catalog.entities:
        return []
    ask = Ask(entity=RULE, filter=f'entity = "{entity.name}"', sort=(Sort("position"),), limit=200)
    return _titled(tx, "assignments", (_assignment(tx, rule) for rule in page(tx, ask).records))


def _assignment(tx: Tx, rule: Any) -> str:
    state = "" if rule["active"] else f" ({tx.say('explain.inactive')})"
    condition = f" [{rule['condition']}]" if rule["condition"] else ""
    return f"{rule['position']}. {rule['name']}{condition}: {rule['method']}{state}"
