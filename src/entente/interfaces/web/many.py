"""Work on many records from a page: at once when they are few, else in a job whose progress the page shows."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.forms import ResultView
from entente.interfaces.web.asking import AnyRequest, part, saved, undo_url
from entente.interfaces.web.wording import formats_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.code import ActionDef
from entente.kernel.records.actions import Outcome
from entente.kernel.records.bulk import do_with_each
from entente.kernel.records.query import titles
from entente.services.connect.batches import order_batches
from entente.services.connect.left import reason_of

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
    """The answer to a deed with many records: how it went, or the progress of the job that does it.

    Refused when none of the records went through for want of what the dialog asks for, so that it can be put right.
    """
    if len(ids) > MOST_AT_ONCE:
        order_batches(tx, entity.name, deed, ids, values)
        url = progress_url(tx.cause.id, entity, len(ids), label, undo=undo)
        text = tx.say("many.progress", action=label, count=0, total=formats_of(tx).number(len(ids)))
        answer = part(request, tx, PROGRESS, text=text, url=url, cause=str(tx.cause.id), first=True)
        answer.headers["HX-Trigger"] = "record-saved, close-dialog, clear-selection"
        return answer
    action = tx.catalog.actions.get(f"{entity.name}.{deed}")
    outcome = do_with_each(tx, entity.name, deed, ids, values)
    asked = _asked_for(action)
    if len(outcome.refused) == len(ids) and all(_lacks(refusal, asked) for _, refusal in outcome.refused):
        raise outcome.refused[0][1]
    undo_at = undo_url(tx) if undo and len(ids) > len(outcome.refused) else ""
    text, left = told(tx, label, ids, outcome, mails=bool(action and action.mails)), _left(tx, entity, outcome)
    if not left:
        return saved(request, tx, text, undo=undo_at, events=("record-saved", "clear-selection"))
    view = ResultView(title=text, lines=left, undo_url=undo_at, refused=True)
    answer = part(request, tx, "pages/action_result.html", view=view)
    answer.headers["HX-Trigger"] = "record-saved, clear-selection, list-changed, timeline-changed"
    return answer


def _asked_for(action: ActionDef | None) -> frozenset[str]:
    """The fields that the dialog of an action asks for."""
    return (
        frozenset(each.name for each in msgspec.structs.fields(action.params))
        if action and action.params
        else frozenset()
    )


def _lacks(refusal: Refused, asked: Collection[str]) -> bool:
    """Whether nothing but fields of the dialog stand against a record."""
    faults = refusal.faults if isinstance(refusal, Invalid) else (refusal,)
    return all(fault.field in asked for fault in faults)


def _left(tx: Tx, entity: Entity, outcome: Outcome) -> tuple[tuple[str, str, str], ...]:
    """Those records that were left as they were and that the principal may read: why, title, address."""
    called = titles(tx, entity.name, [identity for identity, _ in outcome.refused])
    return tuple(
        (reason_of(tx, entity, refusal), called[identity], f"/{entity.definition.path}/{identity}")
        for identity, refusal in outcome.refused
        if identity in called
    )


def progress_url(cause: UUID, entity: Entity, total: int, label: str, *, undo: bool) -> str:
    """Where the progress of a job is asked for."""
    given = {"entity": entity.name, "total": total, "label": label, "undo": "1" if undo else ""}
    return f"/progress/{cause}?{urlencode(given)}"


def told(tx: Tx, label: str, ids: Sequence[UUID], outcome: Outcome, *, mails: bool = False) -> str:
    """How a deed with several records went; one that mails is not called done while no e-mail can leave."""
    left = len(outcome.refused)
    if mails and not tx.settings.smtp_url and len(ids) > left:
        return tx.say("action.unsent", action=label, count=len(ids) - left)
    if not left:
        return tx.say("action.done", action=label, count=len(ids))
    return tx.say("many.done_partly", action=label, count=len(ids) - left, left=left)


def said_again(form: FormMultiDict, ids: Sequence[UUID]) -> dict[str, str]:
    """What names the same records again when a dialog is sent: all that match, or the ids."""
    matching = str(form.get("matching") or "")
    return {"matching": matching} if matching else {"ids": ",".join(str(each) for each in ids)}
