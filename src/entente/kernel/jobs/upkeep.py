"""What the database needs from time to time: the journal’s partitions ahead of time."""

from entente.kernel.db.partitions import AHEAD, ensure_partitions
from entente.kernel.db.tx import Tx
from entente.kernel.jobs.queue import job


@job("journal.partitions", every="40 2 * * *")
def prepare_partitions(tx: Tx) -> None:
    """The journal's partitions of the months to come exist before the first change of the month."""
    today = tx.clock.now().date()
    ensure_partitions(tx.connection, tx.catalog.schema, today + AHEAD / 2, today + AHEAD)
