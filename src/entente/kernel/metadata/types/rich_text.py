"""Text with headings, lists and links, kept as clean HTML."""

from typing import Any

from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.sanitiser import clean_html, plain_text
from entente.kernel.metadata.entity import FieldDef
from entente.kernel.metadata.types.base import FieldType, text_of


class RichTextType(FieldType):
    """HTML that passed the one sanitiser before it was stored."""

    key = "rich_text"
    sortable = False

    def clean(self, name: str, field: FieldDef, raw: Any) -> str | None:
        """The sanitised HTML, or nothing."""
        if raw is None:
            return None
        text = text_of(name, raw)
        if len(text) > (field.max_length or 500_000):
            raise Refused("field.too_long", field=name, limit=field.max_length or 500_000)
        return clean_html(text) or None

    def words(self, value: Any) -> str:
        """The text without its marks."""
        return plain_text(value) if value else ""
