"""A record's page: facts, stages, timeline, related records."""

from datetime import date, datetime
from typing import Literal

from entente.interfaces.html.views.fields import FieldView, Names
from entente.interfaces.html.views.frame import Action, Banner, Crumb, Person, Tab, View


class Stage(View, frozen=True, kw_only=True):
    """A step of the path; `time` is how long it took or takes, `url` where the record is moved there, `key` to what."""

    label: str
    state: Literal["done", "skipped", "current", "coming", "failed"]
    time: str = ""
    url: str = ""
    key: str = ""


class FactSection(View, frozen=True, kw_only=True):
    """A titled group of fields."""

    key: str
    label: str
    fields: tuple[FieldView, ...]
    folded: bool = False


class Change(View, frozen=True, kw_only=True):
    """A field that changed, old and new value in words."""

    label: str
    old: str = ""
    new: str = ""


class Attachment(View, frozen=True, kw_only=True):
    """A file: its name, where it is, its size in bytes; a document has a page and the number of its version.

    A version says who brought it, when and why; `restore_url` makes it the newest again.
    """

    name: str
    url: str
    size: int = 0
    icon: str = "file"
    page_url: str = ""
    version: int = 0
    who: str = ""
    at: datetime | None = None
    note: str = ""
    restore_url: str = ""


class TimelineItem(View, frozen=True, kw_only=True):
    """Something that happened to a record; `body` is a text, `html` is cleaned before it is shown."""

    id: str
    icon: str
    hue: str
    who: str
    what: str
    at: datetime
    body: str = ""
    html: str = ""
    changes: tuple[Change, ...] = ()
    files: tuple[Attachment, ...] = ()
    url: str = ""
    actions: tuple[Action, ...] = ()


class Timeline(View, frozen=True, kw_only=True):
    """What happened, newest first, with its filters."""

    url: str
    items: tuple[TimelineItem, ...]
    live_on: str = ""
    filters: tuple[Tab, ...] = ()
    more_url: str = ""
    pinned: tuple[TimelineItem, ...] = ()


class Composer(View, frozen=True, kw_only=True):
    """The box to add to the timeline: a note is written here, other kinds open their own fields."""

    url: str
    kinds: tuple[Tab, ...] = ()
    fields: tuple[FieldView, ...] = ()
    mentions_url: str = "/search/people"
    draft: str = ""
    error: str = ""
    text_name: str = "text"
    text_label: str = ""  # shown when the text stands among other fields
    has_text: bool = True
    text: str = ""  # what a refused composer had in its box, and whom it mentioned
    mentions: tuple[str, ...] = ()


class RelatedRow(View, frozen=True, kw_only=True):
    """A record in a related list: title, what else is said of it, and a figure at the right."""

    title: str
    url: str
    detail: str = ""
    value: str = ""
    badge: str = ""
    hue: str = "gray"
    icon: str = ""
    edit: Action | None = None  # where the title leads to another record than the one that says this


class RelatedList(View, frozen=True, kw_only=True):
    """Records that point to this one."""

    key: str
    label: str
    icon: str
    rows: tuple[RelatedRow, ...]
    count: int
    url: str = ""
    add: Action | None = None


class TaskCard(View, frozen=True, kw_only=True):
    """What is asked of the person now."""

    title: str
    text: str = ""
    due: datetime | date | None = None
    answers: tuple[Action, ...] = ()
    actions: tuple[Action, ...] = ()
    more: tuple[Action, ...] = ()  # what is asked for less often, in a menu
    key: str = ""  # tells the menus of several cards apart


class TableColumn(View, frozen=True, kw_only=True):
    """A column of a table of parts."""

    label: str
    is_number: bool = False


class TableLine(View, frozen=True, kw_only=True):
    """A part of the record, by columns; where a field means nothing for it there is no cell."""

    id: str
    cells: tuple[FieldView | None, ...]
    kind: str = ""
    actions: tuple[Action, ...] = ()


class NewLine(View, frozen=True, kw_only=True):
    """The inputs of a part to come."""

    url: str
    fields: tuple[FieldView, ...]
    names: Names = Names()
    error: str = ""


class RelatedTable(View, frozen=True, kw_only=True):
    """The parts of a record, all of them, written in place while they may be."""

    key: str
    label: str
    icon: str
    columns: tuple[TableColumn, ...]
    lines: tuple[TableLine, ...]
    names: Names = Names()
    new: NewLine | None = None
    add: Action | None = None


class RecordView(View, frozen=True, kw_only=True):
    """A record with all that its page shows."""

    entity: str
    id: str
    version: int
    url: str
    title: str
    icon: str
    names: Names = Names()
    crumbs: tuple[Crumb, ...] = ()
    status: FieldView | None = None
    header: tuple[FieldView, ...] = ()
    position: str = ""
    previous_url: str = ""
    next_url: str = ""
    follow_url: str = ""
    following: bool = False
    actions: tuple[Action, ...] = ()
    more: tuple[Action, ...] = ()
    stages: tuple[Stage, ...] = ()
    sections: tuple[FactSection, ...] = ()
    banners: tuple[Banner, ...] = ()
    tasks: tuple[TaskCard, ...] = ()
    composer: Composer | None = None
    composer_names: Names = Names()
    timeline: Timeline | None = None
    related: tuple[RelatedList, ...] = ()
    tables: tuple[RelatedTable, ...] = ()
    requests: tuple[Action, ...] = ()  # forms that can be sent about the record
    forms: tuple[str, ...] = ()  # addresses of forms that stand in the page
    followers: tuple[Person, ...] = ()
    upload_url: str = ""
    has_versions: bool = False  # the files are versions of the record itself
    files: tuple[Attachment, ...] = ()
    process_url: str = ""
    has_processes: bool = False


class HistoryLine(View, frozen=True, kw_only=True):
    """One change of one field."""

    at: datetime
    who: str
    old: str
    new: str
    via: str = ""


class FieldHistory(View, frozen=True, kw_only=True):
    """Who changed a field, from what, newest first."""

    label: str
    lines: tuple[HistoryLine, ...]


class PastView(View, frozen=True, kw_only=True):
    """A record's facts at the end of a day; no sections when it was not there yet."""

    title: str
    url: str
    day: date
    today: date
    sections: tuple[FactSection, ...]
    names: Names = Names()
