"""How an entity is shown: lists, forms and boards, declared in `<noun>.screens.yaml`."""

from typing import Literal

import msgspec

from entente.kernel.kit.words import Text
from entente.kernel.metadata.forms import FormDef


class Sort(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A field to sort by and its direction."""

    field: str
    descending: bool = False


class ListDef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A saved view as shipped: which records, which columns, in which order, shown how."""

    key: str
    label: Text
    columns: tuple[str, ...]
    filter: str = ""  # an expression; empty: all
    sort: tuple[Sort, ...] = ()
    kind: Literal["list", "board"] = "list"
    group_by: str | None = None  # board: the choice or link field of the columns
    card: tuple[str, ...] = ()  # board: the fields of a card
    waiting: bool = False  # its records wait to be dealt with: their number stands on the tab


class Related(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A list, on a record's page, of the records of another entity that point here."""

    entity: str
    field: str
    label: Text
    columns: tuple[str, ...]
    sort: tuple[Sort, ...] = ()
    kind: Literal["list", "table"] = "list"  # a table has every record with all its columns, and is written in place


class PageLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A page elsewhere in the product that belongs to a record; `{field}` in its address is the record's, or `{id}`."""

    label: Text
    url: str
    icon: str = "external-link"


class Screens(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Everything that is shown of one entity."""

    screens: str  # the entity
    lists: tuple[ListDef, ...]
    forms: tuple[FormDef, ...]
    related: tuple[Related, ...] = ()
    header: tuple[str, ...] = ()  # fields under the title of the record's page
    path: str | None = None  # the choice or stage field shown as the bar of steps
    actions: tuple[str, ...] = ()  # actions shown as buttons, first is primary
    links: tuple[PageLink, ...] = ()  # pages that the record's menu leads to
    moves: dict[str, dict[str, str]] = {}  # board: field -> its choice or its step's type -> the action leading there
    stale: str | None = None  # an expression: true of a record that has stood still for too long


class Menu(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A group of the side bar with its entities."""

    key: str
    label: Text
    entities: tuple[str, ...]
    position: int = 50  # groups stand in this order, then in that of the modules
