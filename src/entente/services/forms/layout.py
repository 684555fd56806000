"""Changing a form's layout and rules: each function gives the form as it is after one move."""

from collections.abc import Sequence
from typing import Any, Literal, TypeVar

import msgspec

from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import Text
from entente.kernel.metadata.forms import FormDef, FormField, Rule, Section, names_in
from entente.services.forms.definition import FormDefinition

Shape = FormDef | FormDefinition
Way = Literal["up", "down", "left", "right"]
MOST_SECTIONS = 40
T = TypeVar("T")


def _placed(items: Sequence[T], at: int, item: T) -> tuple[T, ...]:
    at = max(0, min(at, len(items)))
    return (*items[:at], item, *items[at:])


def _without(items: Sequence[T], at: int) -> tuple[T, ...]:
    return (*items[:at], *items[at + 1 :])


def _swapped(items: Sequence[T], at: int, other: int) -> tuple[T, ...]:
    if not 0 <= other < len(items):
        return tuple(items)
    made = list(items)
    made[at], made[other] = made[other], made[at]
    return tuple(made)


def _with_sections(form: Any, sections: Sequence[Section]) -> Any:
    return msgspec.structs.replace(form, sections=tuple(sections))


def place_of_section(form: Shape, key: str) -> int:
    """Where a section stands; Refused when there is none of that key."""
    for at, section in enumerate(form.sections):
        if section.key == key:
            return at
    raise Refused("form.no_such_section", name=key)


def place_of_field(form: Shape, name: str) -> tuple[int, int]:
    """The places of a field's section and of the field in it; Refused when the form does not ask for it."""
    for at, section in enumerate(form.sections):
        if name in section.names:
            return at, section.names.index(name)
    raise Refused("form.not_on_form", name=name)


def field_in(form: Shape, name: str) -> FormField:
    """A field as the form asks for it; Refused when it does not."""
    at, inner = place_of_field(form, name)
    return form.sections[at].questions[inner]


def add_section(form: Shape, label: Text) -> Shape:
    """The form with an empty section at its end."""
    if len(form.sections) >= MOST_SECTIONS:
        raise Refused("form.too_many_sections", most=MOST_SECTIONS)
    taken = {section.key for section in form.sections}
    key = next(key for number in range(1, MOST_SECTIONS + 2) if (key := f"section_{number}") not in taken)
    made: Shape = _with_sections(form, (*form.sections, Section(key=key, label=label, fields=(), columns=2)))
    return made


def change_section(form: Shape, key: str, **values: Any) -> Shape:
    """The form with other properties of a section."""
    at = place_of_section(form, key)
    changed = msgspec.structs.replace(form.sections[at], **values)
    made: Shape = _with_sections(form, (*form.sections[:at], changed, *form.sections[at + 1 :]))
    return made


def remove_section(form: Shape, key: str) -> Shape:
    """The form without a section, its fields, and the rules' mention of it."""
    at = place_of_section(form, key)
    rules = tuple(
        msgspec.structs.replace(rule, sections=tuple(each for each in rule.sections if each != key))
        for rule in form.rules
    )
    made: Shape = msgspec.structs.replace(form, sections=_without(form.sections, at), rules=rules)
    return made


def move_section(form: Shape, key: str, way: Way) -> Shape:
    """The form with a section one place up or down."""
    at = place_of_section(form, key)
    made: Shape = _with_sections(form, _swapped(form.sections, at, at + (1 if way in ("down", "right") else -1)))
    return made


def add_field(form: Shape, field: FormField, section: str, at: int | None = None) -> Shape:
    """The form that asks for one more field, at a place of a section (left out: at its end)."""
    if field.field in set(names_in(form.sections)):
        raise Refused("form.asked_twice", name=field.field)
    place = place_of_section(form, section)
    fields = form.sections[place].questions
    return change_section(form, section, fields=_plain(_placed(fields, len(fields) if at is None else at, field)))


def remove_field(form: Shape, name: str) -> Shape:
    """The form that does not ask for a field."""
    place, at = place_of_field(form, name)
    section = form.sections[place]
    return change_section(form, section.key, fields=_without(section.fields, at))


def change_field(form: Shape, name: str, **values: Any) -> Shape:
    """The form that asks for a field in another way."""
    place, at = place_of_field(form, name)
    section = form.sections[place]
    changed = msgspec.structs.replace(section.questions[at], **values)
    fields = (*section.questions[:at], changed, *section.questions[at + 1 :])
    return change_section(form, section.key, fields=_plain(fields))


def place_field(form: Shape, name: str, section: str, at: int) -> Shape:
    """The form with a field at a place of a section: where it was dropped."""
    field = field_in(form, name)
    return add_field(remove_field(form, name), field, section, at)


def move_field(form: Shape, name: str, way: Way) -> Shape:
    """The form with a field moved by one place: left and right within the reading order, up and down by a line.

    Beyond the edge of its section it enters the next one.
    """
    place, at = place_of_field(form, name)
    section = form.sections[place]
    step = 1 if way in ("left", "right") else max(1, section.columns)
    goal = at + step if way in ("right", "down") else at - step
    if 0 <= goal < len(section.fields):
        return place_field(form, name, section.key, goal)
    other = place + (1 if goal > at else -1)
    if not 0 <= other < len(form.sections):
        edge = 0 if goal < at else len(section.fields) - 1
        return place_field(form, name, section.key, edge)
    target = form.sections[other]
    return place_field(form, name, target.key, 0 if other > place else len(target.fields))


def _plain(fields: Sequence[FormField]) -> tuple[FormField | str, ...]:
    """Fields as they are written down: a name alone where nothing is said about it."""
    return tuple(each.field if each == FormField(field=each.field) else each for each in fields)


def put_rule(form: Shape, at: int | None, rule: Rule) -> Shape:
    """The form with a rule in place of another, or at the end."""
    if at is None:
        return _with_rules(form, (*form.rules, rule))
    _known_rule(form, at)
    return _with_rules(form, (*form.rules[:at], rule, *form.rules[at + 1 :]))


def remove_rule(form: Shape, at: int) -> Shape:
    """The form without a rule."""
    _known_rule(form, at)
    return _with_rules(form, _without(form.rules, at))


def move_rule(form: Shape, at: int, way: Way) -> Shape:
    """The form with a rule one place earlier or later."""
    _known_rule(form, at)
    return _with_rules(form, _swapped(form.rules, at, at + (1 if way in ("down", "right") else -1)))


def _known_rule(form: Shape, at: int) -> None:
    if not 0 <= at < len(form.rules):
        raise Refused("form.no_such_rule", number=at + 1)


def _with_rules(form: Shape, rules: Sequence[Rule]) -> Shape:
    made: Shape = msgspec.structs.replace(form, rules=tuple(rules))
    return made
