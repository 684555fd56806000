"""A decision table while it is being shaped: read from the form that was sent, its columns and rules changed."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import LANGUAGES
from entente.services.processes.decisions.table import Input, Output, Rule, Table, Texts, Value

MOST_COLUMNS, MOST_RULES, MOST_VALUES = 60, 2000, 200
INPUT_PARTS = ("id", "label", "expression", "type", "allowed")
OUTPUT_PARTS = ("id", "name", "type", "allowed", "default", "label")
T = TypeVar("T")


def fresh() -> Table:
    """A table to begin with: one column in, one out, one rule that is still empty."""
    made = Table(id=_id("table"), policy="UNIQUE", aggregation="", inputs=(), outputs=(), rules=())
    return changed(changed(changed(made, "input-add")[0], "output-add")[0], "rule-add")[0]


def of_form(form: Mapping[str, str]) -> Table:
    """The table that the form shows; Refused when it has too many columns or rules."""
    ins, outs = _count(form, "in.{}.id", MOST_COLUMNS), _count(form, "out.{}.id", MOST_COLUMNS)
    rules = range(_count(form, "rule.{}.id", MOST_RULES))
    return Table(
        id=form.get("table") or _id("table"),
        policy=form.get("policy", "UNIQUE"),
        aggregation=form.get("aggregation", "") if form.get("policy") == "COLLECT" else "",
        inputs=tuple(
            Input(**_parts(form, f"in.{at}", INPUT_PARTS), **_words_of_column(form, f"in.{at}")) for at in range(ins)
        ),
        outputs=tuple(
            Output(**_parts(form, f"out.{at}", OUTPUT_PARTS), **_words_of_column(form, f"out.{at}"))
            for at in range(outs)
        ),
        rules=tuple(
            Rule(
                id=form.get(f"rule.{at}.id", ""),
                tests=tuple(form.get(f"rule.{at}.in.{place}", "").strip() or "-" for place in range(ins)),
                results=tuple(form.get(f"rule.{at}.out.{place}", "").strip() for place in range(outs)),
                note=form.get(f"rule.{at}.note", "").strip(),
                notes=_said(form, f"rule.{at}.note"),
            )
            for at in rules
        ),
    )


def texts_of(form: Mapping[str, str]) -> Texts | None:
    """What the form calls the decision in each language; nothing when it does not ask for it."""
    asked = any(f"name_{each}" in form for each in LANGUAGES)
    return Texts(_said(form, "name"), _said(form, "description")) if asked else None


def _said(form: Mapping[str, str], name: str) -> dict[str, str]:
    given = {each: form.get(f"{name}_{each}", "").strip() for each in LANGUAGES}
    return {language: text for language, text in given.items() if text}


def _parts(form: Mapping[str, str], cell: str, parts: Sequence[str]) -> dict[str, Any]:
    return {part: form.get(f"{cell}.{part}", "").strip() for part in parts}


def _words_of_column(form: Mapping[str, str], cell: str) -> dict[str, Any]:
    count = _count(form, f"{cell}.value.{{}}.text", MOST_VALUES)
    values = (
        Value(form[f"{cell}.value.{at}.text"].strip(), _said(form, f"{cell}.value.{at}.label")) for at in range(count)
    )
    return {"labels": _said(form, f"{cell}.label"), "values": tuple(each for each in values if each.labels)}


def _count(form: Mapping[str, str], name: str, most: int) -> int:
    found = next((at for at in range(most + 1) if name.format(at) not in form), most + 1)
    if found > most:
        raise Refused("decisions.too_large", count=most)
    return found


def _id(kind: str) -> str:
    return f"{kind}_{new_id().hex[-12:]}"


def changed(table: Table, deed: str) -> tuple[Table, str]:
    """The table after a deed such as `rule-up:3`, the same after an unknown one, and the control that comes next."""
    verb, _, number = deed.partition(":")
    kind, _, way = verb.partition("-")
    at = int(number) if number.isascii() and number.isdigit() else -1
    match kind:
        case "rule":
            return _with_rules(table, way, at)
        case "input":
            return _with_inputs(table, way, at)
        case "output":
            return _with_outputs(table, way, at)
        case _:
            return table, ""


def _with_rules(table: Table, way: str, at: int) -> tuple[Table, str]:
    empty = Rule(_id("rule"), ("-",) * len(table.inputs), ("",) * len(table.outputs))
    rules, place = _moved(table.rules, way, at, empty)
    if way == "copy" and 0 <= at < len(table.rules):
        copied = msgspec.structs.replace(table.rules[at], id=empty.id)
        rules, place = (*table.rules[: at + 1], copied, *table.rules[at + 1 :]), at + 1
    first = "in.0" if table.inputs else "out.0"
    return msgspec.structs.replace(table, rules=rules), f"rule.{place}.{first}" if rules else ""


def _with_inputs(table: Table, way: str, at: int) -> tuple[Table, str]:
    columns, place = _moved(table.inputs, way, at, Input(_id("input"), "", ""))
    rules = tuple(
        msgspec.structs.replace(rule, tests=_moved(rule.tests, way, at, "-")[0]) for rule in table.rules
    )  # fmt: skip
    made = msgspec.structs.replace(table, inputs=columns, rules=rules)
    return made, f"in.{place}.label" if columns else ""


def _with_outputs(table: Table, way: str, at: int) -> tuple[Table, str]:
    columns, place = _moved(table.outputs, way, at, Output(_id("output"), ""))
    rules = tuple(
        msgspec.structs.replace(rule, results=_moved(rule.results, way, at, "")[0]) for rule in table.rules
    )  # fmt: skip
    made = msgspec.structs.replace(table, outputs=columns, rules=rules)
    return made, f"out.{place}.name" if columns else ""


def _moved(items: Sequence[T], way: str, at: int, empty: T) -> tuple[tuple[T, ...], int]:
    """The items with one more, one less or two exchanged, and the place that was touched."""
    found = list(items)
    if way == "add":
        place = at + 1 if 0 <= at < len(found) else len(found)
        found.insert(place, empty)
        return tuple(found), place
    if not 0 <= at < len(found):
        return tuple(found), 0
    if way == "remove":
        del found[at]
        return tuple(found), max(0, min(at, len(found) - 1))
    place = at + {"up": -1, "down": 1}.get(way, 0)
    if 0 <= place < len(found):
        found[at], found[place] = found[place], found[at]
        return tuple(found), place
    return tuple(found), at
