"""What can be done with an import under way or done, beside its pages: for programs as for people."""

from entente.kernel.db.tx import Tx
from entente.kernel.records.behaviours import action
from entente.kernel.records.record import Record
from entente.services.transfer.importing import stop_import, undo_import


@action("import_job", show_if='status = "running"', icon="player-stop", undo=False, decides=True)
def stop(tx: Tx, job: Record) -> Record:
    """The import, stopped behind the rows that are being written; those that are written stay."""
    return stop_import(tx, job.id)


@action("import_job", show_if='status in ("done", "failed", "stopped")', icon="arrow-back-up", undo=False, decides=True)
def undo(tx: Tx, job: Record) -> None:
    """Begin to take back everything that an import created and changed, but for what somebody changed since."""
    undo_import(tx, job.id)
