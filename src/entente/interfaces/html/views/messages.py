"""What the pages about messages of processes show."""

from entente.interfaces.html.views.frame import View
from entente.interfaces.html.views.processes import Option
from entente.interfaces.html.views.variables import Variables


class MessageView(View, frozen=True, kw_only=True):
    """The dialog that sends a message or signal by hand; whom it would reach is asked for as one writes."""

    title: str
    url: str
    reach_url: str
    kinds: tuple[Option, ...]
    name: str = ""
    names: tuple[str, ...] = ()  # of what waits now, offered as one types
    correlation: str = ""
    business_key: str = ""
    lookup_url: str = ""
    record: tuple[tuple[str, str], ...] = ()
    kept: tuple[Option, ...] = ()
    variables: Variables | None = None
    error: str = ""
