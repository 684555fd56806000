"""Values with a format of their own as they are asked for: rows that can be added, moved and removed."""

from entente.interfaces.html.views.frame import View

Options = tuple[tuple[str, str], ...]


class Pick(View, frozen=True, kw_only=True):
    """A choice within a row."""

    name: str
    label: str
    value: str = ""
    options: Options = ()


class Answer(View, frozen=True, kw_only=True):
    """What a row asks for besides its choices: in an input of this kind, for one value or several."""

    name: str
    label: str
    kind: str  # text, area, number, date, checks, select, records
    values: tuple[str, ...] = ()
    options: Options = ()  # what can be ticked or selected; of records: those chosen, by id and title
    src: str = ""  # records: where candidates are searched


class Row(View, frozen=True, kw_only=True):
    """One row: what is chosen in it, and what is typed or ticked."""

    number: int
    picks: tuple[Pick, ...] = ()
    answers: tuple[Answer, ...] = ()


class Rows(View, frozen=True, kw_only=True):
    """Rows in their order; `note` says how they count together, `missing` what has to be chosen before."""

    url: str
    rows: tuple[Row, ...] = ()
    note: str = ""
    missing: str = ""
    add: str = ""  # what the button that adds a row says
    ordered: bool = False  # whether rows can be moved
    join: Pick | None = None  # how the rows count together, where a person chooses
    fixed: bool = False  # whether rows neither come nor go
    code: str | None = None  # what rows cannot say, as it is written
    codes: bool = False  # whether it can be written instead
