"""Decision tables as people shape them: the list, the grid, its problems by cell, the trial."""

from datetime import datetime

from entente.interfaces.html.views.frame import Action, Crumb, Tab, View
from entente.interfaces.html.views.journal import NoteLine
from entente.interfaces.html.views.processes import Option


class WordField(View, frozen=True, kw_only=True):
    """A control for a text in one language: its name, its label, what stands in it."""

    name: str
    label: str
    text: str
    long: bool = False


class ValueView(View, frozen=True, kw_only=True):
    """A value of a column with what people call it in each language, the reader's first."""

    text: str
    words: tuple[WordField, ...]


class ColumnView(View, frozen=True, kw_only=True):
    """A column of the grid; `cell` is what the names of its controls begin with, `label` how it is spoken of."""

    cell: str
    id: str
    label: str
    name: str
    expression: str = ""
    types: tuple[Option, ...] = ()
    allowed: str = ""
    default: str = ""
    title: str = ""
    words: tuple[WordField, ...] = ()
    values: tuple[ValueView, ...] = ()
    given: bool = False
    first: bool = False
    last: bool = False


class CellView(View, frozen=True, kw_only=True):
    """A cell of a rule: its control's name, what it is called aloud, what stands in it."""

    name: str
    label: str
    text: str


class RuleView(View, frozen=True, kw_only=True):
    """A line of the grid; `plain` is the note of no language when the note shown is one of the reader's."""

    cell: str
    id: str
    number: int
    tests: tuple[CellView, ...]
    results: tuple[CellView, ...]
    note: CellView
    plain: str | None = None
    notes: tuple[WordField, ...] = ()
    first: bool = False
    last: bool = False


class GridView(View, frozen=True, kw_only=True):
    """The grid: what happens when several rules fit, the columns, the rules; `focus` names the next control."""

    url: str
    identity: str
    policies: tuple[Option, ...]
    aggregations: tuple[Option, ...]
    inputs: tuple[ColumnView, ...]
    outputs: tuple[ColumnView, ...]
    rules: tuple[RuleView, ...]
    focus: str = ""


class CellProblem(View, frozen=True, kw_only=True):
    """A problem with the place where it is, in words and as a control's name."""

    cell: str
    place: str
    message: str


class TryField(View, frozen=True, kw_only=True):
    """A value that the decision reads; `label` is what its column is called, where that is something else."""

    name: str
    label: str = ""
    kind: str
    value: str


class ResultView(View, frozen=True, kw_only=True):
    """What a trial gave: the value as text and in words, the rules that fit by place and number; or why nothing."""

    value: str = ""
    said: str = ""
    rules: tuple[int, ...] = ()
    numbers: str = ""
    error: str = ""


class Newer(View, frozen=True, kw_only=True):
    """A version that somebody else saved meanwhile; the number goes along with the next save, which passes over it."""

    number: int
    text: str
    url: str


class ChecksView(View, frozen=True, kw_only=True):
    """What stands beside the grid: its problems, and the trial."""

    problems: tuple[CellProblem, ...]
    fields: tuple[TryField, ...]
    try_url: str
    result: ResultView | None = None
    newer: Newer | None = None


class DecisionView(View, frozen=True, kw_only=True):
    """The page of a version of a decision, or of a new one; without a grid it can only be looked at."""

    title: str
    key: str
    crumbs: tuple[Crumb, ...]
    base: str = ""
    version: int | None = None
    state: str = ""
    hue: str = ""
    grid: GridView | None = None
    checks: ChecksView
    check_url: str
    save_url: str
    about: str = ""
    words: tuple[WordField, ...] = ()
    tabs: tuple[Tab, ...] = ()
    versions: tuple[tuple[Tab, str, datetime], ...] = ()
    notes: tuple[NoteLine, ...] = ()
    actions: tuple[Action, ...] = ()
