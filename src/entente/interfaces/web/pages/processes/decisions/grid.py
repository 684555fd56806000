"""The grid of a decision table in words, its problems by cell, and the trial beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

from entente.interfaces.html.views.decisions import (
    CellProblem,
    CellView,
    ChecksView,
    ColumnView,
    GridView,
    ResultView,
    RuleView,
    TryField,
    ValueView,
    WordField,
)
from entente.interfaces.html.views.processes import Option
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import LANGUAGES
from entente.kernel.records.formulas import moment_of
from entente.services.processes.decisions.proving import problems
from entente.services.processes.decisions.table import (
    AGGREGATIONS,
    POLICIES,
    Input,
    Model,
    Output,
    Rule,
    Table,
    Value,
)
from entente.services.processes.decisions.trying import asked_by, try_out
from entente.services.processes.model.problems import shown as worded
from entente.services.processes.values import plain, text_of

HERE = "/processes/decisions"
TYPES = ("", "string", "number", "boolean", "date", "time", "dateTime", "dayTimeDuration", "yearMonthDuration")
TRY = "try."


def grid_view(tx: Tx, table: Table, focus: str = "") -> GridView:
    """The grid as it stands."""
    return GridView(
        url=f"{HERE}/draft",
        identity=table.id,
        policies=tuple(
            Option(value=each, label=tx.say(f"decisions.policy.{each}"), chosen=each == table.policy)
            for each in POLICIES
        ),
        aggregations=tuple(
            Option(value=each, label=tx.say(f"decisions.gathers.{each or 'LIST'}"), chosen=each == table.aggregation)
            for each in ("", *AGGREGATIONS)
        ),
        inputs=tuple(_input(tx, table, at, each) for at, each in enumerate(table.inputs)),
        outputs=tuple(_output(tx, table, at, each) for at, each in enumerate(table.outputs)),
        rules=tuple(_rule(tx, table, at, each) for at, each in enumerate(table.rules)),
        focus=focus,
    )


def _input(tx: Tx, table: Table, at: int, column: Input) -> ColumnView:
    return ColumnView(
        cell=f"in.{at}",
        id=column.id,
        label=input_label(tx, table, at),
        name=column.label,
        expression=column.expression,
        types=_types(tx, column.type),
        allowed=column.allowed,
        words=word_fields(tx, f"in.{at}.label", "decisions.label_in", column.labels),
        values=_values(tx, f"in.{at}", column.values),
        first=at == 0,
        last=at == len(table.inputs) - 1,
    )


def _output(tx: Tx, table: Table, at: int, column: Output) -> ColumnView:
    return ColumnView(
        cell=f"out.{at}",
        id=column.id,
        label=output_label(tx, table, at),
        name=column.name,
        types=_types(tx, column.type),
        allowed=column.allowed,
        default=column.default,
        title=column.label,
        words=word_fields(tx, f"out.{at}.label", "decisions.label_in", column.labels),
        values=_values(tx, f"out.{at}", column.values),
        given=True,
        first=at == 0,
        last=at == len(table.outputs) - 1,
    )


def word_fields(
    tx: Tx, name: str, label: str, texts: Mapping[str, str], *, long: bool = False
) -> tuple[WordField, ...]:
    """A control for each language, the reader's first."""
    return tuple(
        WordField(
            name=f"{name}_{each}", label=tx.say(f"{label}.{each}"), text=texts.get(each, ""), long=long
        )
        for each in sorted(LANGUAGES, key=lambda each: each != tx.language)
    )  # fmt: skip


def _values(tx: Tx, cell: str, values: Sequence[Value]) -> tuple[ValueView, ...]:
    return tuple(
        ValueView(text=each.text, words=word_fields(tx, f"{cell}.value.{at}.label", "decisions.value_in", each.labels))
        for at, each in enumerate(values)
    )


def _types(tx: Tx, chosen: str) -> tuple[Option, ...]:
    """The types that are offered, with the one that a file names when it is another."""
    offered = TYPES if chosen in TYPES else (*TYPES, chosen)
    return tuple(
        Option(
            value=each,
            label=tx.say(f"decisions.type.{each or 'any'}") if each in TYPES else each,
            chosen=each == chosen,
        )
        for each in offered
    )


def input_label(tx: Tx, table: Table, at: int) -> str:
    """What a column that is tested is called."""
    column = table.inputs[at]
    return column.called(tx.language) or column.expression or tx.say("decisions.input", number=at + 1)


def output_label(tx: Tx, table: Table, at: int) -> str:
    """What a column that is given is called."""
    return table.outputs[at].called(tx.language) or tx.say("decisions.output", number=at + 1)


def _rule(tx: Tx, table: Table, at: int, rule: Rule) -> RuleView:
    def cell(name: str, column: str, text: str) -> CellView:
        return CellView(name=name, label=tx.say("decisions.cell", rule=at + 1, column=column), text=text)

    # What people read in a note is what they write there: the text of their language as soon as there is one.
    own = f"note_{tx.language}" if rule.notes.get(tx.language) else "note"
    others = word_fields(tx, f"rule.{at}.note", "decisions.note_in", rule.notes)
    return RuleView(
        cell=f"rule.{at}",
        id=rule.id,
        number=at + 1,
        tests=tuple(
            cell(f"rule.{at}.in.{place}", input_label(tx, table, place), "" if text == "-" else text)
            for place, text in enumerate(rule.tests[: len(table.inputs)])
        ),
        results=tuple(
            cell(f"rule.{at}.out.{place}", output_label(tx, table, place), text)
            for place, text in enumerate(rule.results[: len(table.outputs)])
        ),
        note=cell(f"rule.{at}.{own}", tx.say("decisions.note"), rule.notes.get(tx.language) or rule.note),
        plain=rule.note if own != "note" else None,
        notes=tuple(each for each in others if each.name != f"rule.{at}.{own}"),
        first=at == 0,
        last=at == len(table.rules) - 1,
    )


def checks_view(
    tx: Tx, model: Model, decision: str, given: Mapping[str, str], result: ResultView | None = None
) -> ChecksView:
    """Everything that is wrong with a decision, each with its cell, and the values to try it with."""
    found = model.decisions[decision]
    own = {decision, *_parts(found.table)} if found.table else {decision}
    return ChecksView(
        problems=tuple(
            CellProblem(
                cell=each.values.get("cell", "") if each.element in own else "",
                place=_place(tx, found.table, each.values.get("cell", "")) if each.element in own else each.element,
                message=worded(tx.words, tx.language, each)["message"],
            )
            for each in problems(model)
        ),
        fields=tuple(
            TryField(
                name=each.name,
                label=_label_of(tx, found.table, each.name),
                kind=tx.say(f"decisions.feel.{each.type.partition(' ')[0] or 'any'}"),
                value=given.get(TRY + each.name, ""),
            )
            for each in asked_by(model, decision)
        ),
        try_url=f"{HERE}/try",
        result=result,
    )


def _label_of(tx: Tx, table: Table | None, name: str) -> str:
    """What the column is called that reads just this value."""
    columns = table.inputs if table else ()
    called = next((each.called(tx.language) for each in columns if each.expression == name), "")
    return called if called != name else ""


def _parts(table: Table) -> tuple[str, ...]:
    columns = (*(each.id for each in table.inputs), *(each.id for each in table.outputs))
    return (table.id, *columns, *(each.id for each in table.rules))


def _place(tx: Tx, table: Table | None, cell: str) -> str:
    """Where a cell is, in words."""
    parts = cell.split(".")
    if table is None or len(parts) < 2:
        return ""
    kind, at = parts[-2:] if parts[0] == "rule" else parts[:2]
    if parts[0] == "rule" and len(parts) == 2:
        return tx.say("decisions.rule", number=int(at) + 1)
    column = (input_label if kind == "in" else output_label)(tx, table, int(at))
    if parts[0] == "rule":
        return tx.say("decisions.cell", rule=int(parts[1]) + 1, column=column)
    return tx.say(f"decisions.part.{parts[2]}", column=column)


def result_of(tx: Tx, model: Model, decision: str, form: Mapping[str, str]) -> ResultView:
    """What the decision gives for the values in the form, or why it gives nothing."""
    given = {name.removeprefix(TRY): text for name, text in form.items() if name.startswith(TRY)}
    try:
        found = try_out(model, decision, given, moment_of(tx))
    except Refused as refusal:
        return ResultView(error=tx.say(refusal.code, **refusal.values))
    text = tx.say("decisions.nothing") if found.value is None else text_of(plain(found.value))
    numbers = ", ".join(str(at + 1) for at in found.rules)
    table = model.decisions[decision].table
    said = _in_words(tx, table, found.value) if table else ""
    return ResultView(value=text, said=said if said != text else "", rules=found.rules, numbers=numbers)


def _in_words(tx: Tx, table: Table, value: Any) -> str:
    """A result in the words of the table's columns; empty where these have none for it."""
    if isinstance(value, list | tuple):
        said = [_in_words(tx, table, each) for each in value]
        return " · ".join(said) if all(said) else ""
    if isinstance(value, Mapping):
        parts = [(each.called(tx.language), _called(tx, each, value.get(each.name))) for each in table.outputs]
        return ", ".join(f"{name} {said}" for name, said in parts)
    return _called(tx, table.outputs[0], value) if table.outputs else ""


def _called(tx: Tx, column: Output, value: Any) -> str:
    plainly = text_of(plain(value))
    text = f'"{value}"' if isinstance(value, str) else plainly
    named = {each.text: each.labels.get(tx.language) for each in column.values}
    return named.get(text) or plainly
