"""Running instances put on another version, as whoever does it sees it."""

from entente.interfaces.html.views.frame import Crumb, View
from entente.interfaces.html.views.processes import Option


class MappingLine(View, frozen=True, kw_only=True):
    """An element that the other version has no more, and where it may go."""

    element: str
    name: str
    kind: str
    options: tuple[Option, ...]


class MigrationLine(View, frozen=True, kw_only=True):
    """What becomes of an instance, or became of it: what has no place, what is lost, what waits anew."""

    id: str
    url: str
    title: str
    state: str
    hue: str
    chosen: bool
    unmapped: str = ""
    lost: str = ""
    added: str = ""


class MigrationView(View, frozen=True, kw_only=True):
    """The page of a migration: from which version, the mapping, and after a look ahead each instance."""

    title: str
    crumbs: tuple[Crumb, ...]
    url: str
    sources: tuple[Option, ...]
    mapping: tuple[MappingLine, ...] = ()
    accept_losses: bool = False
    recalculate: bool = False
    results: tuple[MigrationLine, ...] | None = None
    summary: str = ""
    done: bool = False
    error: str = ""
