"""What the database needs from time to time: the journal’s partitions ahead of time, indexes after an upgrade."""

from entente.kernel.db.database import schema_of
from entente.kernel.db.indexing import build_indexes
from entente.kernel.db.partitions import AHEAD, ensure_partitions
from entente.kernel.db.tx import Tx
from entente.kernel.jobs.queue import Run, job

LONGEST_SECONDS = 24 * 3600


@job("journal.partitions", every="40 2 * * *")
def prepare_partitions(tx: Tx) -> None:
    """The journal's partitions of the months to come exist before the first change of the month."""
    today = tx.clock.now().date()
    ensure_partitions(tx.connection, tx.catalog.schema, today + AHEAD / 2, today + AHEAD)


@job("indexes.build", every="* * * * *", transaction=False, queue="upkeep", limit=LONGEST_SECONDS)
def build_pending_indexes(run: Run) -> None:
    """The indexes that an upgrade put off for large tables are built beside the work of others."""
    build_indexes(run.database.conninfo, schema_of(run.organisation))
