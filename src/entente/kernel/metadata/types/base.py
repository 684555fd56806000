"""What a field type must answer, with the answers of a type that is one plain column."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa

from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.entity import FieldDef

Value = Any
TEXTUAL = (str, int, Decimal)
SEVERAL = (str, tuple, list)


class FieldType:
    """A kind of field: how it is stored, cleaned and written in words; stateless, one instance each.

    `kind` is its type in expressions; `virtual` types have no column of their own.
    """

    key: ClassVar[str]
    kind: ClassVar[str] = "string"
    edm: ClassVar[str] = "Edm.String"
    virtual: ClassVar[bool] = False
    sortable: ClassVar[bool] = True

    def sql_type(self, field: FieldDef) -> sa.types.TypeEngine[Any]:
        """The type of the main column."""
        return sa.Text()

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        """The columns that store the field, main column first."""
        return (sa.Column(name, self.sql_type(field)),)

    def main(self, name: str) -> str:
        """The column that filters, sorts and aggregates use."""
        return name

    def part(self, name: str, part: str) -> str:
        """The column of a part of the value, empty when there is no such part."""
        return ""

    def clean(self, name: str, field: FieldDef, raw: Any) -> Value:
        """The value that an input means; Refused names the field when it means none."""
        return raw

    def dump(self, name: str, field: FieldDef, value: Value) -> dict[str, Any]:
        """The database values by column."""
        return {name: value}

    def load(self, name: str, field: FieldDef, row: Mapping[str, Any]) -> Value:
        """The value that a row of database values means."""
        return row[name]

    def plain(self, value: Value) -> Any:
        """The value as the journal and the API keep it: only JSON's own types."""
        return value

    def words(self, value: Value) -> str:
        """The words that search and titles find in the value."""
        return "" if value is None else str(value)

    def is_empty(self, value: Value) -> bool:
        """Whether the value says nothing."""
        return value is None or (not value and isinstance(value, SEVERAL))


def text_of(name: str, raw: Any) -> str:
    """The text that an input holds, without signs that no database keeps; Refused when it is no text."""
    if type(raw) is not str and (isinstance(raw, bool) or not isinstance(raw, TEXTUAL)):
        raise Refused("field.not_text", field=name)
    text = str(raw).replace("\x00", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def uuid_of(name: str, raw: Any) -> UUID:
    """The UUID that an input holds; Refused when it is none."""
    if isinstance(raw, UUID):
        return raw
    try:
        return UUID(str(raw))
    except ValueError:
        raise Refused("field.not_a_link", field=name) from None
