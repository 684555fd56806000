"""A form's sections and fields as the page shows them: labels and controls of the form, rights of the asker."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from entente.interfaces.html.live_rules import live_rules
from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.html.views.forms import FormSection
from entente.interfaces.html.views.live import LiveRules
from entente.interfaces.web.fields import field_view, shown
from entente.interfaces.web.formats.drawing import asked_for, is_raw
from entente.kernel.access.fields import editable, may_use
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.effects import Effects, read_by
from entente.kernel.metadata.forms import FormDef, FormField, Rule, Section, names_in
from entente.kernel.records.form_rules import effects_on, rules_of
from entente.modules.base.currency import usual_currency

Values = Mapping[str, Any]
Draw = Callable[[FormField], FieldView | None]


def drawn(tx: Tx, sections: tuple[Section, ...], draw: Draw) -> tuple[FormSection, ...]:
    """Sections with their fields, each as `draw` shows it; fields that it does not show are left out."""
    return tuple(
        FormSection(
            key=section.key,
            label=section.label.to(tx.language),
            columns=section.columns,
            folded=section.folded,
            show_if=section.show_if or "",
            fields=tuple(view for question in section.questions if (view := draw(question))),
        )
        for section in sections
    )


def as_asked(tx: Tx, view: FieldView, question: FormField, done: Effects) -> FieldView:
    """A field as the form asks for it: its words, its width, its control; hidden when a rule hides it now."""
    return msgspec.structs.replace(
        view,
        label=question.label.to(tx.language) if question.label else view.label,
        help=question.help.to(tx.language) if question.help else view.help,
        required=view.required or question.required,
        read_only=view.read_only or question.read_only,
        span=view.span if question.width == "auto" else question.width == "full",
        narrow=question.width == "half",
        control=question.control,
        show_if=question.show_if or view.show_if,
        hidden=view.name in done.hidden,
    )


def limited(view: FieldView, done: Effects) -> FieldView:
    """A field of choices with those that the rules leave, and the one that it has."""
    options = done.limits.get(view.name)
    if options is None:
        return view
    had = view.value if isinstance(view.value, tuple | list) else (view.value,)
    kept = tuple(each for each in view.field.choices if each.key in options or each.key in had)
    return msgspec.structs.replace(view, field=msgspec.structs.replace(view.field, choices=kept))


def record_sections(
    tx: Tx,
    entity: Entity,
    form: FormDef,
    values: Values,
    errors: dict[str, str],
    *,
    rules: tuple[Rule, ...] | None = None,
) -> tuple[FormSection, ...]:
    """The sections of an entity's form that hold a field the asker may write; takes the errors that it could place.

    `rules` are those of a draft, in place of those that hold.
    """
    kept = rules_of(tx, entity) if rules is None else rules
    done = effects_on(tx, entity, kept, understood(entity, values))

    def draw(question: FormField) -> FieldView | None:
        field = shown(tx, entity, question.field)
        if field is None or not editable(tx, entity, field) or is_raw(field):
            return None
        error = errors.pop(field.name, "")
        view = field_view(tx, entity, field, values.get(field.name), error=error, form=True)
        view = asked_for(tx, entity, in_its_currency(tx, entity, view, values), values)
        return as_asked(tx, view, question, done)

    return tuple(section for section in drawn(tx, form.sections, draw) if section.fields)


def in_its_currency(tx: Tx, entity: Entity, view: FieldView, values: Values) -> FieldView:
    """A field of an amount that asks for the figure alone where the record says in which currency it is."""
    if not view.currencies or not entity.definition.currency or "." not in entity.definition.currency:
        return view
    return msgspec.structs.replace(view, currencies=(usual_currency(tx, entity, understood(entity, values)),))


def understood(entity: Entity, values: Values) -> dict[str, Any]:
    """Those of the values that mean something to their fields: what was typed badly counts as not typed."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        field = entity.fields.get(name)
        if field is None:
            continue
        with suppress(Refused):
            found[name] = field.type.clean(name, field.definition, value)
    return found


def with_conditions(entity: Entity, form: FormDef, *, is_new: bool) -> FormDef:
    """The form whose fields show by the conditions that the entity declares for them, where it has none of its own.

    Of a new record only answers of the form can be read: a condition over anything else hides nothing.
    """
    asked = set(names_in(form.sections))

    def shown_by(question: FormField) -> FormField:
        field = entity.fields.get(question.field)
        text = field.definition.show_if if field and not question.show_if else None
        if not text or (is_new and not read_by(text) <= asked):
            return question
        return msgspec.structs.replace(question, show_if=text)

    sections = (msgspec.structs.replace(each, fields=tuple(map(shown_by, each.questions))) for each in form.sections)
    return msgspec.structs.replace(form, sections=tuple(sections))


def with_demanded(form: FormDef, rules: Iterable[Rule]) -> FormDef:
    """The form with the fields that rules may require and that it does not ask for: they show when they are due."""
    asked = set(names_in(form.sections))
    due: dict[str, list[str]] = {}
    for rule in rules:
        for name in rule.fields if rule.then == "require" else ():
            if name not in asked:
                due.setdefault(name, []).append(f"({rule.when})")
    if not due or not form.sections:
        return form
    more = tuple(FormField(field=name, required=True, show_if=" or ".join(texts)) for name, texts in due.items())
    last = msgspec.structs.replace(form.sections[-1], fields=(*form.sections[-1].fields, *more))
    return msgspec.structs.replace(form, sections=(*form.sections[:-1], last))


def record_rules(tx: Tx, entity: Entity, form: FormDef, stored: Values) -> LiveRules | None:
    """What the page of an entity's form keeps while one types, over the record as it is stored."""
    names = set(entity.fields)
    return live_rules(
        tx,
        form.sections,
        rules_of(tx, entity),
        entity.fields,
        stored,
        readable=lambda name: name in names and may_use(tx, entity.name, name),
    )


def asked_first(tx: Tx, entity: Entity, before: Values, after: Values) -> dict[str, str]:
    """The confirmations that come with a change and did not hold before it, by the place of their rule."""
    rules = rules_of(tx, entity)
    if not any(rule.then == "confirm" for rule in rules):
        return {}
    found = effects_on(tx, entity, rules, {**before, **understood(entity, after)}, before)
    held = effects_on(tx, entity, rules, before).said
    return {
        str(at): text.to(tx.language)
        for at in found.said
        if at not in held and rules[at].then == "confirm" and (text := rules[at].text) is not None
    }
