"""Plain tables of what an administrator or a person looks after: imports, jobs, sessions, people, roles."""

from datetime import datetime

from entente.interfaces.html.views.frame import Action, Banner, Empty, Tab, View
from entente.interfaces.html.views.processes import Filter


class Cell(View, frozen=True, kw_only=True):
    """What stands in a cell: a text, as a link or a badge when it has an address or a hue; or a moment."""

    text: str = ""
    url: str = ""
    hue: str = ""
    at: datetime | None = None
    number: bool = False


class Line(View, frozen=True, kw_only=True):
    """A row of a table with what can be done with it."""

    cells: tuple[Cell, ...]
    actions: tuple[Action, ...] = ()


class Table(View, frozen=True, kw_only=True):
    """A titled table; without lines its empty state is shown."""

    headings: tuple[str, ...]
    lines: tuple[Line, ...]
    title: str = ""
    empty: Empty | None = None


class Tables(View, frozen=True, kw_only=True):
    """A page of tables; `url` is fetched again when something named in `live_on` changes."""

    title: str
    url: str
    tables: tuple[Table, ...]
    actions: tuple[Action, ...] = ()
    tabs: tuple[Tab, ...] = ()
    banners: tuple[Banner, ...] = ()
    secret: str = ""  # shown this once, to be copied
    live_on: str = ""
    filters: tuple[Filter, ...] = ()
    filter_url: str = ""
