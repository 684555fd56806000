"""What records need from time to time: what finds them made anew, after new duplicate rules or a new way of folding."""

from uuid import UUID

import sqlalchemy as sa

from entente.kernel.db.statement import marked, prepare
from entente.kernel.db.tx import Tx, rows, run
from entente.kernel.jobs.queue import enqueue, job
from entente.kernel.metadata.tables import MATCH, SEARCH
from entente.kernel.records.match_keys import keys_to_find
from entente.kernel.records.reading import columns_of, record_of, stored
from entente.kernel.records.writing import search_text

BATCH = 1000


@job("records.rematch", queue="bulk")
def rebuild_match_keys(tx: Tx, entity: str, after: UUID | None = None, done: int = 0) -> None:
    """Search and duplicate check find the records of an entity by the rules of now; goes through them in batches."""
    made = tx.catalog.entity(entity)
    id_, fields = made.table.c.id, stored(made.fields.values())
    kept = [made.table.c[name] for name in (SEARCH, MATCH) if name in made.table.columns]
    if not kept:
        return
    behind = (id_ > after,) if after is not None else ()
    statement = sa.select(*columns_of(made, fields), *kept).where(*behind).order_by(id_).limit(BATCH)
    change = sa.update(made.table).where(id_ == sa.bindparam("this", type_=id_.type))
    each_change = prepare(marked(change.values({c: sa.bindparam(f"now_{c.name}", type_=c.type) for c in kept}), entity))
    for row in (found := rows(tx, marked(statement.with_for_update(), entity))):
        record = record_of(tx, made, row, fields)
        new = {SEARCH: search_text(made, record), MATCH: keys_to_find(tx, made, record)}
        if any(row[c.name] != new[c.name] for c in kept):
            run(tx, each_change, this=row["id"], **{f"now_{c.name}": new[c.name] for c in kept})
    if len(found) == BATCH:
        enqueue(tx, rebuild_match_keys, entity=entity, after=str(found[-1]["id"]), done=done + BATCH)
