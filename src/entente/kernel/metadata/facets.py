"""What a write asks of an entity's fields, sorted once per catalog instead of once per record."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import msgspec
import sqlalchemy as sa

from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.tables import Field, linking, searched
from entente.kernel.metadata.types.base import FieldType

MOMENTARY = ("today()", "now()")


class Facets(msgspec.Struct, frozen=True, kw_only=True):
    """An entity's fields by what a write does with them, and the row of a record that says nothing."""

    stored: tuple[Field, ...]
    linking: tuple[Field, ...]
    needed: tuple[Field, ...]
    defaulted: tuple[Field, ...]
    constants: Mapping[str, Any]
    plain: frozenset[str]
    read_plain: frozenset[str]
    worked_out: tuple[Field, ...]
    numbered: tuple[Field, ...]
    money: tuple[Field, ...]
    searched: tuple[Field, ...]
    audited: Mapping[str, FieldType]
    nothing: Mapping[str, None]
    empty_row: Mapping[str, Any]


def facets_of(fields: Mapping[str, Field], table: sa.Table) -> Facets:
    """The facets of an entity with these fields and this table."""
    every = tuple(fields.values())
    stored = tuple(field for field in every if not field.type.virtual)
    row: dict[str, Any] = dict.fromkeys(column.name for column in table.columns)
    for field in stored:
        row |= field.type.dump(field.name, field.definition, None)
    return Facets(
        stored=stored,
        linking=tuple(linking(every)),
        needed=tuple(field for field in every if _is_needed(field)),
        defaulted=tuple(field for field in every if _is_defaulted(field)),
        constants=_constants(every),
        plain=frozenset(field.name for field in stored if type(field.type).dump is FieldType.dump),
        read_plain=frozenset(field.name for field in stored if type(field.type).load is FieldType.load),
        worked_out=tuple(field for field in every if _is_worked_out(field)),
        numbered=tuple(field for field in every if field.type.key == "auto_number"),
        money=tuple(field for field in every if field.type.key == "money"),
        searched=tuple(searched(fields)),
        audited={field.name: field.type for field in every if field.definition.audited},
        nothing=dict.fromkeys(fields),
        empty_row=row,
    )


def _is_needed(field: Field) -> bool:
    made = field.definition
    return field.type.key != "auto_number" and bool(made.required or made.required_if)


def _is_defaulted(field: Field) -> bool:
    return field.definition.default is not None or field.type.key == "boolean"


def _constants(fields: Iterable[Field]) -> dict[str, Any]:
    """The defaults that are the same at every moment; one that its own field refuses is refused when it is given."""
    made = {}
    for field in fields:
        default = field.definition.default
        if default is None or default in MOMENTARY:
            continue
        with suppress(Refused):
            made[field.name] = field.type.clean(field.name, field.definition, default)
    return made


def _is_worked_out(field: Field) -> bool:
    made = field.definition
    return isinstance(made.computed, str) or (field.type.key == "person_name" and bool(made.parts))
