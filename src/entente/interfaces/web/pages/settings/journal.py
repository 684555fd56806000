"""Everything that was changed in what administrators declare: records, processes, decision tables, ways in."""

from urllib.parse import quote

from litestar import Response, get

from entente.interfaces.html.views.frame import Action, Empty
from entente.interfaces.html.views.journal import NoteLine
from entente.interfaces.html.views.tables import Cell, Line, Table, Tables
from entente.interfaces.web.around.journal import note_lines
from entente.interfaces.web.asking import AnyRequest, asked, show
from entente.interfaces.web.settings import require_administrator, tabs_of
from entente.kernel.db.tx import Tx
from entente.services.stream.noting import changes_of, declared_kinds

HERE = "/settings/journal"
HEADS = ("when", "who", "what", "deed", "details")
PAGE = 50


@get(HERE, sync_to_thread=True)
def show_journal(request: AnyRequest) -> Response[str]:
    """The changes, newest first, of one kind if the address names it."""
    with asked(request) as tx:
        require_administrator(tx)
        return show(request, tx, "tables", _view(tx, str(request.query_params.get("after") or "")), current="settings")


def _view(tx: Tx, after: str) -> Tables:
    entries, more = changes_of(tx, declared_kinds(tx), after, PAGE)
    older = Action(label=tx.say("journal.older"), url=f"{HERE}?after={quote(more)}", way="go", icon="clock")
    table = Table(
        headings=tuple(tx.say(f"journal.head.{name}") for name in HEADS),
        lines=tuple(_line(tx, each) for each in note_lines(tx, entries)),
        empty=Empty(text=tx.say("journal.empty"), icon="clock"),
    )
    return Tables(
        title=tx.say("settings.title"),
        url=f"{HERE}?after={quote(after)}" if after else HERE,
        tables=(table,),
        actions=(older,) if more else (),
        tabs=tabs_of(tx, "journal"),
    )


def _line(tx: Tx, note: NoteLine) -> Line:
    thing = tx.say("journal.thing", kind=note.kind, name=note.thing) if note.thing else note.kind
    return Line(
        cells=(
            Cell(at=note.at),
            Cell(text=note.who),
            Cell(text=thing, url=note.url),
            Cell(text=note.what),
            Cell(text="; ".join(note.details)),
        )
    )
