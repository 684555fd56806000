"""A line of text."""

import unicodedata
from typing import Any

from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.entity import FieldDef
from entente.kernel.metadata.types.base import FieldType, text_of


class TextType(FieldType):
    """One line, trimmed, in Unicode's composed form."""

    key = "text"
    longest = 500
    one_line = True

    def clean(self, name: str, field: FieldDef, raw: Any) -> str | None:
        """The text, or nothing when it is blank."""
        if raw is None:
            return None
        text = text_of(name, raw)
        text = text if text.isascii() else unicodedata.normalize("NFC", text)
        text = " ".join(text.split()) if self.one_line else text.replace("\r\n", "\n").strip()
        limit = field.max_length or self.longest
        if len(text) > limit:
            raise Refused("field.too_long", field=name, limit=limit)
        return text or None


class LongTextType(TextType):
    """Several lines of plain text."""

    key = "long_text"
    longest = 100_000
    one_line = False
    sortable = False

    def clean(self, name: str, field: FieldDef, raw: Any) -> str | None:
        """The text; Refused when it is to be a condition and holds rows of which one is not filled in."""
        text = super().clean(name, field, raw)
        if field.format == "condition" and text and text.startswith("["):
            raise Refused("field.condition_unfinished", field=name)
        return text
