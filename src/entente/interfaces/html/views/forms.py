"""Forms: quick creation, the dialog of an action, conflicts, public forms, the door."""

from datetime import datetime

from entente.interfaces.html.views.fields import FieldView, Names
from entente.interfaces.html.views.frame import Action, Person, View
from entente.interfaces.html.views.live import LiveRules


class FormSection(View, frozen=True, kw_only=True):
    """A group of fields; `show_if` is an expression that the page evaluates."""

    fields: tuple[FieldView, ...]
    key: str = ""
    label: str = ""
    columns: int = 1
    show_if: str = ""
    folded: bool = False


class Hint(View, frozen=True, kw_only=True):
    """A record that looks like the one being typed."""

    title: str
    detail: str
    reason: str
    url: str = ""
    score: int = 0
    blocks: bool = False
    key: str = ""  # its id, where it can be chosen


class PartView(View, frozen=True, kw_only=True):
    """A part of what an action makes: created with the fields shown, one of the hits, another record, or nothing."""

    name: str
    label: str
    means: str
    may_create: bool = True
    hits: tuple[Hint, ...] = ()
    chosen: str = ""
    lookup_url: str = ""
    fields: tuple[FieldView, ...] = ()


class FormView(View, frozen=True, kw_only=True):
    """A form in a dialog; `draft` is the key under which what is typed is kept."""

    title: str
    url: str
    submit: str
    sections: tuple[FormSection, ...]
    live: LiveRules | None = None
    parts: tuple[PartView, ...] = ()
    names: Names = Names()
    text: str = ""
    target: str = "#dialog"
    draft: str = ""
    record: str = ""  # "entity:id", so that a change by someone else is announced
    version: int = 0
    duplicates_url: str = ""
    errors: tuple[str, ...] = ()  # those of no single field
    hidden: dict[str, str] = {}
    also: str = ""  # label of a second submit that sends then=another
    listed: tuple[tuple[str, str], ...] = ()  # hidden values of which several have one name
    entries: tuple[tuple[str, Action], ...] = ()  # what there is already, each with what ends it
    droppable: tuple[tuple[str, str], ...] = ()  # fields that can be taken out of it again
    addable: tuple[tuple[str, str], ...] = ()  # fields that can be added to the form: the form comes back with them
    destructive: bool = False
    wide: bool = False


class ResultView(View, frozen=True, kw_only=True):
    """What an action made: its records by kind, title and address; or those refused, by reason, title and address."""

    title: str
    lines: tuple[tuple[str, str, str], ...]
    undo_url: str = ""
    refused: bool = False


class HintsView(View, frozen=True, kw_only=True):
    """What looks the same; `hidden` counts those that the reader may not see."""

    hints: tuple[Hint, ...]
    hidden: int = 0


class Clash(View, frozen=True, kw_only=True):
    """A field that both changed: what each has written."""

    name: str
    label: str
    mine_text: str
    theirs_text: str


class ConflictView(View, frozen=True, kw_only=True):
    """Someone else saved first: both versions, side by side."""

    who: str
    at: datetime
    url: str
    version: int  # theirs: what the next save is based on
    draft: str = ""  # what was typed in the form before, which this choice brings to its end
    clashes: tuple[Clash, ...]
    merged: tuple[str, ...] = ()  # labels of the fields that only they changed
    hidden: tuple[tuple[str, str], ...] = ()  # everything else that was typed, sent again


class CreateMenu(View, frozen=True, kw_only=True):
    """What can be created from anywhere."""

    actions: tuple[Action, ...]


class SignInView(View, frozen=True, kw_only=True):
    """The door; `cast` are the people of the demo, who come in by one click."""

    url: str
    csrf: str
    workspace: str = ""
    error: str = ""
    name: str = ""
    next: str = ""
    is_empty: bool = False  # nobody can sign in yet
    cast: tuple[Person, ...] = ()
    password: str = ""  # the demo's one password, shown in demo mode only


class SetupView(View, frozen=True, kw_only=True):
    """The creation of the first administrator, or the choice of a password, by a one-time link."""

    url: str
    csrf: str
    fields: tuple[FieldView, ...] = ()  # what the first administrator says of himself
    names: Names = Names()
    name: str = ""  # who chooses his password; nobody: the first administrator
    login: str = ""
    error: str = ""
    password_error: str = ""


class FormParts(View, frozen=True, kw_only=True):
    """What a form asks, for a page that puts its own buttons below."""

    sections: tuple[FormSection, ...]
    names: Names = Names()
    live: LiveRules | None = None
    errors: tuple[str, ...] = ()


class PublicForm(View, frozen=True, kw_only=True):
    """A form for everyone; `done` is shown instead of it once it was sent."""

    title: str
    url: str
    sections: tuple[FormSection, ...]
    live: LiveRules | None = None
    names: Names = Names()
    intro: str = ""
    submit: str = ""
    consent: str = ""
    trap: str = "website_url"  # the field that only robots fill
    token: str = ""
    hidden: dict[str, str] = {}
    errors: tuple[str, ...] = ()
    embedded: bool = False
    done: str = ""
    confirm: str = ""  # asked before sending
    companies_url: str = ""
    company_field: str = ""
    consented: bool = False
    check_url: str = ""  # where one answer is checked by the server while one types
    language_url: str = ""  # the same page in the other language
    language_label: str = ""


class Snippet(View, frozen=True, kw_only=True):
    """Markup to be copied into someone else’s page."""

    key: str
    label: str
    markup: str


class SnippetsView(View, frozen=True, kw_only=True):
    """The ways to put a public form on a site."""

    title: str
    text: str
    sites: str
    snippets: tuple[Snippet, ...]


class PlainForm(View, frozen=True, kw_only=True):
    """A public form as the simplest markup, for someone else’s page; the addresses are complete."""

    url: str
    sections: tuple[FormSection, ...]
    submit: str
    consent: str = ""
    trap: str = "website_url"
    language: str = "en"


class ErrorView(View, frozen=True, kw_only=True):
    """What went wrong, in words that say what to do; `reference` finds it in the log."""

    status: int
    title: str
    text: str
    reference: str = ""
    back_url: str = ""  # the page from which one came
    home_url: str = "/"
