"""Yes or no."""

from typing import Any

import sqlalchemy as sa

from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.entity import FieldDef
from entente.kernel.metadata.types.base import FieldType

YES = {"true", "1", "yes", "oui", "vrai", "on", "x", "y", "o"}
NO = {"false", "0", "no", "non", "faux", "off", "n", ""}


class BooleanType(FieldType):
    """Yes or no, never unknown: an absent value is no."""

    key = "boolean"
    kind = "boolean"
    edm = "Edm.Boolean"

    def sql_type(self, field: FieldDef) -> sa.types.TypeEngine[Any]:
        """A boolean column."""
        return sa.Boolean()

    def clean(self, name: str, field: FieldDef, raw: Any) -> bool:
        """Yes or no, from a boolean or a word of either language."""
        if raw is None:
            return False
        if isinstance(raw, bool):
            return raw
        word = str(raw).strip().casefold()
        if word in YES:
            return True
        if word in NO:
            return False
        raise Refused("field.not_yes_or_no", field=name)

    def dump(self, name: str, field: FieldDef, value: Any) -> dict[str, Any]:
        """A boolean, never NULL."""
        return {name: bool(value)}

    def load(self, name: str, field: FieldDef, row: Any) -> bool:
        """Yes or no."""
        return bool(row[name])

    def is_empty(self, value: Any) -> bool:
        """A boolean always says something."""
        return False
