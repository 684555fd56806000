"""The properties of one part of a form: a field, a section, a rule, or the form itself; shown, and read again."""

from typing import Any

import msgspec
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.designer import Panel
from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.web.conditions import filter_fields, node_of
from entente.interfaces.web.pages.forms.words import (
    fields_of_design,
    inquiry,
    is_on,
    label_of,
    line_in,
    options,
    several_in,
    text_fields,
    text_in,
)
from entente.kernel.db.tx import Tx
from entente.kernel.expressions.unparse import unparse
from entente.kernel.kit.words import Text
from entente.kernel.metadata.entity import Choice
from entente.kernel.metadata.forms import CONTROLS, DEEDS, FormField, Rule
from entente.services.forms.answers import questions_in
from entente.services.forms.definition import FormDefinition
from entente.services.forms.designing import Design
from entente.services.forms.layout import field_in, place_of_section

WIDTHS = ("auto", "half", "full")
STARTS = ("save", "action", "process", "none")
PLACES = ("panel", "home")
ALWAYS = ("", "true")


def panel_of(tx: Tx, design: Design, part: str) -> Panel | None:
    """The panel of a part, `field:name`, `section:key`, `rule:2` or `form`; nothing when there is no such part."""
    kind, _, key = part.partition(":")
    if kind == "field" and any(each.field == key for each in questions_in(design.form.sections)):
        return _field_panel(tx, design, key)
    if kind == "section" and any(each.key == key for each in design.form.sections):
        return _section_panel(tx, design, key)
    if kind == "rule" and key.isdigit() and int(key) < len(design.form.rules):
        return _rule_panel(tx, design, int(key))
    return _form_panel(tx, design) if kind == "form" and isinstance(design.form, FormDefinition) else None


def _field_panel(tx: Tx, design: Design, name: str) -> Panel:
    question = field_in(design.form, name)
    fields = fields_of_design(tx, design)
    field = fields.get(name)
    controls = ("auto", *CONTROLS.get(field.type.key if field else "", ()))
    asked: list[FieldView] = [
        *text_fields(tx, "label", question.label),
        *text_fields(tx, "help", question.help),
        inquiry(tx, "required", "boolean", question.required),
        inquiry(tx, "read_only", "boolean", question.read_only),
        inquiry(tx, "width", "choice", question.width, options(tx, "width", WIDTHS), required=True),
    ]
    if len(controls) > 1:
        shown = "company" if question.complete == "company" else question.control
        asked.append(inquiry(tx, "control", "choice", shown, options(tx, "control", controls), required=True))
    asked.append(inquiry(tx, "show_if", "text", question.show_if or ""))
    if design.kind == "named":
        asked.append(inquiry(tx, "prefill", "text", question.prefill or ""))
    return Panel(title=label_of(tx, fields, question), deed="change-field", part=f"field:{name}", fields=tuple(asked))


def field_values(sent: FormMultiDict) -> dict[str, Any]:
    """The properties of a field as its panel sends them."""
    control = line_in(sent, "control") or "auto"
    raw = {
        "required": is_on(sent, "required"),
        "read_only": is_on(sent, "read_only"),
        "width": line_in(sent, "width") or "auto",
        "control": "auto" if control == "company" else control,
        "complete": "company" if control == "company" else "none",
    }
    checked = msgspec.convert({"field": "x", **raw}, FormField)
    known = {name: getattr(checked, name) for name in raw}
    return {
        **known,
        "label": text_in(sent, "label"),
        "help": text_in(sent, "help"),
        "show_if": line_in(sent, "show_if") or None,
        "prefill": line_in(sent, "prefill") or None,
    }


def _section_panel(tx: Tx, design: Design, key: str) -> Panel:
    section = design.form.sections[place_of_section(design.form, key)]
    columns = tuple(Choice(key=str(each), label=Text(str(each), str(each))) for each in (1, 2))
    asked = (
        *text_fields(tx, "label", section.label),
        inquiry(tx, "columns", "choice", str(section.columns), columns, required=True),
        inquiry(tx, "folded", "boolean", section.folded),
        inquiry(tx, "show_if", "text", section.show_if or ""),
    )
    label = section.label.to(tx.language)
    return Panel(title=label, deed="change-section", part=f"section:{key}", fields=asked)


def section_values(sent: FormMultiDict) -> dict[str, Any]:
    """The properties of a section as its panel sends them."""
    return {
        "label": text_in(sent, "label") or Text("Section", "Section"),
        "columns": 2 if line_in(sent, "columns") == "2" else 1,
        "folded": is_on(sent, "folded"),
        "show_if": line_in(sent, "show_if") or None,
    }


def _rule_panel(tx: Tx, design: Design, at: int) -> Panel:
    rule = design.form.rules[at]
    asked = [
        inquiry(tx, "when", "text", rule.when),
        inquiry(tx, "then", "choice", rule.then, options(tx, "then", DEEDS), required=True),
    ]
    if rule.then in ("message", "confirm"):
        asked += text_fields(tx, "text", rule.text, "long_text")
    if rule.then == "set":
        asked.append(inquiry(tx, "value", "text", rule.value or ""))
    if rule.then != "confirm":
        asked.append(inquiry(tx, "fields", "multi_choice", rule.fields, _field_choices(tx, design)))
    if rule.then in ("show", "hide", "lock"):
        sections = tuple(Choice(key=each.key, label=each.label) for each in design.form.sections)
        asked.append(inquiry(tx, "sections", "multi_choice", rule.sections, sections))
    if rule.then == "limit":
        asked.append(inquiry(tx, "options", "multi_choice", rule.options, _option_choices(tx, design, rule)))
    entity = tx.catalog.entity(design.entity) if design.entity else None
    title = tx.say("design.rule_number", number=at + 1)
    builder = filter_fields(tx, entity) if entity else ()
    return Panel(title=title, deed="put-rule", part=f"rule:{at}", fields=tuple(asked), conditions=builder)


def _field_choices(tx: Tx, design: Design) -> tuple[Choice, ...]:
    fields = fields_of_design(tx, design)
    return tuple(
        Choice(key=each.field, label=each.label or fields[each.field].definition.label)
        for each in questions_in(design.form.sections)
        if each.field in fields
    )


def _option_choices(tx: Tx, design: Design, rule: Rule) -> tuple[Choice, ...]:
    fields = fields_of_design(tx, design)
    found = {each.key: each for name in rule.fields if name in fields for each in fields[name].definition.choices}
    return tuple(found.values())


def rule_in(tx: Tx, design: Design, sent: FormMultiDict) -> Rule:
    """The rule that a panel sends; a condition of the builder is added to what is written."""
    when = line_in(sent, "when")
    built = line_in(sent, "filter")
    if built and design.entity:
        node = node_of(tx, tx.catalog.entity(design.entity), built)
        if node is not None:
            when = unparse(node) if when in ALWAYS else f"({when}) and ({unparse(node)})"
    raw = {
        "when": when or "true",
        "then": line_in(sent, "then") or "message",
        "fields": several_in(sent, "fields"),
        "sections": several_in(sent, "sections"),
        "options": several_in(sent, "options"),
        "value": line_in(sent, "value") or None,
    }
    made: Rule = msgspec.convert(raw, Rule)
    return msgspec.structs.replace(made, text=text_in(sent, "text"))


def _form_panel(tx: Tx, design: Design) -> Panel:
    form = design.form
    assert isinstance(form, FormDefinition)
    asked: list[FieldView] = [
        *text_fields(tx, "title", form.title),
        *text_fields(tx, "intro", form.intro, "long_text"),
        *text_fields(tx, "submit", form.submit),
        *text_fields(tx, "confirm", form.confirm),
    ]
    if design.kind == "named":
        asked += [
            inquiry(tx, "starts", "choice", design.starts, options(tx, "starts", STARTS), required=True),
            inquiry(tx, "deed", "text", design.deed),
            inquiry(tx, "placed", "boolean", design.placed),
            inquiry(tx, "embedded", "multi_choice", design.embedded, options(tx, "embedded", PLACES)),
            inquiry(tx, "host", "choice", design.host, _hosts(tx)),
        ]
    return Panel(title=tx.say("design.form"), deed="change-form", part="form", fields=tuple(asked))


def _hosts(tx: Tx) -> tuple[Choice, ...]:
    """The entities whose records have a page with a life of their own."""
    found = [each for each in tx.catalog.entities.values() if each.definition.timeline and not each.definition.hidden]
    return tuple(Choice(key=each.name, label=each.label) for each in found)


def form_values(form: FormDefinition, sent: FormMultiDict) -> dict[str, Any]:
    """The texts of a form as its panel sends them."""
    return {
        "title": text_in(sent, "title") or form.title,
        "intro": text_in(sent, "intro"),
        "submit": text_in(sent, "submit") or form.submit,
        "confirm": text_in(sent, "confirm"),
    }
