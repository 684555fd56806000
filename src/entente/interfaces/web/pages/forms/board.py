"""A form on the drawing board as a view: cards for sections, fields and rules, what can be added, what is wrong."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from entente.interfaces.html.views.designer import DesignerView, FieldCard, RuleCard, SectionCard
from entente.interfaces.html.views.frame import Action, Crumb, Tab
from entente.interfaces.web.pages.forms.panel import panel_of
from entente.interfaces.web.pages.forms.preview import preview_of
from entente.interfaces.web.pages.forms.words import fields_of_design, label_of
from entente.kernel.access.fields import level
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.kit.words import Text
from entente.kernel.metadata.forms import FormDef, FormField, Rule, Section, names_in
from entente.kernel.metadata.tables import Field
from entente.services.automation.condition_words import condition_words
from entente.services.forms.checking import refuse_unsound_design, refuse_unsound_named, refuse_unsound_public
from entente.services.forms.definition import ASKABLE
from entente.services.forms.designing import Design

Fields = dict[str, Field]
TELLING = ("message", "confirm")
MODES = (("layout", "layout-list"), ("rules", "route"), ("preview", "eye"))


def address_of(design: Design) -> str:
    """Where a form is designed."""
    return f"/settings/forms/{design.kind}/{design.key}"


def title_of(tx: Tx, design: Design) -> str:
    """What a form is called."""
    own = design.kind in ("named", "public")
    return design.name if own else tx.say(f"form.of_{design.kind}", entity=design.name)


def board_view(
    tx: Tx, design: Design, *, mode: str = "layout", part: str = "", role: str = "", phone: bool = False
) -> DesignerView:
    """Everything that the drawing board shows."""
    url = address_of(design)
    fields = fields_of_design(tx, design)
    faults = faults_of(tx, design)
    mode = mode if mode in {key for key, _ in MODES} else "layout"
    part = part or ("form" if mode == "layout" and not isinstance(design.form, FormDef) else "")
    return DesignerView(
        title=title_of(tx, design),
        url=url,
        stamp=design.stamp,
        part=part,
        crumbs=(Crumb(label=tx.say("design.title"), url="/settings/forms"),),
        modes=tuple(
            Tab(label=tx.say(f"design.mode.{key}"), url=f"{url}?mode={key}", icon=icon, current=key == mode)
            for key, icon in MODES
        ),
        state=_state(tx, design),
        sections=tuple(_section(tx, fields, each, part) for each in design.form.sections) if mode == "layout" else (),
        palette=_palette(tx, design, fields) if mode == "layout" else (),
        rules=_rules(tx, design, fields, faults, part) if mode == "rules" else (),
        rules_note=tx.say("design.rules_on_page") if design.kind == "quick" else "",
        may_rule=design.kind != "quick",
        may_ask=design.kind == "named",
        has_texts=not isinstance(design.form, FormDef),
        panel=panel_of(tx, design, part) if mode != "preview" else None,
        preview=preview_of(tx, design, role, phone=phone) if mode == "preview" else None,
        problems=tuple(problem(tx, fields, each) for each in faults),
        changed=design.is_changed,
        actions=_actions(tx, design, url),
    )


def _state(tx: Tx, design: Design) -> str:
    if design.is_changed:
        return tx.say("design.state.changed")
    return tx.say("design.state.published", number=design.number) if design.number else tx.say("design.state.shipped")


def faults_of(tx: Tx, design: Design) -> Sequence[Refused]:
    """What keeps a draft from being published."""
    try:
        if isinstance(design.form, FormDef):
            refuse_unsound_design(tx.catalog.entity(design.key), design.form)
        elif design.kind == "public":
            refuse_unsound_public(tx, tx.catalog.entity(design.entity or ""), design.form)
        else:
            refuse_unsound_named(tx.catalog.entity(design.entity) if design.entity else None, design.form)
    except Invalid as many:
        return many.faults
    except Refused as one:
        return (one,)
    return ()


def problem(tx: Tx, fields: Fields, fault: Refused) -> str:
    """A fault in words, with the rule that it belongs to."""
    place, _, number = (fault.field or "").partition(".")
    text = _worded(tx, fields, fault)
    return tx.say("design.in_rule", number=int(number) + 1, text=text) if place == "rules" and number else text


def _worded(tx: Tx, fields: Fields, fault: Refused) -> str:
    """A fault that names a field by the words that people know it by."""
    values = {"field": fault.field or "", **fault.values}
    named = fields.get(str(values.get("name", "")))
    if named is not None:
        values["name"] = named.definition.label.to(tx.language)
    return tx.say(fault.code, **values)


def _section(tx: Tx, fields: Fields, section: Section, part: str) -> SectionCard:
    marks = [tx.say("design.mark.condition")] if section.show_if else []
    marks += [tx.say("design.mark.folded")] if section.folded else []
    return SectionCard(
        key=section.key,
        label=section.label.to(tx.language),
        columns=section.columns,
        fields=tuple(_card(tx, fields, each, part) for each in section.questions),
        marks=tuple(marks),
        chosen=part == f"section:{section.key}",
    )


def _card(tx: Tx, fields: Fields, question: FormField, part: str) -> FieldCard:
    field = fields.get(question.field)
    kind = field.type.key if field else ""
    said = {
        "required": question.required or bool(field and field.definition.required),
        "read_only": question.read_only,
        "condition": bool(question.show_if),
        "own": question.asks is not None,
    }
    return FieldCard(
        name=question.field,
        label=label_of(tx, fields, question),
        kind=tx.say(f"design.type.{kind}") if kind else "",
        marks=tuple(tx.say(f"design.mark.{key}") for key, holds in said.items() if holds),
        span=question.width == "full",
        chosen=part == f"field:{question.field}",
    )


def _palette(tx: Tx, design: Design, fields: Fields) -> tuple[FieldCard, ...]:
    """The fields that could still be added, by their label."""
    asked = set(names_in(design.form.sections))
    found = [
        _card(tx, fields, FormField(field=name), "")
        for name, field in fields.items()
        if name not in asked and _is_offered(tx, design, field)
    ]
    return tuple(sorted(found, key=lambda each: each.label.casefold()))


def _is_offered(tx: Tx, design: Design, field: Field) -> bool:
    made = field.definition
    if design.kind == "record":
        return field.name not in ("version",) and level(tx, design.key, field.name) != "hidden"
    if made.read_only or made.computed:
        return False
    return design.kind != "public" or field.type.key in ASKABLE


def _rules(tx: Tx, design: Design, fields: Fields, faults: Sequence[Refused], part: str) -> tuple[RuleCard, ...]:
    return tuple(_rule(tx, design, fields, faults, at, part) for at in range(len(design.form.rules)))


def _rule(tx: Tx, design: Design, fields: Fields, faults: Sequence[Refused], at: int, part: str) -> RuleCard:
    rule = design.form.rules[at]
    wrong = [each for each in faults if each.field == f"rules.{at}"]
    return RuleCard(
        at=at,
        deed=tx.say(f"design.then.{rule.then}"),
        aims=_aims(tx, design, fields, rule),
        when=rule.when,
        said=_condition(tx, design, fields, rule.when),
        problem=_worded(tx, fields, wrong[0]) if wrong else "",
        chosen=part == f"rule:{at}",
    )


class _Asked(NamedTuple):
    """What the rules of a form may read."""

    fields: Fields


def _condition(tx: Tx, design: Design, fields: Fields, when: str) -> str:
    """The condition of a rule in words, with the fields as the form calls them."""
    if when.strip() == "true":
        return tx.say("design.always")
    named = {each.field: each.label for section in design.form.sections for each in section.questions if each.label}
    known = {name: _renamed(field, named.get(name)) for name, field in fields.items()}
    return f"{tx.say('design.if')} {condition_words(tx, _Asked(known), when)}"


def _renamed(field: Field, label: Text | None) -> Field:
    if label is None:
        return field
    return msgspec.structs.replace(field, definition=msgspec.structs.replace(field.definition, label=label))


def _aims(tx: Tx, design: Design, fields: Fields, rule: Rule) -> str:
    """What a rule acts on: its text where it tells or asks, else its sections and fields, with what it sets them to."""
    if rule.then in TELLING:
        return tx.say("design.quoted", text=rule.text.to(tx.language)) if rule.text else ""
    sections = [each.label.to(tx.language) for each in design.form.sections if each.key in rule.sections]
    aims = ", ".join([*sections, *(label_of(tx, fields, FormField(field=name)) for name in rule.fields)])
    return tx.say("design.set_to", fields=aims, value=rule.value) if rule.then == "set" and rule.value else aims


def _actions(tx: Tx, design: Design, url: str) -> tuple[Action, ...]:
    found = [Action(label=tx.say("design.versions"), url=f"{url}/versions", way="go", icon="history")]
    if design.kind == "public":
        found.append(Action(label=tx.say("design.open"), url=f"/f/{design.key}", way="go", icon="external-link"))
    if design.kind == "named" and design.number and design.starts != "none":
        found.append(Action(label=tx.say("design.open"), url=f"/form/{design.key}", way="go", icon="external-link"))
    return tuple(found)
