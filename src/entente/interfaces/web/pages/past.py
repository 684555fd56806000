"""A record as it was at the end of a day."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get
from litestar.params import FromPath

from entente.interfaces.html.views.records import PastView
from entente.interfaces.web.asking import AnyRequest, asked, part
from entente.interfaces.web.fields import names_of, title_of
from entente.interfaces.web.pages.record import sections_of
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import find
from entente.kernel.records.record import Record
from entente.services.stream.past import as_of


@get("/{path:str}/{identity:uuid}/past", sync_to_thread=True)
def show_past(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """The facts of a record at the end of the day that the address names, else of yesterday."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        record = find(tx, entity.name, identity)
        day = _day(str(request.query_params.get("day") or "")) or _today(tx) - timedelta(days=1)
        return part(request, tx, "pages/past.html", view=_view(tx, entity, record, min(day, _today(tx))))


def _view(tx: Tx, entity: Entity, record: Record, day: date) -> PastView:
    made = entity.definition
    ends = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(tx.principal.timezone))
    values = as_of(tx, entity.name, record.id, ends)
    then = Record(entity.name, record.id, record.version, values) if values is not None else None
    return PastView(
        title=title_of(tx, entity, record) or tx.say("record.untitled"),
        url=f"/{made.path}/{record.id}/past",
        day=day,
        today=_today(tx),
        sections=sections_of(tx, entity, then, writable=False) if then else (),
        names=names_of(tx, entity, [then] if then else [], list(entity.fields)),
    )


def _today(tx: Tx) -> date:
    return tx.clock.now().astimezone(ZoneInfo(tx.principal.timezone)).date()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
