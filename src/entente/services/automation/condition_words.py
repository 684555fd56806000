"""Conditions of rules in words: “Priority is High or Urgent and Stage changed”; what has no words stays as written."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from entente.kernel.db.tx import Tx
from entente.kernel.expressions.nodes import (
    Between,
    Boolean,
    Call,
    Comparison,
    In,
    ListOf,
    Logic,
    Member,
    Name,
    Node,
    Null,
    Number,
    RangeOf,
    String,
    Temporal,
    path_of,
)
from entente.kernel.expressions.unparse import unparse
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.records.columns import parsed
from entente.kernel.records.query import titles

OLD, LONGEST = "old", 300
SIGNS = {"=": "is", "!=": "is_not", "<": "below", "<=": "at_most", ">": "above", ">=": "at_least"}
TEXTS = {"contains": "contains", "starts with": "starts", "ends with": "ends"}
ME = ("current user", "id")


class Known(Protocol):
    """What conditions are about: an entity, or a form with questions of its own."""

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields that a condition may read, by name."""


def condition_words(tx: Tx, entity: Known, text: str) -> str:
    """A condition in the reader's words, cut where it gets too long to be read at a glance."""
    try:
        said = _words(tx, entity, parsed(text))
    except Refused:
        said = text
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"


def _words(tx: Tx, entity: Known, node: Node) -> str:
    write = _WRITERS.get(type(node))
    said = write(tx, entity, node) if write else None
    return said or f"“{unparse(node)}”"


def _logic(tx: Tx, entity: Known, node: Logic) -> str:
    parts = [_words(tx, entity, each) for each in node.items]
    within = [f"({part})" if isinstance(each, Logic) else part for each, part in zip(node.items, parts, strict=True)]
    return f" {tx.say(f'automation.if.{node.op}')} ".join(within)


def _comparison(tx: Tx, entity: Known, node: Comparison) -> str | None:
    field, label = _field(tx, entity, node.left)
    if field is None:
        return None
    if isinstance(node.right, Null) and node.op in ("=", "!="):
        return tx.say("automation.if.empty" if node.op == "=" else "automation.if.filled", field=label)
    return tx.say(f"automation.if.{SIGNS[node.op]}", field=label, value=_value(tx, entity, field, node.right))


def _between(tx: Tx, entity: Known, node: Between) -> str | None:
    field, label = _field(tx, entity, node.of)
    ends = [_value(tx, entity, field, each) for each in (node.low, node.high)] if field else []
    return tx.say("automation.if.between", field=label, low=ends[0], high=ends[1]) if field else None


def _in(tx: Tx, entity: Known, node: In) -> str | None:
    field, label = _field(tx, entity, node.of)
    tests = [each for test in node.tests for each in (test.items if isinstance(test, ListOf) else (test,))]
    if field is None or any(isinstance(each, RangeOf) for each in tests):
        return None
    said = f" {tx.say('automation.if.or')} ".join(_value(tx, entity, field, each) for each in tests)
    return tx.say("automation.if.is", field=label, value=said)


def _call(tx: Tx, entity: Known, node: Call) -> str | None:
    name = node.of.name if isinstance(node.of, Name) else ""
    first = node.arguments[0] if node.arguments else None
    if name == "not" and first is not None:
        return tx.say("automation.if.not", condition=_words(tx, entity, first))
    if name == "changed" and isinstance(first, String):
        field = entity.fields.get(first.value)
        return tx.say("automation.if.changed", field=field.definition.label.to(tx.language)) if field else None
    if name in TEXTS and first is not None and len(node.arguments) > 1:
        field, label = _field(tx, entity, first)
        value = _value(tx, entity, field, node.arguments[1]) if field else ""
        return tx.say(f"automation.if.{TEXTS[name]}", field=label, value=value) if field else None
    return None


def _alone(tx: Tx, entity: Known, node: Name | Member) -> str | None:
    """A field that is itself yes or no."""
    field, label = _field(tx, entity, node)
    return tx.say("automation.if.is", field=label, value=tx.say("automation.if.yes")) if field else None


_WRITERS: dict[type[Any], Callable[[Tx, Known, Any], str | None]] = {
    Logic: _logic, Comparison: _comparison, Between: _between, In: _in, Call: _call, Name: _alone, Member: _alone,
}  # fmt: skip


def _field(tx: Tx, entity: Known, node: Node) -> tuple[Field | None, str]:
    """The field that a path reads and what it is called, over its links; of the record as it was before, too."""
    if isinstance(node, Call) and isinstance(node.of, Name) and node.of.name == "lower case":
        return _field(tx, entity, node.arguments[0])
    names = list(path_of(node) or ())
    was = names[:1] == [OLD] and len(names) > 1
    found: Field | None = None
    labels: list[str] = []
    at: Known = entity
    for step, name in enumerate(names[1:] if was else names):
        if step and found is not None:
            known = targets(found.definition)
            at = tx.catalog.entities[known[0]] if len(known) == 1 else at
        found = at.fields.get(name)
        if found is None:
            return None, ""
        labels.append(found.definition.label.to(tx.language))
    label = " › ".join(labels)
    return found, tx.say("automation.if.before", field=label) if was else label


def _value(tx: Tx, entity: Known, field: Field, node: Node) -> str:
    match node:
        case String():
            return value_words(tx, field, node.value)
        case Number():
            return tx.say("automation.if.number", number=node.value)
        case Boolean():
            return tx.say("automation.if.yes" if node.value else "automation.if.no")
        case Temporal():
            return node.text
        case Call(of=Name(name=("today" | "now") as name)):
            return tx.say(f"automation.if.{name}")
        case Call(of=Name(name="lower case"), arguments=(inner, *_)):
            return _value(tx, entity, field, inner)
    if path_of(node) == ME:
        return tx.say("automation.if.me")
    other, label = _field(tx, entity, node)
    return label if other else unparse(node)


def value_words(tx: Tx, field: Field, value: str) -> str:
    """A value of a field as rules write it, in words."""
    if not value:
        return ""
    if field.type.key in ("choice", "multi_choice"):
        found = next((each for each in field.definition.choices if each.key == value), None)
        return found.label.to(tx.language) if found else value
    identity = parse_id(value)
    if identity and field.type.key == "link":
        return titles(tx, targets(field.definition)[0], [identity]).get(identity, value)
    return value
