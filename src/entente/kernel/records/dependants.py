"""What hangs on a record that goes: some of it forbids that, some goes along, the rest keeps a link to the bin."""

from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

import sqlalchemy as sa

from entente.kernel.db.statement import Prepared, marked, prepare
from entente.kernel.db.tx import Tx, rows
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Catalog, Entity
from entente.kernel.metadata.tables import DELETED, Field


def going_along(tx: Tx, entity: Entity, identity: UUID) -> list[tuple[str, UUID]]:
    """The live records, by entity and id, that go with a record; Refused when one of them needs it to stay."""
    statement = _statement(tx.catalog, entity.name)
    found = rows(tx, statement, identity=identity) if statement else []
    needing = next((each["entity"] for each in found if each["consequence"] == "restrict"), None)
    if needing is not None:
        raise Refused("record.needed", what=tx.catalog.entity(needing).plural.to(tx.language))
    return list(dict.fromkeys((each["entity"], each["id"]) for each in found))


def pointed_to(tx: Tx, entity: Entity, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the records that live records point to, so that they hold them or go along."""
    statement = _pointing_statement(tx.catalog, entity.name)
    return {row["id"] for row in rows(tx, statement, identities=list(ids))} if statement else set()


@lru_cache(maxsize=256)
def _pointing_statement(catalog: Catalog, name: str) -> Prepared | None:
    parts = []
    pointing = _pointing(catalog, name)
    for other, field in pointing:
        column = other.table.c[field.name]
        wanted = [column == sa.any_(sa.bindparam("identities", type_=sa.ARRAY(column.type)))]
        parts.append(sa.select(column.label("id")).where(*wanted, *_live_link(other, field, name)))
    return prepare(marked(sa.union(*parts), *(other.name for other, _ in pointing))) if parts else None


@lru_cache(maxsize=256)
def _statement(catalog: Catalog, name: str) -> Prepared | None:
    pointing = _pointing(catalog, name)
    if not pointing:
        return None
    parts = [_part(other, field, name) for other, field in pointing]
    return prepare(marked(sa.union_all(*parts), *(other.name for other, _ in pointing)))


def _pointing(catalog: Catalog, name: str) -> list[tuple[Entity, Field]]:
    # What has no journal could not be brought back: it stays.
    return [
        (other, field)
        for other, field in catalog.pointing_to(name)
        if field.definition.on_delete != "clear" and other.definition.journal
    ]


def _live_link(other: Entity, field: Field, name: str) -> list[sa.ColumnElement[bool]]:
    live: list[sa.ColumnElement[bool]] = [other.table.c[DELETED].is_(None)]
    return [*live, other.table.c[field.name + "_type"] == name] if field.type.key == "polymorphic" else live


def _part(other: Entity, field: Field, name: str) -> sa.Select[tuple[str, str, UUID]]:
    table = other.table
    wanted = [table.c[field.name] == sa.bindparam("identity", type_=table.c.id.type), *_live_link(other, field, name)]
    consequence = field.definition.on_delete
    part = sa.select(sa.literal(other.name).label("entity"), sa.literal(consequence).label("consequence"), table.c.id)
    limited = part.where(*wanted).limit(1 if consequence == "restrict" else None)
    return sa.select(limited.subquery())
