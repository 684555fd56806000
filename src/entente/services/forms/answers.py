"""What a visitor answered: read by the field types, without the answers to questions that he was not asked.

A condition sees the answers above it; the page applies the same rule.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field
from entente.kernel.records.formulas import holds
from entente.services.forms.definition import Form, FormField


class Answers(msgspec.Struct, frozen=True):
    """The cleaned answers to the questions that were shown, and what is wrong with the others."""

    values: Mapping[str, Any]
    faults: tuple[Refused, ...]


def questions(form: Form) -> Iterator[FormField]:
    """Every question of the form in its order."""
    for section in form.definition.sections:
        yield from section.fields


def read_answers(tx: Tx, form: Form, raw: Mapping[str, Any]) -> Answers:
    """The answers that an input means; answers in hidden sections and unknown names are dropped."""
    entity = tx.catalog.entity(form.entity)
    reader = tx.acting_as(system("form"))
    values: dict[str, Any] = {}
    faults: list[Refused] = []
    for section in form.definition.sections:
        if not _is_shown(reader, entity, section.show_if, values):
            continue
        for question in section.fields:
            if not _is_shown(reader, entity, question.show_if, values):
                continue
            try:
                values[question.field] = _answer(entity.field(question.field), question, raw.get(question.field))
            except Refused as fault:
                faults.append(fault)
    return Answers(values, tuple(faults))


def _is_shown(tx: Tx, entity: Entity, condition: str | None, values: Mapping[str, Any]) -> bool:
    return condition is None or holds(tx, entity, condition, values)


def _answer(field: Field, question: FormField, raw: Any) -> Any:
    value = field.type.clean(field.name, field.definition, raw)
    missing = value is False if field.type.key == "boolean" else field.type.is_empty(value)
    if missing and is_required(field, question):
        raise Refused("field.required", field=field.name)
    return value


def is_required(field: Field, question: FormField) -> bool:
    """Whether the question must be answered when it is shown; a required yes-or-no must be yes."""
    return question.required or (field.definition.required and field.definition.default is None)
