"""Everything that applies to an entity, in the order in which it applies: fields, code, actions, rules."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from entente.kernel.db.tx import Tx
from entente.kernel.jobs.followers import Follower
from entente.kernel.kit.principal import PRIVILEGES
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.code import STAGES, ActionDef, Behaviour
from entente.kernel.metadata.entity import Origin
from entente.kernel.metadata.forms import Rule as FormRule
from entente.kernel.metadata.screens import Sort
from entente.kernel.metadata.tables import Field
from entente.kernel.records.form_rules import record_form
from entente.kernel.records.match_keys import rules_of
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from entente.services.automation.assignment import RULE
from entente.services.automation.rules import Rule, all_rules
from entente.services.automation.sentences import sentence

LAYERS: tuple[Origin, ...] = ("standard", "extension", "customer")
ROLE, FORM = "role", "web_form"


def explain(tx: Tx, name: str, followers: Sequence[Follower] = ()) -> list[str]:
    """What applies to an entity, a line each, in the transaction's language; NotFound when there is no such entity.

    `followers` are those of the engine, told of every change before the code of the entity's own.
    """
    entity = tx.catalog.entity(name)
    lines = [tx.say("explain.entity", label=entity.label.to(tx.language), name=name, access=entity.definition.access)]
    lines += [*_fields(tx, entity), *_roles(tx, entity), *_form_rules(tx, entity)]
    lines += [*_behaviours(tx, entity, followers), *_automations(tx, entity), *_assignments(tx, entity)]
    return [*lines, *_actions(tx, entity), *_duplicates(tx, entity), *_doors(tx, entity)]


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


def _roles(tx: Tx, entity: Entity) -> list[str]:
    return _titled(tx, "roles", filter(None, (_role(tx, entity.name, role) for role in _configured(tx, ROLE))))


def _role(tx: Tx, name: str, role: Record) -> str:
    """What a role gives of an entity; empty when it gives nothing."""
    if role["administrator"]:
        return f"{role['name']}: {tx.say('explain.everything')}"
    grants: dict[str, str] = (role["grants"] or {}).get(name) or {}
    rules: dict[str, str] = (role["field_rules"] or {}).get(name) or {}
    told = ", ".join(f"{privilege} {grants[privilege]}" for privilege in PRIVILEGES if privilege in grants)
    fields = ", ".join(f"{field} {rule}" for field, rule in rules.items())
    return f"{role['name']}: {told}" + (f" [{fields}]" if fields else "") if told or fields else ""


def _form_rules(tx: Tx, entity: Entity) -> list[str]:
    form = record_form(tx, entity)
    return _titled(tx, "form_rules", (_form_rule(tx, rule) for rule in form.rules) if form else ())


def _form_rule(tx: Tx, rule: FormRule) -> str:
    text = rule.text.to(tx.language) if rule.text else ""
    about = ", ".join((*rule.fields, *rule.sections))
    return f"{rule.when}: {rule.then} " + "; ".join(filter(None, (about, rule.value, ", ".join(rule.options), text)))


def _behaviours(tx: Tx, entity: Entity, followers: Sequence[Follower]) -> Iterator[str]:
    for stage in STAGES:
        found = [_behaviour(tx, made) for made in entity.own_code(stage)]
        if stage == "follow":
            found = [*(_follower(made) for made in followers), *found]
        yield from _titled(tx, f"stage_{stage}", found)


def _follower(made: Follower) -> str:
    return f"{made.name}: {_said(made.function)} ({made.function.__module__})"


def _automations(tx: Tx, entity: Entity) -> list[str]:
    rules = [rule for rule in all_rules(tx) if entity.name in (rule.entity, rule.listens_to)]
    return _titled(tx, "automations", (_automation(tx, rule) for rule in rules))


def _automation(tx: Tx, rule: Rule) -> str:
    state = "" if rule.active else f" ({tx.say('explain.inactive')})"
    return f"{rule.position}. {rule.name}: {sentence(tx, rule)}{state}"


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
    return _titled(tx, "assignments", (_assignment(tx, rule) for rule in _configured(tx, RULE, entity.name)))


def _assignment(tx: Tx, rule: Record) -> str:
    condition = f" [{rule['condition']}]" if rule["condition"] else ""
    return f"{rule['position']}. {rule['name']}{condition}: {rule['method']}{_resting(tx, rule)}"


def _doors(tx: Tx, entity: Entity) -> list[str]:
    forms = _configured(tx, FORM, entity.name)
    return _titled(tx, "doors", (f"/f/{form['key']}: {form['name']}{_resting(tx, form)}" for form in forms))


def _resting(tx: Tx, record: Record) -> str:
    return "" if record["active"] else f" ({tx.say('explain.inactive')})"


def _configured(tx: Tx, kind: str, entity: str = "") -> Sequence[Record]:
    """What an organisation has set up of a kind, about an entity where the kind names one."""
    if kind not in tx.catalog.entities:
        return ()
    about = f'entity = "{entity}"' if entity else ""
    sort = "position" if "position" in tx.catalog.entity(kind).fields else "name"
    return page(tx, Ask(entity=kind, filter=about, sort=(Sort(sort),), limit=200)).records
