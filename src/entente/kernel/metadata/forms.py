"""What a form asks and under which rules: one shape for the forms of records, public forms and forms of tasks."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from entente.kernel.kit.words import Text
from entente.kernel.metadata.entity import FieldDef

Deed = Literal["show", "hide", "require", "lock", "limit", "set", "message", "confirm"]
DEEDS: tuple[Deed, ...] = ("show", "hide", "require", "lock", "limit", "set", "message", "confirm")
SAID: tuple[Deed, ...] = ("message", "confirm")
Width = Literal["auto", "half", "full"]
Control = Literal["auto", "radio", "switch", "area", "company"]

# Beside the control that a type has anyway, those that a form may choose instead.
CONTROLS: Mapping[str, tuple[Control, ...]] = {
    "choice": ("radio",),
    "boolean": ("switch",),
    "text": ("area", "company"),
}


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is done to fields, or said, while a condition over the form's values is true.

    `show` hides its fields otherwise; `limit` leaves the listed options; `set` holds its fields at the value of an
    expression; `message` and `confirm` (asked before saving) have a text.
    """

    when: str
    then: Deed
    fields: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()  # stand for all their fields
    options: tuple[str, ...] = ()
    value: str | None = None
    text: Text | None = None


class FormField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A field as a form asks for it; without a label or help of its own, the entity's is shown.

    `asks` declares a question that is no field of the entity: a variable of the process that the form belongs to.
    `prefill` is an expression over the record on whose page the form stands.
    """

    field: str
    label: Text | None = None
    help: Text | None = None
    required: bool = False
    read_only: bool = False
    width: Width = "auto"
    control: Control = "auto"
    complete: Literal["none", "company"] = "none"
    show_if: str | None = None
    asks: FieldDef | None = None
    prefill: str | None = None


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A titled group of fields on a form; a name alone asks for the field as the entity declares it."""

    key: str
    label: Text
    fields: tuple[FormField | str, ...]
    columns: int = 1
    show_if: str | None = None
    folded: bool = False

    @property
    def questions(self) -> tuple[FormField, ...]:
        """The fields in their order, each as it is asked."""
        return tuple(FormField(field=each) if isinstance(each, str) else each for each in self.fields)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The expressions under which the section and its fields are shown."""
        made = (self.show_if, *(each.show_if for each in self.questions))
        return tuple(text for text in made if text)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields in their order."""
        return tuple(each if isinstance(each, str) else each.field for each in self.fields)


class FormDef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The fields of a record's page or of its quick creation, in sections; the page's rules hold for all writes."""

    key: Literal["record", "quick"]
    sections: tuple[Section, ...]
    rules: tuple[Rule, ...] = ()


class EntityForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A form of an entity as the customer designed it: it stands in for the one that was shipped."""

    entity: str
    form: FormDef


def names_in(sections: Iterable[Section]) -> Iterator[str]:
    """The names of all fields that sections ask for, in their order."""
    for section in sections:
        yield from section.names


def aimed_at(rule: Rule, sections: Iterable[Section]) -> tuple[str, ...]:
    """The fields that a rule speaks of: those it names and all those of its sections, each once."""
    inside = (name for section in sections if section.key in rule.sections for name in section.names)
    return tuple(dict.fromkeys((*rule.fields, *inside)))


def spelt_out(rules: Iterable[Rule], sections: Iterable[Section]) -> tuple[Rule, ...]:
    """The rules with the fields of their sections named one by one."""
    known = tuple(sections)
    return tuple(
        msgspec.structs.replace(rule, fields=aimed_at(rule, known), sections=()) if rule.sections else rule
        for rule in rules
    )
