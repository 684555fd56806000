"""Home, worklist, notifications, assignment, figures."""

from datetime import date, datetime

from entente.interfaces.html.views.frame import Action, Banner, Empty, Tab, View
from entente.interfaces.html.views.lists import Chip
from entente.interfaces.html.views.processes import Option


class Stat(View, frozen=True, kw_only=True):
    """A figure with its trend; `points` (0 to 1) draw the small curve."""

    label: str
    value: str
    icon: str = ""
    delta: str = ""
    better: bool | None = None
    note: str = ""
    points: tuple[float, ...] = ()
    url: str = ""


class BarLine(View, frozen=True, kw_only=True):
    """A line of a bar chart; `share` goes from 0 to 1."""

    label: str
    value: str
    share: float
    url: str = ""


class BarChart(View, frozen=True, kw_only=True):
    """A small chart that the server draws."""

    title: str
    lines: tuple[BarLine, ...]
    note: str = ""


class InboxItem(View, frozen=True, kw_only=True):
    """Something that waits, or that one was told."""

    id: str
    title: str
    url: str
    at: datetime
    who: str = ""
    detail: str = ""
    due: datetime | date | None = None
    unread: bool = False
    current: bool = False
    hue: str = ""
    note: str = ""  # what the colour says
    key: str = ""  # its id, where several can be chosen


class HomeView(View, frozen=True, kw_only=True):
    """The first page of the day."""

    greeting: str
    stats: tuple[Stat, ...] = ()
    tasks: tuple[InboxItem, ...] = ()
    has_more_tasks: bool = False
    tasks_url: str = "/inbox"
    recent: tuple[InboxItem, ...] = ()
    charts: tuple[BarChart, ...] = ()
    forms: tuple[str, ...] = ()  # addresses of forms that stand in the page
    banners: tuple[Banner, ...] = ()
    steps: tuple[tuple[str, str, bool], ...] = ()  # text, address, done: the first days' checklist
    title: str = ""


class InboxSearch(View, frozen=True, kw_only=True):
    """What is looked for in a tab of the inbox; `clear_url` leads back to all of it."""

    tab: str
    text: str = ""
    processes: tuple[Option, ...] = ()
    orders: tuple[Option, ...] = ()
    clear_url: str = ""


class InboxView(View, frozen=True, kw_only=True):
    """The worklist or the notifications: what waits, and the opened one as HTML of its own partial."""

    title: str
    url: str
    items: tuple[InboxItem, ...]
    tabs: tuple[Tab, ...] = ()
    live_on: str = "notification"
    waiting: int = 0
    actions: tuple[Action, ...] = ()
    together: tuple[Action, ...] = ()  # what can be done with those that are ticked
    do_url: str = ""  # below it lies what is done with tasks
    detail_url: str = ""
    has_detail: bool = True  # what is opened is read beside the list, not on a page of its own
    empty: Empty | None = None
    more_url: str = ""
    search: InboxSearch | None = None


class Compared(View, frozen=True, kw_only=True):
    """A field of both records."""

    label: str
    new: str
    known: str
    same: bool = False


class Duplicate(View, frozen=True, kw_only=True):
    """A record that is known already, beside the new one."""

    title: str
    kind: str
    url: str
    score: int
    reason: str
    fields: tuple[Compared, ...] = ()
    actions: tuple[Action, ...] = ()


class ToAssign(View, frozen=True, kw_only=True):
    """A record that waits for an owner."""

    id: str
    title: str
    url: str  # of this screen with the record opened
    detail: str = ""
    badge: str = ""
    hue: str = "gray"
    value: str = ""
    duplicates: int = 0
    proposed: str = ""  # whom the rules would give it to
    at: datetime | None = None
    current: bool = False


class Member(View, frozen=True, kw_only=True):
    """Someone who can be given records; `load` of `target` are open."""

    id: str
    name: str
    load: int
    target: int = 0
    absent: str = ""
    note: str = ""

    @property
    def share(self) -> float:
        """The load as a share of the target, from 0 to 1."""
        return min(1.0, self.load / self.target) if self.target else 0.0


class AssignmentView(View, frozen=True, kw_only=True):
    """The manager's screen: records to assign, duplicates of the opened one, the team."""

    title: str
    url: str
    assign_url: str
    entity: str
    items: tuple[ToAssign, ...]
    members: tuple[Member, ...]
    filters: tuple[Tab, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    opened: str = ""  # title of the record whose duplicates are shown
    hidden_duplicates: int = 0
    priorities: tuple[tuple[str, str], ...] = ()
    action_url: str = ""  # where filter and search are sent
    query: str = ""
    conditions: str = "[]"  # JSON of the filter builder
    chips: tuple[Chip, ...] = ()
    fields_url: str = ""  # what can be asked of, as JSON
    keep: dict[str, str] = {}  # further parameters of the address
    view_options: tuple[tuple[str, str, bool], ...] = ()  # the saved views to limit to: key, label, chosen
    count: int = 0  # how many wait in all
    more_url: str = ""  # the next records that wait
    empty: Empty | None = None

    @property
    def has_proposals(self) -> bool:
        """Whether the rules name somebody for one of the records."""
        return any(item.proposed for item in self.items)


class PaletteResult(View, frozen=True, kw_only=True):
    """A record, a place or an action; with `dialog_url` it opens in the dialog, else it is a page."""

    title: str
    url: str = ""
    dialog_url: str = ""
    detail: str = ""
    icon: str = ""
    keys: str = ""
    found: tuple[int, int] = (0, 0)  # where in the title the query stands

    @property
    def parts(self) -> tuple[str, str, str]:
        """The title before, within and after what was found."""
        start, end = self.found
        return self.title[:start], self.title[start:end], self.title[end:]


class PaletteGroup(View, frozen=True, kw_only=True):
    """A titled group of results."""

    label: str
    results: tuple[PaletteResult, ...]
