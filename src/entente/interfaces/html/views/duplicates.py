"""What a duplicate rule would find, and why."""

from entente.interfaces.html.views.fields import FieldView, Names
from entente.interfaces.html.views.frame import Crumb, View


class Compared(View, frozen=True, kw_only=True):
    """Two values as they stand, the form in which they are compared, and how alike they are."""

    label: str
    ours: str
    theirs: str
    form: str
    likeness: str


class Found(View, frozen=True, kw_only=True):
    """A record that the rule finds, with what it shares."""

    title: str
    url: str
    score: int
    pairs: tuple[Compared, ...]


class Trial(View, frozen=True, kw_only=True):
    """What was found; `text` says how many and what follows, or why nothing can be found.

    With `again_url` it is looked for again by itself: the records are still being prepared for the rule.
    """

    text: str
    hue: str
    found: tuple[Found, ...] = ()
    hidden: int = 0
    note: str = ""
    again_url: str = ""


class TrialPage(View, frozen=True, kw_only=True):
    """The page on which a rule is tried, on a record or on typed values."""

    title: str
    crumbs: tuple[Crumb, ...]
    url: str
    intro: str
    told: tuple[str, ...]
    lookup_url: str
    lookup_label: str
    fields: tuple[FieldView, ...]
    names: Names = Names()
