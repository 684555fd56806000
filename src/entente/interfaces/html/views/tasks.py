"""A task of the worklist as its reader sees it: what is asked, in whose hands it is, what was done."""

from datetime import date, datetime

from entente.interfaces.html.views.fields import FieldView, Names
from entente.interfaces.html.views.forms import FormParts
from entente.interfaces.html.views.frame import Action, View


class Outcome(View, frozen=True, kw_only=True):
    """One way to end a task."""

    key: str
    label: str
    tone: str = ""
    icon: str = ""


class Hand(View, frozen=True, kw_only=True):
    """Someone who has the task, or had it."""

    name: str
    state: str
    hue: str = "gray"
    note: str = ""


class Question(View, frozen=True, kw_only=True):
    """What somebody is asked about a task, and what he said."""

    text: str
    to: str
    answer: str = ""
    answered: bool = False
    answered_by: str = ""


class Deed(View, frozen=True, kw_only=True):
    """A line of what happened."""

    at: datetime
    text: str
    comment: str = ""


class TaskPane(View, frozen=True, kw_only=True):
    """A task opened beside the list; `ended` says how it ended when it is over."""

    id: str
    title: str
    url: str
    text: str = ""
    process: str = ""
    process_url: str = ""
    at: datetime
    due: datetime | date | None = None
    flag: str = ""
    about: Action | None = None
    kept: str = ""  # why less of the record is shown than there is
    facts: tuple[FieldView, ...] = ()
    names: Names = Names()
    form: FormParts | None = None
    outcomes: tuple[Outcome, ...] = ()
    answer_url: str = ""
    back_url: str = "/inbox"  # the list that it was opened from
    comment: str = ""
    errors: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    more: tuple[Action, ...] = ()
    questions: tuple[Question, ...] = ()
    waits: str = ""  # why it cannot be decided now
    progress: str = ""
    hands: tuple[Hand, ...] = ()
    history: tuple[Deed, ...] = ()
    ended: str = ""
