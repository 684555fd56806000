"""A public form as data: sections of an entity's fields, shown by conditions."""

from typing import Literal

import msgspec

from entente.kernel.kit.words import Text


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
    """A titled group of fields, shown when its expression over the answers is true."""

    key: str
    title: Text
    fields: tuple[FormField, ...]
    show_if: str | None = None


class FormDefinition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole form: a title, an introduction, the sections and the words of its button."""

    title: Text
    intro: Text | None = None
    sections: tuple[FormSection, ...]
    submit: Text


class Confirmation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is said once the form was received."""

    title: Text
    text: Text
