"""A form that is shown outside a record's page, as data: public forms, forms of tasks, requests on a record."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.kit.words import Text
from entente.kernel.metadata.forms import Rule, Section

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
# What a form may ask for beside the fields of its entity: the variables of a process.
DECLARABLE = ASKABLE | {"datetime"} - {"money", "address", "email_set", "phone_set"}


class FormDefinition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole form: a title, an introduction, the sections and the words of its button.

    `companies` are the names that company fields offer, `again` the action done with a known record when it makes
    sense for it, `confirm` what is asked before sending, `least_seconds` the time that filling it in takes a person.
    """

    title: Text
    intro: Text | None = None
    sections: tuple[Section, ...]
    submit: Text
    rules: tuple[Rule, ...] = ()
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
