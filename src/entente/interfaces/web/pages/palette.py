"""What is reached from everywhere: the palette, the menu of what can be created, people by name."""

from litestar import Response, get

from entente.interfaces.html.views.forms import CreateMenu
from entente.interfaces.html.views.frame import Person
from entente.interfaces.web.around.palette import creations, found_in, palette_groups
from entente.interfaces.web.asking import AnyRequest, asked, part

LONGEST = 200
MOST_PEOPLE = 8


@get("/search/palette", sync_to_thread=True)
def show_palette(request: AnyRequest) -> Response[str]:
    """The options of the palette for what is typed."""
    with asked(request) as tx:
        query = str(request.query_params.get("q") or "")[:LONGEST]
        groups = palette_groups(tx, query, str(request.query_params.get("at") or ""))
        return part(request, tx, "pages/palette_results.html", groups=groups)


@get("/search/people", sync_to_thread=True)
def find_people(request: AnyRequest) -> Response[str]:
    """The people who can be mentioned."""
    with asked(request) as tx:
        query = str(request.query_params.get("q") or "")[:LONGEST]
        found = found_in(tx, tx.catalog.entity("user"), query, MOST_PEOPLE)
        options = [Person(id=identity, name=name, detail=detail) for identity, name, detail in found]
        return part(request, tx, "pages/lookup_options.html", options=options)


@get("/create", sync_to_thread=True)
def show_create_menu(request: AnyRequest) -> Response[str]:
    """Everything that can be created from here."""
    with asked(request) as tx:
        return part(request, tx, "pages/create_menu.html", view=CreateMenu(actions=creations(tx)))
