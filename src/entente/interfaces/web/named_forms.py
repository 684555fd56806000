"""Forms of tasks and requests on a page: what they ask, drawn as any form, and what the browser sends back."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.live_rules import live_rules
from entente.interfaces.html.views.fields import FieldView, Names
from entente.interfaces.html.views.forms import FormParts
from entente.interfaces.web.drawing import as_asked, drawn
from entente.interfaces.web.fields import field_view, names_of
from entente.interfaces.web.inputs import errors_of, raw_value
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.forms import FormField, spelt_out
from entente.kernel.metadata.tables import Field
from entente.kernel.records.record import Record
from entente.services.forms.answers import applied, questions_in
from entente.services.forms.named import NamedForm, entity_of, fields_of, may_answer, visible_part

Values = Mapping[str, Any]


def form_parts(
    tx: Tx,
    form: NamedForm,
    record: Record | None,
    *,
    known: Values | None = None,
    typed: Values | None = None,
    refusal: Refused | None = None,
) -> FormParts:
    """What a form asks about a record: with what was typed when it comes again, and what was refused.

    `known` are the values that the form's own questions have already.
    """
    fields = fields_of(tx, form)
    definition = visible_part(form.definition, fields)
    stored = {**(known or {}), **(record or {})}
    values = _understood(fields, {**stored, **(typed or {})})
    errors, others = errors_of(tx, refusal) if refusal else ({}, ())
    done = applied(tx, definition, fields, values, stored)

    def draw(question: FormField) -> FieldView | None:
        field = fields[question.field]
        view = _view(tx, form, question, field, values.get(field.name))
        view = msgspec.structs.replace(
            view, error=errors.pop(field.name, ""), read_only=not may_answer(tx, form, question, field)
        )
        return as_asked(tx, view, question, done)

    sections = tuple(each for each in drawn(tx, definition.sections, draw) if each.fields)
    rules = spelt_out(definition.rules, definition.sections)
    return FormParts(
        sections=sections,
        names=_names(tx, form, values, [made.field for made in questions_in(definition.sections)]),
        live=live_rules(tx, definition.sections, rules, fields, stored),
        errors=(*others, *errors.values()),
    )


def _understood(fields: Mapping[str, Field], values: Values) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name not in fields:
            continue
        try:
            found[name] = fields[name].type.clean(name, fields[name].definition, value)
        except Refused:
            found[name] = None
    return found


def _view(tx: Tx, form: NamedForm, question: FormField, field: Field, value: Any) -> FieldView:
    entity = entity_of(tx, form)
    if entity is not None and question.asks is None:
        return field_view(tx, entity, field, value, form=True)
    made = field.definition
    return FieldView(
        name=field.name,
        field=made,
        label=made.label.to(tx.language),
        value=value,
        help=made.help.to(tx.language) if made.help else "",
        required=made.required,
    )


def _names(tx: Tx, form: NamedForm, values: Values, names: list[str]) -> Names:
    entity = entity_of(tx, form)
    return names_of(tx, entity, [values], [name for name in names if name in entity.fields]) if entity else Names()


def body_of(tx: Tx, form: NamedForm, sent: FormMultiDict) -> dict[str, Any]:
    """The raw answers by name of all questions that the browser sent."""
    fields = fields_of(tx, form)
    names = {key.partition(".")[0] for key in sent}
    zone = ZoneInfo(tx.principal.timezone)
    asked = (made.field for made in questions_in(form.definition.sections))
    return {name: raw_value(fields[name], sent, zone) for name in asked if name in names and name in fields}
