"""A decision tried out with values that somebody types: what it gives, and which of its rules fit."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from entente.kernel.expressions.depends import free_names
from entente.kernel.expressions.evaluate import compile_python
from entente.kernel.expressions.frame import Context
from entente.kernel.expressions.nodes import Node, path_of
from entente.kernel.expressions.parser import parse, parse_tests
from entente.kernel.expressions.values import Moment
from entente.kernel.kit.refusal import Refused
from entente.services.processes.decisions.deciding import SUBJECT, decide, feel_type, fitting_rules
from entente.services.processes.decisions.table import Decision, Model


class Asked(msgspec.Struct, frozen=True):
    """A value that a decision reads: its name, dotted for a part of something, and its type where one is said."""

    name: str
    type: str = ""


class Trial(msgspec.Struct, frozen=True):
    """What a decision gives, and the places of its rules that fit."""

    value: Any
    rules: tuple[int, ...]


def asked_by(model: Model, decision: str) -> list[Asked]:
    """The values that a decision reads, with those that it needs before, in the order of its columns."""
    found: dict[str, Asked] = {}
    made = {each.variable for each in model.decisions.values()}
    for each in _needed(model, decision):
        for text, kind in _texts(each):
            for name in _names(model, text):
                if name.partition(".")[0] not in made and (name not in found or (kind and not found[name].type)):
                    found[name] = Asked(name, feel_type(model, kind) or "" if kind and name == text else "")
    return list(found.values())


def _needed(model: Model, decision: str) -> Iterator[Decision]:
    seen: dict[str, None] = {}
    left = [decision]
    while left:
        each = left.pop()
        if each in model.decisions and each not in seen:
            seen[each] = None
            yield model.decisions[each]
            left += model.decisions[each].requires


def _texts(decision: Decision) -> Iterator[tuple[str, str]]:
    """All expressions of a decision, those of its columns first, with the types that these declare."""
    if decision.expression:
        yield decision.expression, ""
    if decision.table is not None:
        for column in decision.table.inputs:
            yield column.expression, column.type
        for rule in decision.table.rules:
            for text in (*rule.tests, *filter(None, rule.results)):
                yield text, ""


def _names(model: Model, text: str) -> Iterator[str]:
    node = _node(model, text)
    if node is None:
        return
    path = path_of(node)
    if path is not None:
        yield f"record.{'.'.join(path)}" if text.startswith("record.") else ".".join(path)
    else:
        yield from sorted(free_names(node) - {SUBJECT})


def _node(model: Model, text: str) -> Node | None:
    for read in (parse, parse_tests):
        with suppress(Refused):
            return read(text, model.names)
    return None


def try_out(model: Model, decision: str, given: Mapping[str, str], moment: Moment) -> Trial:
    """What a decision gives for values in FEEL or plain text; Refused as the decision itself would be."""
    kinds = {each.name: each.type for each in asked_by(model, decision)}
    names: dict[str, Any] = {}
    for name, text in given.items():
        if text.strip():
            _put(names, name.split("."), _value(model, text.strip(), kinds.get(name, ""), moment))
    found = decide(model, decision, names, moment)
    return Trial(found, fitting_rules(model, decision, names, moment))


def _put(names: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        inner = names.setdefault(part, {})
        names[part] = names = inner if isinstance(inner, dict) else {}
    names[path[-1]] = value


def _value(model: Model, text: str, kind: str, moment: Moment) -> Any:
    """A value as it was meant: FEEL where it is some, else the text itself."""
    if kind == "string" and not text.startswith('"'):
        return text
    with suppress(Refused):
        node = parse(text, model.names)
        if not free_names(node):
            return compile_python(node)(Context({}, moment))
    return text
