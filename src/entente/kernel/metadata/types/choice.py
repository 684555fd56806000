"""One option, or several, of a list that metadata declares."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.entity import FieldDef
from entente.kernel.metadata.types.base import FieldType, text_of


def _key_of(name: str, field: FieldDef, raw: Any) -> str:
    text = text_of(name, raw).strip()
    for choice in field.choices:
        if choice.key == text:
            return text
    wanted = text.casefold()
    for choice in field.choices:
        if wanted in (choice.label.en.casefold(), choice.label.fr.casefold()):
            return choice.key
    code = "field.no_such_entity" if field.choices_from else "field.no_such_choice"
    raise Refused(code, field=name, given=text[:80])


class ChoiceType(FieldType):
    """One option, stored by its key; a label in either language is understood too."""

    key = "choice"

    def clean(self, name: str, field: FieldDef, raw: Any) -> str | None:
        """The key of the option."""
        return None if raw is None or raw == "" else _key_of(name, field, raw)


class MultiChoiceType(FieldType):
    """Several options, stored by their keys in the declared order."""

    key = "multi_choice"
    kind = "list<string>"
    edm = "Collection(Edm.String)"
    sortable = False

    def sql_type(self, field: FieldDef) -> sa.types.TypeEngine[Any]:
        """A PostgreSQL array of text."""
        return ARRAY(sa.Text())

    def clean(self, name: str, field: FieldDef, raw: Any) -> tuple[str, ...]:
        """The keys, each once; a text is split at commas and semicolons."""
        if raw is None or raw == "":
            return ()
        items = raw.replace(";", ",").split(",") if isinstance(raw, str) else raw
        if not isinstance(items, list | tuple):
            raise Refused("field.not_a_list", field=name)
        keys = {_key_of(name, field, item) for item in items if item not in ("", None)}
        return tuple(choice.key for choice in field.choices if choice.key in keys)

    def dump(self, name: str, field: FieldDef, value: Any) -> dict[str, Any]:
        """An array; never NULL, so that filters need not ask."""
        return {name: list(value or ())}

    def load(self, name: str, field: FieldDef, row: Any) -> tuple[str, ...]:
        """The keys."""
        return tuple(row[name] or ())

    def plain(self, value: Any) -> Any:
        """A list."""
        return list(value or ())
