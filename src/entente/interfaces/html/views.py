"""What the page templates are given: plain structs, filled by the pages of the web interface."""

from typing import Literal

import msgspec


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Anything that a template shows."""


class NavItem(View):
    """A line of the side bar; `goto` is the letter after G, `count_key` the name under which live counts arrive."""

    key: str
    label: str
    url: str
    icon: str
    goto: str = ""
    count_key: str = ""
    count: int = 0
    waiting: bool = False  # the count waits for this very person


class NavGroup(View):
    """A titled group of the side bar."""

    key: str
    label: str
    entries: tuple[NavItem, ...]


class Shell(View):
    """What surrounds every page; `phone` holds the four links of the bottom bar's left and middle."""

    workspace: str
    user: str
    user_role: str = ""
    current: str = ""
    csrf: str = ""
    top: tuple[NavItem, ...] = ()
    groups: tuple[NavGroup, ...] = ()
    phone: tuple[NavItem, ...] = ()
