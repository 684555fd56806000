"""Many records put into the bin in a few statements, on behalf of the engine."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from entente.kernel.access.predicate import lent_by, visible
from entente.kernel.db.statement import marked
from entente.kernel.db.tx import Row, Tx, rows
from entente.kernel.db.versions import bump_access
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import DELETED
from entente.kernel.records.dependants import pointed_to
from entente.kernel.records.journal import Line, write_lines
from entente.kernel.records.save import RIGHTS
from entente.kernel.records.stroke import forget
from entente.kernel.records.writing import title_of, told_apart


def delete_many(tx: Tx, entity: str, ids: Sequence[UUID]) -> set[UUID]:
    """Put those of the readable records into the bin that no record points to; the ids of the others, left alone.

    The writer is trusted, as in `delete`.
    """
    made = tx.catalog.entity(entity)
    held = set(ids) if made.own_code("bin") else pointed_to(tx, made, ids)
    forget(tx, entity)
    with told_apart(made):
        gone = _put_into_bin(tx, made, [each for each in ids if each not in held])
    if made.definition.journal:
        write_lines(tx, [Line("delete", entity, row["id"], row["version"], _title(made, row), {}) for row in gone])
    if entity in RIGHTS and gone:
        bump_access(tx)
    return held


def _put_into_bin(tx: Tx, entity: Entity, ids: Sequence[UUID]) -> list[Row]:
    table, now = entity.table, tx.clock.now()
    wanted = sa.any_(sa.bindparam("wanted", type_=sa.ARRAY(table.c.id.type)))
    statement = (
        sa.update(table)
        .where(table.c.id == wanted, table.c[DELETED].is_(None), visible(tx, entity))
        .values({DELETED: now, "version": table.c.version + 1, "modified_at": now})
        .returning(table.c.id, table.c.version, *(table.c[name] for name in entity.columns[entity.definition.title]))
    )
    return rows(tx, marked(statement, entity.name, *lent_by(tx, entity)), wanted=list(ids))


def _title(entity: Entity, row: Row) -> str:
    field = entity.fields[entity.definition.title]
    return title_of(entity, {field.name: field.type.load(field.name, field.definition, row)})
