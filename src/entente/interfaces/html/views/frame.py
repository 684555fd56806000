"""What stands around and on every page: navigation, actions, tabs, empty states."""

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
    """What surrounds every page; `phone` holds three links, the create button stands after the second."""

    workspace: str
    user: str
    user_role: str = ""
    current: str = ""
    csrf: str = ""
    live_url: str = ""  # the stream of live updates; empty: none
    top: tuple[NavItem, ...] = ()
    groups: tuple[NavGroup, ...] = ()
    phone: tuple[NavItem, ...] = ()
    demo: bool = False


class Action(View):
    """Something to do: opens a dialog (GET), acts at once (POST), or goes to a page; `key` is the letter that does it."""

    label: str
    url: str
    way: Literal["dialog", "post", "go", "drawer"] = "dialog"
    icon: str = ""
    tone: Literal["", "primary", "success", "danger", "ghost"] = ""
    key: str = ""
    confirm: str = ""


class Tab(View):
    """One of several views of the same thing."""

    label: str
    url: str
    current: bool = False
    count: int | None = None
    waiting: bool = False
    icon: str = ""
    origin: Literal["", "personal", "team", "system"] = ""


class Crumb(View):
    """A step of the way to this page."""

    label: str
    url: str


class Empty(View):
    """Nothing to show: one sentence and the one next action."""

    text: str
    icon: str = "mood-empty"
    actions: tuple[Action, ...] = ()


class Banner(View):
    """A message across the page."""

    text: str
    hue: str = "blue"
    icon: str = "info-circle"
    actions: tuple[Action, ...] = ()


class Person(View):
    """Somebody by name."""

    id: str
    name: str
    detail: str = ""
