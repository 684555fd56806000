"""What the journal tells of what administrators declare."""

from datetime import datetime

from entente.interfaces.html.views.frame import View


class NoteLine(View, frozen=True, kw_only=True):
    """One deed: when, by whom, what it was, and from what to what."""

    at: datetime
    who: str
    what: str
    details: tuple[str, ...] = ()
    thing: str = ""
    kind: str = ""
    url: str = ""
