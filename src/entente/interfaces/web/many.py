"""Work on many records from a page: at once when they are few, else in a job whose progress the page shows."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response
from litestar.datastructures import FormMultiDict

from entente.interfaces.web.asking import AnyRequest, part, saved, undo_url
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.actions import Outcome
from entente.kernel.records.bulk import do_with_each
from entente.services.connect.batches import order_batches

MOST_AT_ONCE = 100
PROGRESS = "pages/progress.html"


def carry_out(
    request: AnyRequest,
    tx: Tx,
    entity: Entity,
    ids: Sequence[UUID],
    deed: str,
    values: Mapping[str, Any],
    *,
    label: str,
    undo: bool = True,
) -> Response[str]:
    """The answer to a deed with many records: how it went, or the progress of the job that does it."""
    if len(ids) > MOST_AT_ONCE:
        order_batches(tx, entity.name, deed, ids, values)
        url = progress_url(tx.cause.id, entity, len(ids), label, undo=undo)
        text = tx.say("many.progress", action=label, count=0, total=len(ids))
        answer = part(request, tx, PROGRESS, text=text, url=url, cause=str(tx.cause.id), first=True)
        answer.headers["HX-Trigger"] = "record-saved, close-dialog, clear-selection"
        return answer
    outcome = do_with_each(tx, entity.name, deed, ids, values)
    did = len(ids) > len(outcome.refused)
    text = told(tx, label, ids, outcome)
    return saved(
        request, tx, text, undo=undo_url(tx) if undo and did else "", events=("record-saved", "clear-selection")
    )


def progress_url(cause: UUID, entity: Entity, total: int, label: str, *, undo: bool) -> str:
    """Where the progress of a job is asked for."""
    given = {"entity": entity.name, "total": total, "label": label, "undo": "1" if undo else ""}
    return f"/progress/{cause}?{urlencode(given)}"


def told(tx: Tx, label: str, ids: Sequence[UUID], outcome: Outcome) -> str:
    """How a deed with several records went, with the first reason when some were refused."""
    if not outcome.refused:
        return tx.say("action.done", action=label, count=len(ids))
    first = outcome.refused[0][1]
    faults = getattr(first, "faults", (first,))
    reason = tx.say(faults[0].code, **faults[0].values)
    return tx.say("action.done_partly", action=label, count=len(ids) - len(outcome.refused), reason=reason)


def said_again(form: FormMultiDict, ids: Sequence[UUID]) -> dict[str, str]:
    """What names the same records again when a dialog is sent: all that match, or the ids."""
    matching = str(form.get("matching") or "")
    return {"matching": matching} if matching else {"ids": ",".join(str(each) for each in ids)}
