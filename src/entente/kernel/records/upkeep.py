"""What records need from time to time: match keys after new duplicate rules."""

from uuid import UUID

import sqlalchemy as sa

from entente.kernel.db.statement import marked, prepare
from entente.kernel.db.tx import Tx, rows, run
from entente.kernel.jobs.queue import enqueue, job
from entente.kernel.metadata.tables import MATCH
from entente.kernel.records.match_keys import keys_to_find
from entente.kernel.records.reading import columns_of, record_of, stored

BATCH = 1000


@job("records.rematch", queue="bulk")
def rebuild_match_keys(tx: Tx, entity: str, after: UUID | None = None) -> None:
    """The records of an entity are found as duplicates by the rules of now; goes through the table in batches."""
    made = tx.catalog.entity(entity)
    table = made.table
    if MATCH not in table.columns:
        return
    fields = stored(made.fields.values())
    statement = sa.select(*columns_of(made, fields)).order_by(table.c.id).limit(BATCH)
    if after is not None:
        statement = statement.where(table.c.id > after)
    found = rows(tx, marked(statement.with_for_update(), entity))
    keys = [{"this": row["id"], "found": keys_to_find(tx, made, record_of(tx, made, row, fields))} for row in found]
    if keys:
        id_, match = table.c.id, table.c[MATCH]
        change = sa.update(table).where(id_ == sa.bindparam("this", type_=id_.type))
        each_change = prepare(marked(change.values({MATCH: sa.bindparam("found", type_=match.type)}), entity))
        for each in keys:
            run(tx, each_change, **each)
    if len(found) == BATCH:
        enqueue(tx, rebuild_match_keys, entity=entity, after=str(found[-1]["id"]))
