"""An import whose job failed for good: it ends as failed, says why, and can be gone on with or undone."""

from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.query import find
from entente.kernel.records.save import save
from entente.services.transfer.plan import JOB
from entente.services.transfer.refusals import keep_failure

LONGEST_REASON = 200
UNDER_WAY = ("running", "undoing")


def import_broke_off(tx: Tx, reason: str, import_id: UUID, user: UUID | None) -> None:
    """The import as failed, with the reason on its page."""
    _fail(tx, import_id, "import.broke_off", reason)


def undo_broke_off(tx: Tx, reason: str, import_id: UUID, user: UUID | None) -> None:
    """The import as failed, because its undoing was; it can be undone again."""
    _fail(tx, import_id, "import.undo_broke_off", reason)


def _fail(tx: Tx, import_id: UUID, code: str, reason: str) -> None:
    if find(tx, JOB, import_id)["status"] not in UNDER_WAY:
        return
    keep_failure(tx, import_id, Refused(code, reason=reason[:LONGEST_REASON]))
    save(tx, JOB, {"status": "failed", "finished_at": tx.clock.now()}, id=import_id, trusted=True)
