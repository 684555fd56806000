"""Incoming mail with what became of it, and the page behind a button of a mail."""

from datetime import datetime

from entente.interfaces.html.views.frame import Action, Empty, Tab, View


class ReceivedMail(View, frozen=True, kw_only=True):
    """A mail that arrived: from whom, when, what became of it and why."""

    id: str
    sender: str
    subject: str
    at: datetime
    state: str
    state_label: str
    reason: str
    url: str


class OpenedMail(View, frozen=True, kw_only=True):
    """A mail that arrived, opened: what was written, what was quoted, the facts that decided, what it led to."""

    mail: ReceivedMail
    answer: str
    quoted: str
    facts: tuple[tuple[str, str], ...]
    headers: str
    actions: tuple[Action, ...] = ()


class IncomingView(View, frozen=True, kw_only=True):
    """Mails that arrived, latest first; `faults` says which mailboxes cannot be read."""

    title: str
    mails: tuple[ReceivedMail, ...]
    opened: OpenedMail | None = None
    tabs: tuple[Tab, ...] = ()
    empty: Empty | None = None
    faults: tuple[str, ...] = ()


class ButtonView(View, frozen=True, kw_only=True):
    """What a button of a mail will do and in whose name; `done` says that it was done."""

    title: str
    text: str
    url: str
    submit: str
    comment_label: str = ""
    done: str = ""
    open_url: str = ""
    open_label: str = ""
