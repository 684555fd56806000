"""The page of a record: facts, stages, activity, related records."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.html.views.frame import Action
from entente.interfaces.html.views.records import FactSection, RecordView
from entente.interfaces.web.activity import activity_parts
from entente.interfaces.web.allowed import may
from entente.interfaces.web.asking import AnyRequest, asked, part, show
from entente.interfaces.web.automating.buttons import record_buttons
from entente.interfaces.web.drawing import drawn
from entente.interfaces.web.fields import field_view, names_of, shown, title_of
from entente.interfaces.web.formats.drawing import told
from entente.interfaces.web.lines import related_tables
from entente.interfaces.web.neighbours import place_of
from entente.interfaces.web.related import related_lists
from entente.interfaces.web.requests import forms_in, requests_on
from entente.interfaces.web.screens import action_button
from entente.interfaces.web.stages import stages_of
from entente.interfaces.web.wording import converted
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.forms import FormDef, FormField, Section
from entente.kernel.records.actions import offered
from entente.kernel.records.form_rules import effects_on, rules_of
from entente.kernel.records.formulas import holds
from entente.kernel.records.query import find
from entente.kernel.records.record import Record
from entente.services.processes.picture import has_instances
from entente.services.worklist.called import called_in_words
from entente.services.worklist.listing import TASK


@get("/{path:str}/{identity:uuid}", sync_to_thread=True)
def show_record(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """The page of one record."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        record = find(tx, entity.name, identity)
        return show(request, tx, "record", record_view(tx, entity, record, request.query_params), current=entity.name)


@get("/{path:str}/{identity:uuid}/preview", sync_to_thread=True)
def show_preview(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """The record at the side of a list."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        record = find(tx, entity.name, identity)
        return part(request, tx, "pages/preview.html", view=record_view(tx, entity, record))


def _title(tx: Tx, entity: Entity, record: Record) -> str:
    title = title_of(tx, entity, record)
    return called_in_words(tx, {record.id: title})[record.id] if entity.name == TASK else title


def record_view(
    tx: Tx, entity: Entity, record: Record, came_from: Mapping[str, Any] = MappingProxyType({})
) -> RecordView:
    """Everything that a record's page shows."""
    made = entity.definition
    screens = tx.catalog.screens.get(entity.name)
    names = names_of(tx, entity, [record], list(entity.fields))
    writable = may(tx, entity, record, "update")
    base = f"/{made.path}/{record.id}"
    title = _title(tx, entity, record) or tx.say("record.untitled")
    primary, more = _actions(tx, entity, record)
    status = shown(tx, entity, screens.path) if screens and screens.path else None
    return RecordView(
        entity=entity.name,
        id=str(record.id),
        version=record.version,
        url=base,
        title=title,
        icon=made.icon,
        names=names,
        status=field_view(tx, entity, status, record.get(status.name)) if status else None,
        header=tuple(
            field_view(tx, entity, field, record.get(name))
            for name in (screens.header if screens else ())
            if (field := shown(tx, entity, name)) and (status is None or name != status.name)
        ),
        actions=primary,
        more=more,
        stages=stages_of(tx, entity, record, names, writable=writable),
        sections=sections_of(tx, entity, record, writable=writable),
        related=related_lists(tx, entity, record),
        tables=related_tables(tx, entity, record),
        requests=requests_on(tx, entity, record) if made.timeline else (),
        forms=forms_in(tx, "panel", record) if made.timeline else (),
        **_processes(tx, entity, record),
        **place_of(tx, entity, record, came_from),
        **activity_parts(tx, entity, record, names),
    )


def _processes(tx: Tx, entity: Entity, record: Record) -> dict[str, Any]:
    """Where the record's processes are shown, if it can have some."""
    if not entity.definition.timeline:
        return {}
    return {
        "process_url": f"/processes/of/{entity.definition.path}/{record.id}",
        "has_processes": has_instances(tx, entity.name, record.id),
    }


def sections_of(tx: Tx, entity: Entity, record: Record, *, writable: bool) -> tuple[FactSection, ...]:
    """The facts in their sections; what a condition or a rule of the form hides is not shown, what it locks says so."""
    done = effects_on(tx, entity, rules_of(tx, entity), record)

    def draw(question: FormField) -> FieldView | None:
        field = shown(tx, entity, question.field)
        asked = question.show_if or (field.definition.show_if if field else None)
        if field is None or field.name in done.hidden or not _holds(tx, entity, asked, record):
            return None
        view = field_view(tx, entity, field, record.get(field.name), record=record if writable else None)
        view = msgspec.structs.replace(view, converted=converted(tx, record.get(field.name)))
        view = told(tx, entity, view, record)
        if question.read_only or field.name in done.locked:
            reason = tx.say("field.locked_by_rule") if field.name in done.locked else ""
            view = msgspec.structs.replace(view, edit_url="", form_url="", locked=reason)
        return msgspec.structs.replace(view, label=question.label.to(tx.language) if question.label else view.label)

    made = form_of(tx, entity, "record").sections
    sections = drawn(tx, tuple(each for each in made if _holds(tx, entity, each.show_if, record)), draw)
    return tuple(
        FactSection(key=each.key, label=each.label, folded=each.folded, fields=each.fields)
        for each in sections
        if each.fields
    )


def _holds(tx: Tx, entity: Entity, condition: str | None, record: Record) -> bool:
    return condition is None or holds(tx, entity, condition, record)


def form_of(tx: Tx, entity: Entity, key: str) -> FormDef:
    """The form of an entity: the declared one, or all its own fields in one section."""
    screens = tx.catalog.screens.get(entity.name)
    found = next((made for made in screens.forms if made.key == key), None) if screens else None
    if found is None and screens and screens.forms:
        found = screens.forms[0]
    every = tuple(name for name, field in entity.definition.fields.items() if not field.read_only)
    return found or FormDef(key="record", sections=(Section(key="all", label=entity.label, fields=every),))


def _actions(tx: Tx, entity: Entity, record: Record) -> tuple[tuple[Action, ...], tuple[Action, ...]]:
    """The buttons of the record, and what hides behind the dots."""
    base = f"/{entity.definition.path}/{record.id}"
    screens = tx.catalog.screens.get(entity.name)
    wanted = screens.actions if screens else ()
    open_now = {
        made.name: made
        for made in tx.catalog.actions_of(entity.name)
        if offered(tx, entity, made, record) and (made.admits or may(tx, entity, record, made.requires))
    }
    first = [open_now.pop(name) for name in wanted if name in open_now]
    buttons = tuple(
        action_button(tx, made, base, "primary" if at == 0 else "danger" if made.tone == "danger" else "")
        for at, made in enumerate(first)
    )
    rest = [action_button(tx, made, base) for made in open_now.values()]
    shown, links = (*buttons, *record_buttons(tx, entity, record)), tuple(_links(tx, entity, record))
    hidden = (*rest, *_deeds(tx, entity, record, base))
    return (shown, (*hidden, *links)) if shown else (links, hidden)


def _deeds(tx: Tx, entity: Entity, record: Record, base: str) -> list[Action]:
    """What can be done with any record: edit, share, delete, for whoever may with this one."""
    found = []
    if may(tx, entity, record, "update"):
        found.append(Action(label=tx.say("record.edit"), url=f"{base}/edit", icon="pencil", key="e"))
    if may(tx, entity, record, "share"):
        found.append(Action(label=tx.say("record.share"), url=f"{base}/share", icon="share"))
    if may(tx, entity, record, "delete"):
        label = tx.say("record.delete")
        found.append(Action(label=label, url=f"{base}/delete", way="post", icon="trash", tone="danger"))
    found.append(Action(label=tx.say("record.past"), url=f"{base}/past", way="drawer", icon="history"))
    found.append(Action(label=tx.say("settings.why"), url=f"{base}/why", way="go", icon="shield-lock"))
    return found


def _links(tx: Tx, entity: Entity, record: Record) -> list[Action]:
    """The pages elsewhere that belong to the record."""
    screens = tx.catalog.screens.get(entity.name)
    texts = {name: quote(field.type.words(record.get(name)), safe="") for name, field in entity.fields.items()}
    texts["id"] = str(record.id)
    return [
        Action(label=made.label.to(tx.language), url=made.url.format_map(texts), way="go", icon=made.icon)
        for made in (screens.links if screens else ())
    ]
