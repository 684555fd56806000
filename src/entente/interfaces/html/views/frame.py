"""What stands around and on every page: navigation, actions, tabs, empty states."""

from typing import Literal

import msgspec


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Anything that a template shows."""


class NavItem(View, frozen=True, kw_only=True):
    """A line of the side bar; `goto` is the letter after G, `count_key` the name under which live counts arrive."""

    key: str
    label: str
    url: str
    icon: str
    goto: str = ""
    count_key: str = ""
    count: int = 0
    waiting: bool = False  # the count waits for this very person
    count_url: str = ""  # where the page asks for the count by itself, again when records of `live_on` change
    live_on: str = ""


class NavGroup(View, frozen=True, kw_only=True):
    """A titled group of the side bar."""

    key: str
    label: str
    entries: tuple[NavItem, ...]


class Shell(View, frozen=True, kw_only=True):
    """What surrounds every page; `phone` holds three links, the create button stands after the second."""

    workspace: str
    user: str
    person: str = ""  # whose drafts this browser keeps
    user_role: str = ""
    login: str = ""
    current: str = ""
    csrf: str = ""
    live_url: str = ""  # the stream of live updates; empty: none
    top: tuple[NavItem, ...] = ()
    groups: tuple[NavGroup, ...] = ()
    phone: tuple[NavItem, ...] = ()
    demo: bool = False


Tone = Literal["", "primary", "success", "danger", "ghost"]


class Action(View, frozen=True, kw_only=True):
    """Something to do: opens a dialog (GET), acts at once (POST) or goes to a page; `key` is its letter.

    What is done (`do`) acts at once and opens the dialog only for what is refused.
    """

    label: str
    url: str
    way: Literal["dialog", "post", "do", "go", "drawer"] = "dialog"
    icon: str = ""
    tone: Tone = ""
    key: str = ""
    confirm: str = ""


class Tab(View, frozen=True, kw_only=True):
    """One of several views of the same thing."""

    label: str
    url: str
    current: bool = False
    count: int | None = None
    waiting: bool = False
    icon: str = ""
    origin: Literal["", "personal", "team", "system"] = ""


class Crumb(View, frozen=True, kw_only=True):
    """A step of the way to this page."""

    label: str
    url: str


class Empty(View, frozen=True, kw_only=True):
    """Nothing to show: one sentence and the one next action."""

    text: str
    icon: str = "mood-empty"
    actions: tuple[Action, ...] = ()


class Banner(View, frozen=True, kw_only=True):
    """A message across the page."""

    text: str
    hue: str = "blue"
    icon: str = "info-circle"
    actions: tuple[Action, ...] = ()


class Person(View, frozen=True, kw_only=True):
    """Somebody by name."""

    id: str
    name: str
    detail: str = ""


class DialogPage(View, frozen=True, kw_only=True):
    """A dialog whose address was opened by itself: where it is, and the page under it."""

    url: str
    under: str
    place: Literal["dialog", "drawer"] = "dialog"
    title: str = ""
