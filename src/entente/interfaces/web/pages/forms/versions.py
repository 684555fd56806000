"""The versions of a form: who published what and when, what is different, and taking one up again."""

from litestar import Response, get
from litestar.params import FromPath

from entente.interfaces.html.views.frame import Action, Empty
from entente.interfaces.html.views.tables import Cell, Line, Table, Tables
from entente.interfaces.web.asking import AnyRequest, asked, show
from entente.interfaces.web.pages.forms.board import address_of, title_of
from entente.interfaces.web.pages.forms.designer import read_kind
from entente.interfaces.web.pages.forms.words import fields_of_design, label_of
from entente.interfaces.web.settings import tabs_of
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.forms import FormField
from entente.kernel.records.query import titles
from entente.kernel.records.record import Record
from entente.services.forms.designing import Design, design_of, version_shape, versions_of
from entente.services.forms.differences import Difference, differences

HUES = {"added": "green", "removed": "red", "changed": "amber", "moved": "blue"}


@get("/settings/forms/{kind:str}/{key:str}/versions", sync_to_thread=True)
def show_versions(request: AnyRequest, kind: FromPath[str], key: FromPath[str]) -> Response[str]:
    """The versions, and what one has differently from the draft."""
    with asked(request) as tx:
        design = design_of(tx, read_kind(kind), key)
        number = str(request.query_params.get("number") or "")
        compared = int(number) if number.isdigit() else None
        url = f"{address_of(design)}/versions"
        back = Action(label=tx.say("design.back"), url=address_of(design), way="go", icon="arrow-left")
        tables = (_versions(tx, design, url), *((_compared(tx, design, compared),) if compared is not None else ()))
        view = Tables(
            title=title_of(tx, design),
            url=url if compared is None else f"{url}?number={compared}",
            tables=tables,
            actions=(back,),
            tabs=tabs_of(tx, "forms"),
            live_on="form_version",
        )
        return show(request, tx, "tables", view, current="settings")


def _versions(tx: Tx, design: Design, url: str) -> Table:
    rows = versions_of(tx, design)
    people = titles(tx, "user", [row["created_by"] for row in rows if row["created_by"]])
    return Table(
        title=tx.say("design.versions"),
        headings=tuple(tx.say(f"design.head.{name}") for name in ("version", "at", "by", "note")),
        lines=tuple(_line(tx, design, row, people.get(row["created_by"], ""), url) for row in rows),
        empty=Empty(text=tx.say("design.no_versions"), icon="history"),
    )


def _line(tx: Tx, design: Design, row: Record, who: str, url: str) -> Line:
    number = row["number"]
    sure = tx.say("design.restore_sure", number=number) if design.is_changed else ""
    return Line(
        cells=(
            Cell(text=str(number), hue="green" if number == design.number else "gray"),
            Cell(at=row["created_at"]),
            Cell(text=who),
            Cell(text=row["note"] or ""),
        ),
        actions=(
            Action(label=tx.say("design.compare"), url=f"{url}?number={number}", way="go"),
            Action(
                label=tx.say("design.restore"),
                url=f"{address_of(design)}/restore?number={number}",
                way="post",
                confirm=sure,
            ),
        ),
    )


def _compared(tx: Tx, design: Design, number: int) -> Table:
    told = differences(version_shape(tx, design, number), design.form)
    return Table(
        title=tx.say("design.compared", number=number),
        headings=tuple(tx.say(f"design.head.{name}") for name in ("part", "name", "difference")),
        lines=tuple(_difference(tx, design, each) for each in told),
        empty=Empty(text=tx.say("design.no_difference"), icon="circle-check"),
    )


def _difference(tx: Tx, design: Design, told: Difference) -> Line:
    fields = fields_of_design(tx, design)
    labels = {each.key: each.label.to(tx.language) for each in design.form.sections}
    name = told.name
    if told.what == "field":
        name = label_of(tx, fields, FormField(field=told.name))
    elif told.what == "section":
        name = labels.get(told.name, told.name)
    how = Cell(text=tx.say(f"design.difference.{told.how}"), hue=HUES[told.how])
    return Line(cells=(Cell(text=tx.say(f"design.part.{told.what}")), Cell(text=name), how))
