"""The editor of a process's variables."""

from entente.interfaces.html.views.frame import View


class VariableRow(View, frozen=True, kw_only=True):
    """A variable that is being edited: its type, its value as its input wants it; `known` when it keeps its name."""

    key: str
    name: str
    type: str
    value: str = ""
    currency: str = ""
    title: str = ""  # of a record
    known: bool = False
    error: str = ""


class Variables(View, frozen=True, kw_only=True):
    """The editor of variables: `url` draws the dialog around it anew, `types` are those that may be chosen."""

    url: str
    lookup_url: str
    rows: tuple[VariableRow, ...]
    types: tuple[tuple[str, str], ...]
    currencies: tuple[str, ...] = ()
