"""How far a job with many records is, and which records it left as they were."""

from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from entente.interfaces.html.views.frame import Action, Banner, Empty
from entente.interfaces.html.views.tables import Cell, Line, Table, Tables
from entente.interfaces.web.asking import AnyRequest, asked, part, show
from entente.interfaces.web.many import PROGRESS, progress_url
from entente.interfaces.web.wording import formats_of
from entente.kernel.db.tx import Tx
from entente.kernel.jobs.queue import is_pending
from entente.kernel.records.bulk import count_touched
from entente.services.connect.batches import TAKE_BACK, WORK
from entente.services.connect.left import Left, count_left, left_by
from entente.services.transfer.tables import csv_bytes

MOST_SHOWN = 500
HEADS = ("left_record", "left_reason")


@get("/progress/{cause:uuid}", sync_to_thread=True)
def show_progress(request: AnyRequest, cause: FromPath[UUID]) -> Response[str]:
    """How far a job with many records is; the last answer says how it ended."""
    with asked(request) as tx:
        given = request.query_params
        entity = tx.catalog.entity(str(given.get("entity") or ""))
        total, label = int(str(given.get("total") or 0)), str(given.get("label") or "")
        count, left = count_touched(tx, entity.name, cause), count_left(tx, cause)
        if is_pending(tx, WORK, cause) or is_pending(tx, TAKE_BACK, cause):
            text = tx.say(
                "many.progress", action=label, count=min(count + left, total), total=formats_of(tx).number(total)
            )
            url = progress_url(cause, entity, total, label, undo=bool(given.get("undo")))
            return part(request, tx, PROGRESS, text=text, url=url, cause=str(cause))
        text = tx.say("action.done", action=label, count=count)
        if count < total:
            text = tx.say("many.done_partly", action=label, count=count, left=total - count)
        undo = f"/undo/{cause}" if given.get("undo") and count else ""
        left_url = f"/progress/{cause}/left" if left else ""
        answer = part(request, tx, PROGRESS, text=text, url="", cause=str(cause), undo_url=undo, left_url=left_url)
        answer.headers["HX-Trigger"] = "list-changed"
        return answer


@get("/progress/{cause:uuid}/left", sync_to_thread=True)
def show_left(request: AnyRequest, cause: FromPath[UUID]) -> Response[str]:
    """The records that a deed left as they were, each with the reason."""
    with asked(request) as tx:
        return show(request, tx, "tables", _view(tx, cause, left_by(tx, cause)))


def _view(tx: Tx, cause: UUID, left: list[Left]) -> Tables:
    lines = tuple(
        Line(cells=(Cell(text=each.title or tx.say("record.untitled"), url=_url(tx, each)), Cell(text=each.reason)))
        for each in left[:MOST_SHOWN]
    )
    file = Action(label=tx.say("many.left_file"), url=f"/progress/{cause}/left.csv", way="go", icon="download")
    more = Banner(text=tx.say("many.left_more", count=len(left) - MOST_SHOWN), icon="list-check")
    empty = Empty(text=tx.say("many.left_none"), icon="check")
    table = Table(headings=tuple(tx.say(f"many.{head}") for head in HEADS), lines=lines, empty=empty)
    return Tables(
        title=tx.say("many.left_title"),
        url=f"/progress/{cause}/left",
        tables=(table,),
        actions=(file,) if left else (),
        banners=(more,) if len(left) > MOST_SHOWN else (),
    )


def _url(tx: Tx, left: Left) -> str:
    return f"/{tx.catalog.entity(left.entity).definition.path}/{left.id}"


@get("/progress/{cause:uuid}/left.csv", sync_to_thread=True)
def give_left(request: AnyRequest, cause: FromPath[UUID]) -> Response[bytes]:
    """The same as a file for a spreadsheet."""
    with asked(request) as tx:
        base = tx.settings.address
        lines = [[each.title, each.reason, f"{base}{_url(tx, each)}"] for each in left_by(tx, cause)]
        heads = [tx.say(f"many.{head}") for head in (*HEADS, "left_address")]
        made = csv_bytes("left", [heads, *lines], tx.language)
        headers = {"Content-Disposition": f'attachment; filename="{made.name}"', "Cache-Control": "no-store"}
        return Response(made.data, media_type=made.mime, headers=headers)
