"""A public form as a page: its questions in the visitor's language, with what he typed and what is wrong with it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from entente.interfaces.html.live_rules import live_rules
from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.html.views.forms import FormSection, PublicForm
from entente.interfaces.html.views.live import LiveRules
from entente.interfaces.portal.sent import TRAP, Sent
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.entity import Choice, FieldDef
from entente.kernel.metadata.forms import FormField, Section, spelt_out
from entente.kernel.metadata.tables import Field
from entente.kernel.metadata.types.others import Address
from entente.kernel.metadata.types.sets import Entry
from entente.services.forms.answers import is_required, questions
from entente.services.forms.definition import Form
from entente.services.forms.receipts import new_token

NUMBERS = frozenset({"decimal", "percent", "duration", "money"})
SETS = frozenset({"email_set", "phone_set"})
WIDE = frozenset({"long_text", "address", "multi_choice"})


def form_page(tx: Tx, form: Form, sent: Sent, faults: Sequence[Refused] = (), *, embedded: bool = False) -> PublicForm:
    """The form to be filled in, or filled in once more: nothing typed is lost."""
    base = f"/f/{form.key}"
    other = "en" if tx.language == "fr" else "fr"
    offers = next((each.field for each in questions(form) if each.complete == "company"), "")
    made = form.definition
    return PublicForm(
        title=made.title.to(tx.language),
        url=base,
        sections=tuple(section_view(tx, form, section, sent.answers, faults) for section in made.sections),
        live=_live(tx, form),
        intro=made.intro.to(tx.language) if made.intro else "",
        submit=made.submit.to(tx.language),
        consent=form.consent.to(tx.language) if form.consent else "",
        consented=sent.consent,
        trap=TRAP,
        token=sent.token or new_token(tx),
        hidden=_hidden(tx, sent, embedded=embedded),
        errors=_errors(tx, form, faults),
        embedded=embedded,
        confirm=made.confirm.to(tx.language) if made.confirm else "",
        companies_url=f"{base}/companies" if offers and made.companies else "",
        company_field=offers,
        check_url=f"{base}/check",
        language_url=f"{base}?lang={other}",
        language_label=tx.say("portal.language_other"),
    )


def _live(tx: Tx, form: Form) -> LiveRules | None:
    """The rules of the form over nothing: a stranger is told no stored value."""
    made = form.definition
    rules = spelt_out(made.rules, made.sections)
    found = live_rules(tx, made.sections, rules, tx.catalog.entity(form.entity).fields, {})
    return msgspec.structs.replace(found, base={}, user={}) if found and found.rules else None


def done_page(tx: Tx, form: Form, *, embedded: bool) -> PublicForm:
    """What is said once the form was received."""
    said = form.confirmation
    title = said.title.to(tx.language) if said else tx.say("portal.sent")
    text = said.text.to(tx.language) if said else tx.say("portal.sent_text")
    return PublicForm(title=title, url="", sections=(), done=text, embedded=embedded)


def _hidden(tx: Tx, sent: Sent, *, embedded: bool) -> dict[str, str]:
    kept = {"lang": tx.language, "referrer": sent.referrer, **sent.utm, "embed": "1" if embedded else ""}
    return {name: value for name, value in kept.items() if value}


def _errors(tx: Tx, form: Form, faults: Sequence[Refused]) -> tuple[str, ...]:
    """The words of the faults that belong to no question, below a first line that says where to look."""
    asked = {question.field for question in questions(form)}
    said = tuple(tx.say(fault.code, **fault.values) for fault in faults if fault.field not in asked)
    return (tx.say("portal.look_again"), *said) if len(said) < len(faults) else said


def section_view(
    tx: Tx, form: Form, section: Section, answers: Mapping[str, Any], faults: Sequence[Refused]
) -> FormSection:
    """A section with its questions."""
    fields = tuple(_field_view(tx, form, question, answers, faults) for question in section.questions)
    return FormSection(
        fields=fields,
        key=section.key,
        label=section.label.to(tx.language),
        columns=2,
        show_if=section.show_if or "",
    )


def _field_view(
    tx: Tx, form: Form, question: FormField, answers: Mapping[str, Any], faults: Sequence[Refused]
) -> FieldView:
    field = tx.catalog.entity(form.entity).field(question.field)
    fault = next((fault for fault in faults if fault.field == field.name), None)
    helped = question.help or field.definition.help
    return FieldView(
        name=field.name,
        field=_as_asked(form, question, field.definition),
        label=(question.label or field.definition.label).to(tx.language),
        value=_typed(field, answers.get(field.name)),
        error=tx.say(fault.code, **fault.values) if fault else "",
        help=helped.to(tx.language) if helped else "",
        required=is_required(field, question),
        show_if=question.show_if or "",
        span=question.width != "half" or field.type.key in WIDE,
        single=field.type.key in SETS,
        control="auto" if question.control == "company" else question.control,
        read_only=question.read_only,
    )


def _as_asked(form: Form, question: FormField, made: FieldDef) -> FieldDef:
    """The declaration by which the control is chosen: numbers are typed as text, companies offer their names."""
    if made.type in NUMBERS:
        return msgspec.structs.replace(made, type="integer")
    if question.complete == "company" and form.definition.companies:
        names = tuple(Choice(key=name, label=question.label or made.label) for name in form.definition.companies[:200])
        return msgspec.structs.replace(made, type="company", choices=names)
    return made


def _typed(field: Field, raw: Any) -> Any:
    """What was typed, in the shape that the control shows."""
    match field.type.key:
        case "boolean":
            return raw in (True, "1", "true", "on", "yes")
        case "multi_choice":
            return raw if isinstance(raw, list) else (raw,)
        case "email_set" | "phone_set":
            return (Entry(str(raw)),) if raw else ()
        case "address":
            return (
                Address(**{part: str(raw.get(part) or "") for part in Address.__struct_fields__}) if _is(raw) else None
            )
        case "date":
            return _date(field, raw)
    return str(raw) if isinstance(raw, str | int) and raw != "" else None


def _is(raw: Any) -> bool:
    return isinstance(raw, Mapping)


def _date(field: Field, raw: Any) -> Any:
    try:
        return field.type.clean(field.name, field.definition, raw)
    except Refused:
        return None


def faults_of(refusal: Refused) -> tuple[Refused, ...]:
    """The single faults that a refusal holds."""
    return refusal.faults if isinstance(refusal, Invalid) else (refusal,)
