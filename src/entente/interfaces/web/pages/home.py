"""The first page of the day."""

from litestar import Response, get

from entente.interfaces.html.views.work import HomeView
from entente.interfaces.web.asking import AnyRequest, asked, show


@get("/", sync_to_thread=True)
def show_home(request: AnyRequest) -> Response[str]:
    """What waits and what stands where."""
    with asked(request) as tx:
        view = HomeView(greeting=tx.say("home.greeting", name=tx.principal.name))
        return show(request, tx, "home", view, current="home")
