"""All forms: those of every entity, public ones, those of tasks and requests; and a new one."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.forms import FormSection, FormView
from entente.interfaces.html.views.frame import Action
from entente.interfaces.html.views.tables import Cell, Line, Table, Tables
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved, show
from entente.interfaces.web.inputs import errors_of
from entente.interfaces.web.pages.forms.words import inquiry, line_in
from entente.interfaces.web.settings import tabs_of, text_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import Text
from entente.kernel.metadata.entity import Choice
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.forms.definition import FormDefinition
from entente.services.forms.designing import require_design
from entente.services.forms.named import ENTITY
from entente.services.forms.published import ENTITY as PUBLIC
from entente.services.forms.published import KEY

LIST = "/settings/forms"


@get("/settings/forms", sync_to_thread=True)
def show_forms(request: AnyRequest) -> Response[str]:
    """The forms, in three tables."""
    with asked(request) as tx:
        require_design(tx)
        new = Action(label=tx.say("design.new"), url=f"{LIST}/new", icon="plus", tone="primary")
        view = Tables(
            title=tx.say("settings.title"),
            url=LIST,
            tables=(_named(tx), _public(tx), _of_entities(tx)),
            actions=(new,),
            tabs=tabs_of(tx, "forms"),
            live_on="form",
        )
        return show(request, tx, "tables", view, current="settings")


def _rows(tx: Tx, entity: str) -> list[Record]:
    reader = tx.acting_as(msgspec.structs.replace(tx.principal, system_reason="design", field_rules={}))
    return page(reader, Ask(entity=entity, sort=(Sort("name"),), limit=500)).records


def _heads(tx: Tx, *names: str) -> tuple[str, ...]:
    return tuple(tx.say(f"design.head.{name}") for name in names)


def _of_entities(tx: Tx) -> Table:
    drafted = {row["key"] for row in _rows(tx, ENTITY) if row["draft"]}
    made = [each for each in tx.catalog.entities.values() if each.name in tx.catalog.screens]
    made.sort(key=lambda each: (each.definition.hidden, each.plural.to(tx.language).casefold()))
    lines = tuple(
        Line(
            cells=(
                Cell(text=each.plural.to(tx.language)),
                Cell(text=tx.say("design.head.record"), url=f"{LIST}/record/{each.name}"),
                Cell(text=tx.say("design.head.quick"), url=f"{LIST}/quick/{each.name}"),
                _draft_cell(tx, f"{each.name}.record" in drafted or f"{each.name}.quick" in drafted),
            )
        )
        for each in made
    )
    heads = _heads(tx, "entity", "record", "quick", "state")
    return Table(title=tx.say("design.of_entities"), headings=heads, lines=lines)


def _draft_cell(tx: Tx, drafted: bool) -> Cell:
    return Cell(text=tx.say("design.draft"), hue="amber") if drafted else Cell()


def _named(tx: Tx) -> Table:
    lines = tuple(
        Line(
            cells=(
                Cell(text=tx.words.called(tx.language, row.id, row["name"]), url=f"{LIST}/named/{row['key']}"),
                Cell(text=_entity_label(tx, row["entity"])),
                Cell(text=tx.say(f"design.starts.{row['starts']}")),
                _draft_cell(tx, bool(row["draft"])),
            )
        )
        for row in _rows(tx, ENTITY)
        if row["kind"] == "named"
    )
    return Table(title=tx.say("design.named"), headings=_heads(tx, "name", "entity", "starts", "state"), lines=lines)


def _public(tx: Tx) -> Table:
    lines = tuple(
        Line(
            cells=(
                Cell(text=tx.words.called(tx.language, row.id, row["name"]), url=f"{LIST}/public/{row['key']}"),
                Cell(text=_entity_label(tx, row["entity"])),
                Cell(text=f"/f/{row['key']}", url=f"/f/{row['key']}"),
                _draft_cell(tx, bool(row["draft"])),
            )
        )
        for row in _rows(tx, PUBLIC)
    )
    return Table(title=tx.say("design.public"), headings=_heads(tx, "name", "entity", "address", "state"), lines=lines)


def _entity_label(tx: Tx, name: str | None) -> str:
    found = tx.catalog.entities.get(name or "")
    return found.label.to(tx.language) if found else ""


@get("/settings/forms/new", sync_to_thread=True)
def open_new_form(request: AnyRequest) -> Response[str]:
    """What a new form is called and what it is about."""
    with asked(request) as tx:
        require_design(tx)
        return part(request, tx, "pages/form_dialog.html", view=_new_view(tx, {}))


def _new_view(tx: Tx, typed: Mapping[str, Any], refusal: Refused | None = None) -> FormView:
    errors, others = errors_of(tx, refusal) if refusal else ({}, ())
    known = [each for each in tx.catalog.entities.values() if not each.definition.hidden]
    about = tuple(Choice(key=each.name, label=each.label) for each in known)
    kinds = tuple(Choice(key=kind, label=text_of(tx, f"design.{kind}_one")) for kind in ("named", "public"))
    asked_for = (
        inquiry(tx, "kind", "choice", typed.get("kind") or "named", kinds, required=True),
        inquiry(tx, "name", "text", typed.get("name"), required=True),
        inquiry(tx, "key", "text", typed.get("key"), required=True),
        inquiry(tx, "entity", "choice", typed.get("entity"), about),
    )
    fields = tuple(msgspec.structs.replace(each, error=errors.pop(each.name, "")) for each in asked_for)
    return FormView(
        title=tx.say("design.new"),
        url=f"{LIST}/new",
        submit=tx.say("design.create"),
        sections=(FormSection(fields=fields),),
        errors=(*others, *errors.values()),
        draft="form:new",
    )


@post("/settings/forms/new")
async def create_form(request: AnyRequest) -> Response[str]:
    """A new form, empty, on the drawing board."""
    form = await form_of(request)
    return await in_thread(_create_form, request, form)


def _create_form(request: AnyRequest, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="form") as tx:
        require_design(tx)
        typed = {name: line_in(form, name) for name in ("kind", "name", "key", "entity")}
        kind = "public" if typed["kind"] == "public" else "named"
        try:
            with tx.connection.transaction():
                _create(tx, kind, typed)
        except Refused as refusal:
            return part(request, tx, "pages/form_dialog.html", view=_new_view(tx, typed, refusal), status=422)
        return saved(request, tx, tx.say("design.created"), go=f"{LIST}/{kind}/{typed['key']}")


def _create(tx: Tx, kind: str, typed: Mapping[str, str]) -> None:
    if not KEY.fullmatch(typed["key"]):
        raise Refused("form.bad_key", field="key")
    title = Text(typed["name"], typed["name"])
    empty = FormDefinition(title=title, sections=(), submit=text_of(tx, "ui.send"))
    values: dict[str, Any] = {name: typed[name] or None for name in ("name", "key", "entity")}
    values["draft"] = msgspec.to_builtins(empty)
    if kind == "public":
        save(tx, PUBLIC, {**values, "active": False}, trusted=True)
    else:
        save(tx, ENTITY, {**values, "kind": "named", "starts": "save" if typed["entity"] else "none"}, trusted=True)
