"""The import wizard, the settings and the outbox."""

from datetime import datetime
from typing import Literal

from entente.interfaces.html.views.fields import Names
from entente.interfaces.html.views.forms import FormSection
from entente.interfaces.html.views.frame import Action, Banner, Empty, Tab, View

Step = Literal["file", "columns", "duplicates", "check", "run"]


class Mapping(View, frozen=True, kw_only=True):
    """A column of the file and the field it fills; `sample` are its first values."""

    column: str
    field: str
    sample: tuple[str, ...]
    guessed: bool = False


class Rejected(View, frozen=True, kw_only=True):
    """A row that was refused: the cell and why."""

    line: int
    column: str
    value: str
    reason: str


class LeftRecord(View, frozen=True, kw_only=True):
    """A record that the undo of an import left as it was: its name and address, why, who changed it last and when."""

    title: str
    url: str
    reason: str
    by: str = ""
    at: datetime | None = None


class PreviewCell(View, frozen=True, kw_only=True):
    """A value in a row of the preview, what is wrong with it, and the record that the row repeats with its address."""

    text: str = ""
    fault: str = ""
    known: str = ""
    url: str = ""


class ImportProgress(View, frozen=True, kw_only=True):
    """How far the import is; `seconds_left` is an estimate."""

    total: int
    done: int
    created: int = 0
    updated: int = 0
    skipped: int = 0
    rejected: int = 0
    seconds_left: int | None = None
    state: Literal["running", "paused", "stopped", "finished", "failed", "undoing", "undone", "checking", "checked"] = (
        "running"
    )
    error: str = ""

    def share(self, count: int) -> float:
        """A count as a share of the total, from 0 to 100."""
        return 100 * count / self.total if self.total else 0.0


class ImportView(View, frozen=True, kw_only=True):
    """The wizard at one of its five steps."""

    title: str
    step: Step
    url: str
    csrf: str = ""
    error: str = ""
    file_name: str = ""
    entities: tuple[tuple[str, str], ...] = ()
    entity: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    mappings: tuple[Mapping, ...] = ()
    headings: tuple[str, ...] = ()
    preview: tuple[tuple[PreviewCell, ...], ...] = ()
    duplicates: str = "skip"
    progress: ImportProgress | None = None
    rejected: tuple[Rejected, ...] = ()
    rejects_url: str = ""
    actions: tuple[Action, ...] = ()
    left: tuple[LeftRecord, ...] = ()
    left_count: int = 0
    left_url: str = ""  # the list of all of them
    rules: bool = True
    remembered: bool = False  # the columns are those of an earlier file like this one
    remarks: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()  # of a workbook: the one that is read, then the others
    job: str = ""
    back_url: str = ""
    list_url: str = ""


class SettingsView(View, frozen=True, kw_only=True):
    """A page of settings: sections of fields that are saved together."""

    title: str
    url: str
    sections: tuple[FormSection, ...]
    names: Names = Names()
    tabs: tuple[Tab, ...] = ()
    errors: tuple[str, ...] = ()
    saved: bool = False
    submit: str = ""  # what the button says; empty: save


class SentMail(View, frozen=True, kw_only=True):
    """A mail that left or waits."""

    id: str
    to: str
    subject: str
    at: datetime
    state: Literal["waiting", "kept", "sent", "failed", "uncertain"]
    url: str
    error: str = ""
    actions: tuple[Action, ...] = ()


class OutboxView(View, frozen=True, kw_only=True):
    """Outgoing mails; `html_url` serves the opened one in a sandbox of its own."""

    title: str
    mails: tuple[SentMail, ...]
    opened: SentMail | None = None
    html_url: str = ""
    text: str = ""
    files: tuple[tuple[str, int], ...] = ()  # names and sizes in bytes
    tabs: tuple[Tab, ...] = ()
    banners: tuple[Banner, ...] = ()
    empty: Empty | None = None
