"""Lists and boards."""

from typing import Any, Literal

import msgspec

from entente.interfaces.html.views.fields import FieldView, Names
from entente.interfaces.html.views.frame import Action, Banner, Empty, Tab, View
from entente.kernel.metadata.entity import FieldDef

NUMBERS = ("integer", "decimal", "money", "percent", "duration")


class Column(View, frozen=True, kw_only=True):
    """A column; `phone` says where its value stands on a phone's card, nowhere when empty."""

    name: str
    field: FieldDef
    label: str
    sort_url: str = ""
    then_url: str = ""  # sorts by this column after those that sort already
    sorted: Literal["", "ascending", "descending"] = ""
    rank: int = 0  # which of several sorting columns it is, counted from 1
    phone: Literal["", "value", "line"] = ""
    total: str = ""

    @property
    def is_number(self) -> bool:
        """Whether values stand at the right."""
        return self.field.type in NUMBERS


class Row(View, frozen=True, kw_only=True):
    """A record in a list; `values` follow the columns after the title, `edit_urls` name the cells that are editable."""

    id: str
    title: str
    url: str
    values: tuple[Any, ...]
    preview_url: str = ""
    edit_urls: dict[str, str] = {}
    stale: bool = False


class Chip(View, frozen=True, kw_only=True):
    """One condition of the filter, in words."""

    label: str
    text: str
    value: str = ""
    place: str = "0"  # which condition of the filter: `2`, or `2.1` in a group
    joined: bool = False  # stands beside the chip before by "or"
    ends: bool = True  # is the last of its group


class FilterChoice(View, frozen=True, kw_only=True):
    """An option of a choice field."""

    key: str
    label: str
    hue: str = "gray"


class FilterOp(View, frozen=True, kw_only=True):
    """A comparison that a field offers; one with choices takes one of them."""

    key: str
    label: str
    choices: tuple[FilterChoice, ...] = ()


class FilterField(View, frozen=True, kw_only=True):
    """A field that can be filtered by; `src` searches the candidates of a link, no `ops`: those of its kind."""

    name: str
    label: str
    kind: Literal["text", "number", "date", "choice", "link", "boolean"]
    ops: tuple[FilterOp, ...]
    choices: tuple[FilterChoice, ...] = ()
    src: str = ""


class ColumnChoice(View, frozen=True, kw_only=True):
    """A column that the picker offers."""

    name: str
    label: str
    shown: bool


class Screen(View, frozen=True, kw_only=True):
    """What lists and boards have in common."""

    entity: str
    title: str
    title_label: str  # the name of the first column
    url: str  # of this very view, with its filter and sort
    names: Names = Names()
    kinds: tuple[Tab, ...] = ()
    views: tuple[Tab, ...] = ()
    view_changed: bool = False
    reset_url: str = ""
    save_view: Action | None = None
    new_view: Action | None = None
    action_url: str = ""  # where filter and search are sent
    query: str = ""
    conditions: str = "[]"  # JSON of the filter builder
    chips: tuple[Chip, ...] = ()
    fields_url: str = ""  # what can be asked of, as JSON
    keep: dict[str, str] = {}  # further parameters of the address: view, sort
    new: Action | None = None
    more: tuple[Action, ...] = ()
    banners: tuple[Banner, ...] = ()
    count: str = ""
    empty: Empty | None = None


class ViewOrder(View, frozen=True, kw_only=True):
    """The dialog in which somebody puts the views of a list in order: each with its key, its name and whose it is."""

    title: str
    url: str
    lines: tuple[tuple[str, str, str], ...]


class ListView(Screen, frozen=True, kw_only=True):
    """A list of records with saved views, filter, columns and bulk actions."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    shown: str = ""  # "1-50 of 1,284"
    previous_url: str = ""
    next_url: str = ""
    total: int = 0
    uncounted: str = ""  # how many there are in words, when there are more than were counted
    bulk: tuple[Action, ...] = ()
    matching: str = ""  # what stands for "all that match" in a bulk request
    column_choices: tuple[ColumnChoice, ...] = ()
    columns_url: str = ""
    has_totals: bool = False


class BoardCard(View, frozen=True, kw_only=True):
    """A record on a board."""

    id: str
    title: str
    url: str
    version: int
    fields: tuple[FieldView, ...] = ()
    value: str = ""
    due: Any = None  # a day or a moment
    due_text: str = ""
    owner: str = ""
    stale: bool = False
    locked: bool = False


class BoardColumn(View, frozen=True, kw_only=True):
    """A column of a board with its sums in words."""

    key: str
    label: str
    hue: str
    cards: tuple[BoardCard, ...]
    count: str
    sum: str = ""
    weighted: str = ""
    add: Action | None = None
    more_url: str = ""


class BoardView(Screen, frozen=True, kw_only=True):
    """Records in the columns of a choice or a stage; `move_url` holds `{id}`."""

    columns: tuple[BoardColumn, ...]
    move_url: str
    summary: str = ""
    parents: tuple[Tab, ...] = ()  # the processes of which the board shows one
    groupings: tuple[Action, ...] = ()  # the other fields that divide the records


def with_phone_places(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns with the place of each on a phone: the first amount, then two short facts."""
    value = next((column.name for column in columns if column.field.type == "money"), "")
    short = [column.name for column in columns if column.field.type in ("choice", "text", "link", "date")][:2]
    places = dict.fromkeys(short, "line") | ({value: "value"} if value else {})
    return tuple(msgspec.structs.replace(column, phone=places.get(column.name, "")) for column in columns)
