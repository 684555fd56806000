"""Rights: the matrix of a role, and why somebody may or may not do something."""

from entente.interfaces.html.views.frame import Crumb, Tab, View

Option = tuple[str, str]


class Choice(View, frozen=True, kw_only=True):
    """A cell of the matrix: the name of its input, its value, what it offers."""

    name: str
    label: str
    value: str
    options: tuple[Option, ...]


class MatrixLine(View, frozen=True, kw_only=True):
    """What a role grants for one entity."""

    label: str
    cells: tuple[Choice, ...]


class RoleView(View, frozen=True, kw_only=True):
    """A role as a matrix of entities and privileges, with field rules and global rights."""

    title: str
    url: str
    headings: tuple[str, ...]
    lines: tuple[MatrixLine, ...]
    rules: tuple[Choice, ...]
    fields: tuple[Option, ...]  # those that a new rule may speak of
    levels: tuple[Option, ...]
    rights: tuple[tuple[str, str, bool], ...]
    baseline: bool = False
    administrator: bool = False
    crumbs: tuple[Crumb, ...] = ()
    tabs: tuple[Tab, ...] = ()
    errors: tuple[str, ...] = ()
    saved: bool = False


class WhyView(View, frozen=True, kw_only=True):
    """The verdict on a privilege with every rule that was looked at: its sentence, and whether it grants."""

    title: str
    url: str
    record: str
    record_url: str
    verdict: str
    allowed: bool
    reasons: tuple[tuple[str, bool], ...]
    users: tuple[Option, ...]
    user: str
    privileges: tuple[Option, ...]
    privilege: str
