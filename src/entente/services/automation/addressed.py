"""The records of an entity that a sender's address or a number in a subject means."""

from collections.abc import Iterator
from uuid import UUID

import sqlalchemy as sa

from entente.kernel.access.fields import may_use
from entente.kernel.access.predicate import guarded
from entente.kernel.db.tx import Tx, rows
from entente.kernel.kit.normal import email_key
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field, targets

MOST_RECORDS = 20


def address_fields(entity: Entity) -> list[Field]:
    """The fields that hold e-mail addresses."""
    return [field for field in entity.fields.values() if field.type.key == "email_set"]


def with_address(tx: Tx, name: str, address: str) -> list[UUID]:
    """The records of an entity that bear an e-mail address, at most 20, the latest first."""
    entity, key = tx.catalog.entity(name), email_key(address)
    fields = [field for field in address_fields(entity) if may_use(tx, name, field.name)]
    if key is None or not fields:
        return []
    wanted = sa.literal([key], sa.ARRAY(sa.Text()))
    return _newest(tx, entity, sa.or_(*(entity.table.c[f"{field.name}_keys"].overlap(wanted) for field in fields)))


def linked_to_address(tx: Tx, name: str, address: str, subject: str) -> list[UUID]:
    """The records of an entity that point to one with an e-mail address, at most 20, the latest first.

    When the subject names the numbers of some of them, only those.
    """
    entity = tx.catalog.entity(name)
    ways = list(_ways(tx, entity, address))
    if not ways:
        return []
    words = {part.strip("[](){}.,;:#").upper() for part in subject.split()[:100]} - {""}
    for field in entity.fields.values() if words else ():
        if field.type.key == "auto_number":
            numbered = sa.func.upper(entity.table.c[field.column]).in_(sorted(words))
            if named := _newest(tx, entity, sa.and_(sa.or_(*ways), numbered)):
                return named
    return _newest(tx, entity, sa.or_(*ways))


def _ways(tx: Tx, entity: Entity, address: str) -> Iterator[sa.ColumnElement[bool]]:
    """By a link of its own, or by a part of it that has one."""
    yield from _links(tx, entity, address)
    for part in tx.catalog.entities.values():
        owner = part.fields.get(part.definition.through or "")
        if part.definition.access == "through" and owner is not None and targets(owner.definition) == (entity.name,):
            ways = list(_links(tx, part, address))
            column = part.table.c[owner.column]
            found = rows(tx, guarded(tx, sa.select(column.label("owner")).where(sa.or_(*ways)), part)) if ways else []
            yield from [entity.table.c.id.in_([row["owner"] for row in found])] if found else []


def _links(tx: Tx, entity: Entity, address: str) -> Iterator[sa.ColumnElement[bool]]:
    for field in entity.fields.values():
        ends = targets(field.definition) if field.type.key == "link" else ()
        if ends and ends[0] != entity.name and may_use(tx, entity.name, field.name):
            bearers = with_address(tx, ends[0], address)
            yield from [entity.table.c[field.column].in_(bearers)] if bearers else []


def _newest(tx: Tx, entity: Entity, where: sa.ColumnElement[bool]) -> list[UUID]:
    statement = guarded(tx, sa.select(entity.table.c.id).where(where), entity)
    return [row["id"] for row in rows(tx, statement.order_by(entity.table.c.id.desc()).limit(MOST_RECORDS))]
