"""What hangs on a record that goes: some of it forbids that, some goes along, the rest keeps a link to the bin."""

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


@lru_cache(maxsize=256)
def _statement(catalog: Catalog, name: str) -> Prepared | None:
    # What has no journal could not be brought back: it stays.
    pointing = [
        (other, field)
        for other, field in catalog.pointing_to(name)
        if field.definition.on_delete != "clear" and other.definition.journal
    ]
    if not pointing:
        return None
    parts = [_part(other, field, name) for other, field in pointing]
    return prepare(marked(sa.union_all(*parts), *(other.name for other, _ in pointing)))


def _part(other: Entity, field: Field, name: str) -> sa.Select[tuple[str, str, UUID]]:
    table = other.table
    wanted = [table.c[field.name] == sa.bindparam("identity", type_=table.c.id.type), table.c[DELETED].is_(None)]
    if field.type.key == "polymorphic":
        wanted.append(table.c[field.name + "_type"] == name)
    consequence = field.definition.on_delete
    part = sa.select(sa.literal(other.name).label("entity"), sa.literal(consequence).label("consequence"), table.c.id)
    limited = part.where(*wanted).limit(1 if consequence == "restrict" else None)
    return sa.select(limited.subquery())
