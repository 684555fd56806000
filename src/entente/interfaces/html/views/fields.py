"""A field of a record as shown or edited, and the names of the records that links point to."""

from typing import Any

from entente.interfaces.html.views.formats import Rows
from entente.interfaces.html.views.frame import View
from entente.kernel.metadata.entity import FieldDef


class Names(View, frozen=True, kw_only=True):
    """Titles of linked records by id, and the path of each entity's collection."""

    titles: dict[str, str] = {}
    paths: dict[str, str] = {}

    def title(self, identity: Any) -> str:
        """The title of a record; empty when it is unknown or hidden from the reader."""
        return self.titles.get(str(identity), "")

    def url(self, entity: str, identity: Any) -> str:
        """Where the record's page is."""
        return f"/{self.paths.get(entity, entity)}/{identity}"


class FieldView(View, frozen=True, kw_only=True):
    """A field with its value; `label` and `help` are in the reader's language."""

    name: str
    field: FieldDef
    label: str
    value: Any = None
    error: str = ""
    help: str = ""
    required: bool = False
    read_only: bool = False
    autofocus: bool = False
    edit_url: str = ""  # where the editor in place comes from and saves to; empty: not editable here
    version: int = 0  # of the record whose field is editable in place
    history_url: str = ""
    lookup_url: str = ""  # links: where candidates are searched, ?q= is added
    create_url: str = ""  # links: where a record is made from the words that found none; empty: not possible
    currencies: tuple[str, ...] = ()  # amounts: the codes to choose from; none: the one of the value, or the base one
    converted: str = ""  # an amount in another currency: what it is in the base one, and at which rate
    show_if: str = ""  # expression evaluated in the page, public forms only
    locked: str = ""  # why the field cannot be edited
    masked: bool = False
    single: bool = False  # a set of addresses or numbers asks for one only: public forms
    span: bool = False  # takes the whole width of a form in columns
    narrow: bool = False  # takes one column even where its type would take them all
    control: str = "auto"  # the control that a form chose instead of the type's own
    hidden: bool = False  # a rule of the form hides it as things stand
    rows: Rows | None = None  # a value with a format of its own: how it is asked for
    form_url: str = ""  # such a value: the form in which it is changed
    told: tuple[str, ...] = ()  # such a value in words, a sentence each


class CellEditor(View, frozen=True, kw_only=True):
    """The editor of one field in a list or on a record's page."""

    field: FieldView
    url: str
    names: Names = Names()
    version: int = 0
