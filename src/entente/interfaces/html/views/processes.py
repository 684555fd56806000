"""Processes as people look at them: the course of an instance, lists of instances and models, repair."""

from datetime import datetime, timedelta
from typing import Literal

from entente.interfaces.html.views.fields import Names
from entente.interfaces.html.views.frame import Action, Crumb, Empty, Tab, View
from entente.interfaces.html.views.journal import NoteLine
from entente.interfaces.html.views.records import Composer, Timeline
from entente.interfaces.html.views.variables import Variables

State = Literal["done", "active", "failed", "skipped", "stopped", "coming"]


class StepView(View, frozen=True, kw_only=True):
    """An element of a process: what became of it, how often, since when, by whom."""

    element: str
    name: str
    kind: str
    state: State
    state_label: str
    url: str
    times: int = 0
    open: int = 0
    at: datetime | None = None
    took: timedelta | None = None
    who: str = ""
    outcome: str = ""
    trouble: str = ""
    program: str = ""  # what it waits for of the program that `who` names
    again: datetime | None = None  # when that program is called again


class Diagram(View, frozen=True, kw_only=True):
    """Where a diagram gets its model and its course from, and where its elements are told of."""

    key: str
    model_url: str
    label: str
    state_url: str = ""
    details_url: str = ""
    live_on: str = ""
    tall: bool = False


class CourseView(View, frozen=True, kw_only=True):
    """The course of an instance in words; `url` gives it anew when the instance goes on."""

    url: str
    live_on: str
    state: str
    hue: str
    steps: tuple[StepView, ...]
    coming: tuple[StepView, ...] = ()
    troubles: tuple["TroubleView", ...] = ()
    repairs: tuple["Stay", ...] = ()
    ended_at: datetime | None = None


class TroubleView(View, frozen=True, kw_only=True):
    """What stops an instance, and what can be done about it."""

    name: str
    message: str
    at: datetime
    actions: tuple[Action, ...] = ()


class Stay(View, frozen=True, kw_only=True):
    """One stay at an element."""

    entered: datetime
    left: datetime | None
    took: timedelta | None
    who: str
    outcome: str
    detail: str = ""


class WaitView(View, frozen=True, kw_only=True):
    """Of whom something is asked, and until when; `begun`: he is at it; a `program` is called again when due."""

    name: str
    kind: str
    due: datetime | None = None
    begun: bool = False
    program: bool = False


class StepDetails(View, frozen=True, kw_only=True):
    """Everything about one element: its stays, what was said there, what stops it, what can be done."""

    name: str
    kind: str
    state: State
    state_label: str
    waits: tuple[WaitView, ...] = ()
    stays: tuple[Stay, ...] = ()
    remarks: tuple[Stay, ...] = ()
    troubles: tuple[TroubleView, ...] = ()
    actions: tuple[Action, ...] = ()


class Variable(View, frozen=True, kw_only=True):
    """A variable and its value as JSON."""

    name: str
    value: str


class InstanceView(View, frozen=True, kw_only=True):
    """The page of an instance."""

    title: str
    process: str
    version: int
    crumbs: tuple[Crumb, ...]
    course: CourseView
    diagram: Diagram
    started_at: datetime
    starter: str
    record_title: str = ""
    record_url: str = ""
    business_key: str = ""
    tabs: tuple[Tab, ...] = ()
    actions: tuple[Action, ...] = ()
    variables: tuple[Variable, ...] | None = None
    composer: Composer | None = None
    composer_names: Names = Names()
    timeline: Timeline | None = None


class PanelView(View, frozen=True, kw_only=True):
    """The processes of a record: the course of one of them, and the others."""

    url: str
    live_on: str
    title: str
    page_url: str
    version: int
    course: CourseView
    diagram: Diagram
    tabs: tuple[Tab, ...] = ()


class InstanceLine(View, frozen=True, kw_only=True):
    """An instance in a list."""

    url: str
    process: str
    version: int
    state: str
    hue: str
    started_at: datetime
    took: timedelta | None = None
    starter: str = ""
    record_title: str = ""
    record_url: str = ""
    at: str = ""
    incidents: int = 0


class Option(View, frozen=True, kw_only=True):
    """Something to choose."""

    value: str
    label: str
    chosen: bool = False


class Filter(View, frozen=True, kw_only=True):
    """What narrows a list: a choice, a day or a text."""

    name: str
    label: str
    kind: Literal["choice", "date", "text"] = "choice"
    value: str = ""
    options: tuple[Option, ...] = ()


class InstanceList(View, frozen=True, kw_only=True):
    """A page of instances with its filters."""

    title: str
    url: str
    tabs: tuple[Tab, ...]
    filters: tuple[Filter, ...]
    lines: tuple[InstanceLine, ...]
    empty: Empty
    filtered: bool = False
    more_url: str = ""
    live: bool = True
    actions: tuple[Action, ...] = ()


class ReportLine(View, frozen=True, kw_only=True):
    """How long a step of a process takes; `share` of the longest is its bar."""

    name: str
    kind: str
    times: int
    mean: timedelta
    median: timedelta
    longest: timedelta
    share: float
    open: int
    oldest: datetime | None = None
    bottleneck: bool = False


class ReportView(View, frozen=True, kw_only=True):
    """Time per step of one process."""

    title: str
    url: str
    tabs: tuple[Tab, ...]
    filters: tuple[Filter, ...]
    lines: tuple[ReportLine, ...]
    empty: Empty
    finished: int = 0
    running: int = 0
    mean: timedelta | None = None


class ProblemView(View, frozen=True, kw_only=True):
    """A problem of a model in words, with the element that it is about."""

    element: str
    name: str
    message: str
    severity: Literal["error", "warning"]


class ProblemsView(View, frozen=True, kw_only=True):
    """Everything that is wrong with a model."""

    problems: tuple[ProblemView, ...]
    may_deploy: bool


class DefinitionView(View, frozen=True, kw_only=True):
    """The page of a version of a process."""

    title: str
    key: str
    version: int
    state: str
    hue: str
    crumbs: tuple[Crumb, ...]
    diagram: Diagram
    problems: ProblemsView
    versions: tuple[tuple[Tab, str, datetime], ...]
    instances_url: str
    notes: tuple[NoteLine, ...] = ()
    actions: tuple[Action, ...] = ()


class ModelLine(View, frozen=True, kw_only=True):
    """A process or decision model in its list; `deployed` is the version that is used."""

    name: str
    keys: str
    url: str
    version: int
    state: str
    hue: str
    at: datetime
    deployed: int | None = None
    actions: tuple[Action, ...] = ()


class ModelList(View, frozen=True, kw_only=True):
    """All models of a kind, and the place to which a file is dropped."""

    key: str
    title: str
    heading: str
    tabs: tuple[Tab, ...]
    import_url: str
    drop: str
    accept: str
    lines: tuple[ModelLine, ...]
    empty: Empty
    actions: tuple[Action, ...] = ()


class StartView(View, frozen=True, kw_only=True):
    """The dialog that starts a process by hand."""

    title: str
    url: str
    lookup_url: str = ""
    record: tuple[tuple[str, str], ...] = ()  # what is proposed to start on: its value and its title
    business_key: str = ""
    variables: Variables | None = None
    error: str = ""


class PreviewLine(View, frozen=True, kw_only=True):
    """What a repair would do at one element."""

    name: str
    text: str
    hue: str
    why: str = ""


class RepairView(View, frozen=True, kw_only=True):
    """The dialog of a repair: what is asked, and after a look ahead what it would do."""

    title: str
    text: str
    url: str
    submit: str
    verb: str
    token: int = 0
    variables: Variables | None = None
    targets: tuple[Option, ...] = ()
    reason: str = ""
    error: str = ""
    preview: tuple[PreviewLine, ...] | None = None
    destructive: bool = False


class ModelerView(View, frozen=True, kw_only=True):
    """The modeler: where it loads and saves, what its panel offers, its words."""

    title: str
    crumbs: tuple[Crumb, ...]
    model_url: str
    save_url: str
    check_url: str
    words: dict[str, str]
    deploy_url: str = ""
    version: int = 0
    identity: str = ""
    actions: tuple[Option, ...] = ()
    processes: tuple[Option, ...] = ()
    decisions: tuple[Option, ...] = ()
    lists: dict[str, tuple[Option, ...]] = {}  # what else the panel offers, by name


class RightLine(View, frozen=True, kw_only=True):
    """A user, team or role with a right to a process; `holder` is what the form sends for it."""

    holder: str
    name: str
    kind: str
    levels: tuple[Option, ...]


class HolderGroup(View, frozen=True, kw_only=True):
    """Users, teams or roles that may be given a right."""

    label: str
    options: tuple[Option, ...]


class RightsView(View, frozen=True, kw_only=True):
    """Who may see, start and look after a process."""

    title: str
    crumbs: tuple[Crumb, ...]
    url: str
    lines: tuple[RightLine, ...]
    holders: tuple[HolderGroup, ...]
    levels: tuple[Option, ...]
    error: str = ""


class RetentionLine(View, frozen=True, kw_only=True):
    """For how many days instances of a process stay; nothing: as long as those of others."""

    name: str
    label: str
    days: int | None


class RetentionView(View, frozen=True, kw_only=True):
    """How long instances stay: for all processes (when that may be changed), and for single ones."""

    title: str
    crumbs: tuple[Crumb, ...]
    url: str
    usual: int
    lines: tuple[RetentionLine, ...]
    every: RetentionLine | None = None
    error: str = ""
