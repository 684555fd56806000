"""The drawing board of a form: sections and fields as cards, what can still be added, the properties of one part."""

from entente.interfaces.html.views.fields import FieldView, Names
from entente.interfaces.html.views.forms import FormParts
from entente.interfaces.html.views.frame import Action, Crumb, Tab, View
from entente.interfaces.html.views.lists import FilterField


class FieldCard(View, frozen=True, kw_only=True):
    """A field on the drawing board; `marks` say what is special about it."""

    name: str
    label: str
    kind: str
    marks: tuple[str, ...] = ()
    span: bool = False
    chosen: bool = False


class SectionCard(View, frozen=True, kw_only=True):
    """A section on the drawing board."""

    key: str
    label: str
    columns: int
    fields: tuple[FieldCard, ...]
    marks: tuple[str, ...] = ()
    chosen: bool = False


class RuleCard(View, frozen=True, kw_only=True):
    """A rule: what it does, to what, under which condition; `said` is the condition in words."""

    at: int
    deed: str
    aims: str
    when: str
    said: str
    problem: str = ""
    chosen: bool = False


class Panel(View, frozen=True, kw_only=True):
    """The properties of the part that is chosen; `deed` is what sending them does."""

    title: str
    deed: str
    part: str
    fields: tuple[FieldView, ...]
    conditions: tuple[FilterField, ...] = ()  # a rule: the fields of the builder of conditions


class Preview(View, frozen=True, kw_only=True):
    """The form as a role sees it."""

    parts: FormParts
    role: str
    roles: tuple[tuple[str, str], ...]
    phone: bool = False


class DesignerView(View, frozen=True, kw_only=True):
    """A form on the drawing board; `stamp` is what it was drawn from."""

    title: str
    url: str
    stamp: int
    part: str
    crumbs: tuple[Crumb, ...]
    modes: tuple[Tab, ...]
    state: str
    sections: tuple[SectionCard, ...] = ()
    palette: tuple[FieldCard, ...] = ()
    rules: tuple[RuleCard, ...] = ()
    rules_note: str = ""
    may_rule: bool = True
    may_ask: bool = False  # questions of its own, which are no fields of the entity
    has_texts: bool = False
    panel: Panel | None = None
    preview: Preview | None = None
    problems: tuple[str, ...] = ()
    changed: bool = False
    actions: tuple[Action, ...] = ()
    names: Names = Names()
