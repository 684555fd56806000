"""What someone answered to a form: read by the field types and the form's rules, the same as its page applies them.

A question that is not shown has no answer; one that is locked keeps what it had. A condition on a section or question
sees the answers above it; rules see them all.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.effects import Effects, effects, evaluated
from entente.kernel.metadata.forms import FormField, Section, spelt_out
from entente.kernel.metadata.tables import Field
from entente.kernel.metadata.types.registry import FIELD_TYPES
from entente.kernel.records.form_rules import offered, surroundings_of
from entente.kernel.records.formulas import plain_value
from entente.services.forms.definition import Form, FormDefinition

Values = Mapping[str, Any]
Fields = Mapping[str, Field]


class Answers(msgspec.Struct, frozen=True):
    """The cleaned answers to the questions that were shown, and what is wrong with the others."""

    values: Values
    faults: tuple[Refused, ...]


def questions(form: Form) -> Iterator[FormField]:
    """Every question of the form in its order."""
    return questions_in(form.definition.sections)


def questions_in(sections: Iterable[Section]) -> Iterator[FormField]:
    """Every question of some sections in their order."""
    for section in sections:
        yield from section.questions


def fields_asked(entity: Entity | None, definition: FormDefinition) -> dict[str, Field]:
    """The fields that a form's conditions may read: the entity's, and those that its questions declare."""
    declared = {
        made.field: Field(made.field, made.asks, FIELD_TYPES[made.asks.type])
        for made in questions_in(definition.sections)
        if made.asks is not None
    }
    return {**(entity.fields if entity else {}), **declared}


def read_answers(tx: Tx, form: Form, raw: Values) -> Answers:
    """The answers of a stranger; those to questions that were not shown, and unknown names, are dropped."""
    entity = tx.catalog.entity(form.entity)
    return read_form(tx.acting_as(system("form")), form.definition, fields_asked(entity, form.definition), raw)


def read_form(
    tx: Tx,
    definition: FormDefinition,
    fields: Fields,
    raw: Values,
    *,
    base: Values | None = None,
    writable: Callable[[FormField, Field], bool] = lambda question, field: not question.read_only,
) -> Answers:
    """The answers that an input means, over the values that are stored in `base`; unknown names are dropped.

    A question that is locked, or that the asker may not write, has no answer unless a rule sets one.
    """
    stored = base or {}
    values, wrong = _cleaned(tx, definition, fields, raw, stored)
    asked = {made.field: made for made in questions_in(definition.sections)}
    done = applied(tx, definition, fields, {**stored, **values}, stored)
    given: dict[str, Any] = {}
    for name in values.keys() | wrong.keys():
        open_now = name not in done.closed and writable(asked[name], fields[name])
        if name in done.values:
            given[name] = _set(fields[name], done.values[name])
            wrong.pop(name, None)
        elif not open_now:
            wrong.pop(name, None)
        else:
            given[name] = values.get(name)
            fault = wrong.get(name) or _fault(fields[name], asked[name], values.get(name), done)
            if fault:
                wrong[name] = fault
    order = list(asked)
    return Answers(
        {name: given[name] for name in order if name in given and name not in wrong},
        tuple(wrong[name] for name in order if name in wrong),
    )


def _cleaned(
    tx: Tx, definition: FormDefinition, fields: Fields, raw: Values, stored: Values
) -> tuple[dict[str, Any], dict[str, Refused]]:
    """The values of the questions whose own conditions hold, and the refusals of those that cannot be read."""
    values: dict[str, Any] = {}
    wrong: dict[str, Refused] = {}
    for section in definition.sections:
        if not _is_shown(tx, fields, section.show_if, {**stored, **values}):
            continue
        for question in section.questions:
            if not _is_shown(tx, fields, question.show_if, {**stored, **values}):
                continue
            field = fields[question.field]
            try:
                values[field.name] = field.type.clean(field.name, field.definition, raw.get(field.name))
            except Refused as fault:
                wrong[field.name] = fault
    return values, wrong


def _is_shown(tx: Tx, fields: Fields, condition: str | None, values: Values) -> bool:
    return condition is None or evaluated(condition, plain(fields, values), surroundings_of(tx)) is True


def plain(fields: Fields, values: Values) -> dict[str, Any]:
    """The values of fields as expressions know them."""
    return {name: plain_value(field, values.get(name)) for name, field in fields.items()}


def applied(tx: Tx, definition: FormDefinition, fields: Fields, values: Values, stored: Values) -> Effects:
    """What the form's rules do for some values."""
    if not definition.rules:
        return Effects()
    rules = spelt_out(definition.rules, definition.sections)
    return effects(rules, plain(fields, values), plain(fields, stored), surroundings_of(tx))


def _set(field: Field, value: Any) -> Any:
    return field.type.clean(field.name, field.definition, value)


def _fault(field: Field, question: FormField, value: Any, done: Effects) -> Refused | None:
    missing = value is False if field.type.key == "boolean" else field.type.is_empty(value)
    if missing and (is_required(field, question) or field.name in done.required):
        return Refused("field.required", field=field.name)
    if field.name in done.limits and not offered(field, value, done.limits[field.name]):
        return Refused("field.not_offered", field=field.name)
    return None


def is_required(field: Field, question: FormField) -> bool:
    """Whether the question must be answered when it is shown; a required yes-or-no must be yes."""
    return question.required or (field.definition.required and field.definition.default is None)
