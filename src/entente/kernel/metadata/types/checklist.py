"""A list of steps to tick off, in their order."""

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import JSONB

from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.entity import FieldDef
from entente.kernel.metadata.types.base import FieldType, text_of

MOST = 50
LONGEST = 250
YES = ("1", "true", "on")


class Step(msgspec.Struct, frozen=True):
    """One thing to do, and whether it is done."""

    text: str
    done: bool = False

    def __str__(self) -> str:
        """Its words."""
        return self.text


class ChecklistType(FieldType):
    """At most 50 steps, each with a tick."""

    key = "checklist"
    kind = "any"
    edm = "Collection(Entente.Step)"
    sortable = False

    def sql_type(self, field: FieldDef) -> sa.types.TypeEngine[Any]:
        """A jsonb column."""
        return JSONB()

    def clean(self, name: str, field: FieldDef, raw: Any) -> tuple[Step, ...]:
        """The steps, from the lines of a text, a list of texts or of objects; those without words are left out."""
        items = raw.splitlines() if isinstance(raw, str) else raw or ()
        if not isinstance(items, list | tuple):
            raise Refused("field.not_a_list", field=name)
        steps = tuple(step for item in items if (step := _step(name, item)).text)
        if len(steps) > MOST:
            raise Refused("field.too_many_steps", field=name, limit=MOST)
        return steps

    def dump(self, name: str, field: FieldDef, value: Any) -> dict[str, Any]:
        """jsonb, or NULL when there is no step."""
        return {name: Jsonb(self.plain(value)) if value else None}

    def load(self, name: str, field: FieldDef, row: Mapping[str, Any]) -> tuple[Step, ...]:
        """The steps."""
        return msgspec.convert(row[name] or (), tuple[Step, ...])

    def plain(self, value: Any) -> Any:
        """A list of objects."""
        return msgspec.to_builtins(list(value or ()))

    def words(self, value: Any) -> str:
        """The words of all steps."""
        return " ".join(step.text for step in value or ())


def _step(name: str, item: Any) -> Step:
    if isinstance(item, Step):
        return item
    given = item if isinstance(item, Mapping) else {"text": item}
    text = " ".join(text_of(name, given.get("text") or "").split())
    if len(text) > LONGEST:
        raise Refused("field.too_long", field=name, limit=LONGEST)
    done = given.get("done", False)
    return Step(text, done in YES if isinstance(done, str) else bool(done))
