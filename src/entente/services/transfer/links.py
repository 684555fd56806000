"""Which records the words in link columns mean: by id, by title, by e-mail; one statement per target entity."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from entente.kernel.access.fields import may_use
from entente.kernel.access.predicate import guarded
from entente.kernel.db.tx import Tx, rows
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.normal import email_key, fold
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field


class Found(dict[str, tuple[UUID, ...]]):
    """The records that each word means, for one target entity; a word with several is ambiguous."""


def look_up(tx: Tx, entity: Entity, words: Iterable[str]) -> Found:
    """The readable records that the words name by id, title, unique text or e-mail."""
    wanted = dict.fromkeys(word for word in words if word)
    found = Found()
    if not wanted:
        return found
    by_key = _candidates(tx, entity, list(wanted))
    for word in wanted:
        seeded = map(str, tx.words.records_called(word))
        keys = (str(parse_id(word) or ""), fold(word), email_key(word) or "", *seeded)
        met = next((by_key[key] for key in keys if key in by_key), {})
        found[word] = tuple(met)
    return found


def naming_fields(tx: Tx, entity: Entity) -> list[Field]:
    """The fields whose value names a record: its title, unique texts, e-mail addresses."""
    title = entity.definition.title
    return [
        field
        for field in entity.fields.values()
        if may_use(tx, entity.name, field.name)
        and (
            field.name == title
            or field.type.key == "email_set"
            or (field.type.key == "text" and (field.definition.unique or field.name == "email"))
        )
    ]


def _candidates(tx: Tx, entity: Entity, words: Sequence[str]) -> dict[str, dict[UUID, None]]:
    """The records by each key under which a word may meet them."""
    table = entity.table
    fields = naming_fields(tx, entity)
    folded = [fold(word) for word in words]
    emails = [key for word in words if (key := email_key(word))]
    ids = [identity for word in words if (identity := parse_id(word))]
    ids += [identity for word in words for identity in tx.words.records_called(word)]
    ways: list[sa.ColumnElement[bool]] = []
    if ids:
        ways.append(table.c.id == sa.any_(sa.literal(ids, sa.ARRAY(table.c.id.type))))
    shown: list[sa.ColumnElement[Any]] = [table.c.id]
    for field in fields:
        if field.type.key == "email_set":
            keys = table.c[field.name + "_keys"]
            shown.append(keys.label(field.name))
            if emails:
                ways.append(keys.overlap(sa.literal(emails, sa.ARRAY(sa.Text()))))
        else:
            column = sa.func.public.fold(table.c[field.column], type_=sa.Text())
            shown.append(column.label(field.name))
            ways.append(column == sa.any_(sa.literal(folded, sa.ARRAY(sa.Text()))))
    if not ways:
        return {}
    made = rows(tx, guarded(tx, sa.select(*shown).where(sa.or_(*ways)), entity))
    return _by_key(made)


def _by_key(made: Sequence[Mapping[str, Any]]) -> dict[str, dict[UUID, None]]:
    keyed: dict[str, dict[UUID, None]] = {}
    for row in made:
        keys = [str(row["id"])]
        for name, value in row.items():
            if name != "id" and value:
                keys += value if isinstance(value, list) else [value]
        for key in keys:
            keyed.setdefault(key, {})[row["id"]] = None
    return keyed
