"""Everything that one may start: a page for those who look after no process."""

from litestar import Response, get

from entente.interfaces.html.views.frame import Action, Empty
from entente.interfaces.html.views.tables import Cell, Line, Table, Tables
from entente.interfaces.web.around.beginning import START, start_url
from entente.interfaces.web.asking import AnyRequest, asked, show
from entente.interfaces.web.pages.processes.instances import tabs_of
from entente.kernel.db.tx import Tx
from entente.services.processes.definitions import Definition
from entente.services.processes.rights import looks_after_any
from entente.services.processes.startable import startable


@get(START, sync_to_thread=True)
def show_startable(request: AnyRequest) -> Response[str]:
    """The processes that the asker may start, each with its button."""
    with asked(request) as tx:
        table = Table(
            headings=(tx.say("processes.model.name"),),
            lines=tuple(_line(tx, each) for each in startable(tx)),
            empty=Empty(text=tx.say("processes.nothing_to_start"), icon="route"),
        )
        view = Tables(
            title=tx.say("processes.start_something"),
            url=START,
            tables=(table,),
            tabs=tabs_of(tx, "start") if looks_after_any(tx) else (),
        )
        return show(request, tx, "tables", view, current="processes")


def _line(tx: Tx, made: Definition) -> Line:
    begin = Action(label=tx.say("processes.start"), url=start_url(made), icon="player-play")
    return Line(cells=(Cell(text=made.name),), actions=(begin,))
