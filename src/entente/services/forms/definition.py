"""A public form as data: sections of an entity's fields, shown by conditions."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec

from entente.kernel.kit.words import Text

# What a stranger may be asked for: values that say nothing about other records and carry no markup or file.
ASKABLE = frozenset(
    [
        "text",
        "long_text",
        "choice",
        "multi_choice",
        "boolean",
        "integer",
        "decimal",
        "percent",
        "money",
        "date",
        "email_set",
        "phone_set",
        "url",
        "address",
        "duration",
    ]
)


class FormField(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A field of the entity as the form asks for it; without a label, the entity's own is shown."""

    field: str
    label: Text | None = None
    help: Text | None = None
    required: bool = False
    width: Literal["full", "half"] = "full"
    complete: Literal["none", "company"] = "none"
    show_if: str | None = None


class FormSection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A titled group of fields, shown when its expression over the answers above it is true."""

    key: str
    title: Text
    fields: tuple[FormField, ...]
    show_if: str | None = None


class FormDefinition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole form: a title, an introduction, the sections and the words of its button.

    `companies` are the names that company fields offer, `again` the action done with a known record when it makes
    sense for it, `confirm` what is asked before sending, `least_seconds` the time that filling it in takes a person.
    """

    title: Text
    intro: Text | None = None
    sections: tuple[FormSection, ...]
    submit: Text
    companies: tuple[str, ...] = ()
    again: str | None = None
    confirm: Text | None = None
    least_seconds: int = 2


class Confirmation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is said once the form was received."""

    title: Text
    text: Text


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A published form: what it asks, what it creates, who may send it, who receives it."""

    id: UUID
    key: str
    entity: str
    definition: FormDefinition
    consent: Text | None = None
    confirmation: Confirmation | None = None
    defaults: Mapping[str, Any] = {}
    origins: tuple[str, ...] = ()
    redirect_url: str | None = None
    team: UUID | None = None
    language: str = "fr"
    hourly_limit: int = 20
