"""Editing in place: one field of one record, its editor, its history, and the candidates of its links."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.fields import CellEditor
from entente.interfaces.html.views.records import FieldHistory, HistoryLine
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved, undo_url
from entente.interfaces.web.drawing import asked_first, in_its_currency, limited
from entente.interfaces.web.fields import field_view, names_of, shown
from entente.interfaces.web.inputs import errors_of, raw_value, typed_values
from entente.interfaces.web.pages.form import conflict_view, form_view
from entente.interfaces.web.seen import save_over
from entente.interfaces.web.wording import converted, in_words
from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Conflict, NotFound, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field
from entente.kernel.records.form_rules import effects_on, rules_of
from entente.kernel.records.journal import history
from entente.kernel.records.query import find
from entente.kernel.records.record import Record

MOST = 10


@get("/{path:str}/{identity:uuid}/cell/{name:str}", sync_to_thread=True)
def open_cell(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID], name: FromPath[str]) -> Response[str]:
    """The editor of one field."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        record = find(tx, entity.name, identity)
        field = _visible(tx, entity, name)
        done = effects_on(tx, entity, rules_of(tx, entity), record)
        if name in done.closed:
            raise Refused("field.locked_by_rule", field=name)
        view = field_view(tx, entity, field, record.get(name), form=True, autofocus=True)
        view = in_its_currency(tx, entity, view, record)
        editor = CellEditor(
            field=limited(view, done),
            url=f"/{path}/{identity}/cell/{name}",
            names=names_of(tx, entity, [record], [name]),
            version=record.version,
        )
        return part(request, tx, "pages/cell_editor.html", view=editor)


def _visible(tx: Tx, entity: Entity, name: str) -> Field:
    field = shown(tx, entity, name)
    if field is None:
        raise NotFound("field.unknown", field=name)
    return field


@post("/{path:str}/{identity:uuid}/cell/{name:str}")
async def change_cell(
    request: AnyRequest, path: FromPath[str], identity: FromPath[UUID], name: FromPath[str]
) -> Response[str]:
    """Change one field; the answer is its new value, or the editor with the reason."""
    form = await form_of(request)
    return await in_thread(_change_cell, request, path, identity, name, form)


def _change_cell(request: AnyRequest, path: str, identity: UUID, name: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        field = _visible(tx, entity, name)
        raw = raw_value(field, form, ZoneInfo(tx.principal.timezone))
        version = int(str(form.get("version") or 0))
        url = f"/{path}/{identity}/cell/{name}"
        record = find(tx, entity.name, identity)
        ask = asked_first(tx, entity, record, typed_values(entity, {name: raw}))
        if ask:
            return _whole_form(request, tx, entity, record, {name: raw}, ask)
        try:
            save_over(tx, entity.name, {name: raw}, identity, version or None)
        except Conflict as conflict:
            view = conflict_view(tx, entity, conflict, form, {name: raw}, f"/{path}/{identity}/edit", url)
            answer = part(request, tx, "pages/conflict.html", view=view, status=409)
            answer.headers["HX-Retarget"] = "#dialog"
            return answer
        except Refused as refusal:
            errors, others = errors_of(tx, refusal)
            error = errors.get(name) or "; ".join((*errors.values(), *others))
            typed = typed_values(entity, {name: raw})
            shown_field = field_view(tx, entity, field, typed[name], error=error, form=True, autofocus=True)
            editor = CellEditor(
                field=shown_field, url=url, names=names_of(tx, entity, [typed], [name]), version=version
            )
            return part(request, tx, "pages/cell_editor.html", view=editor, status=422)
        return _new_value(request, tx, entity, field, identity)


def _whole_form(
    request: AnyRequest, tx: Tx, entity: Entity, record: Record, raw: dict[str, Any], ask: dict[str, str]
) -> Response[str]:
    """The form of the record with the change in it: what asks for a confirmation is not done in passing."""
    typed = {**record, **typed_values(entity, raw)}
    view = form_view(tx, entity, typed, identity=record.id, version=record.version, stored=record, ask=ask)
    answer = part(request, tx, "pages/form_dialog.html", view=view)
    answer.headers["HX-Retarget"] = "#dialog"
    return answer


def _new_value(request: AnyRequest, tx: Tx, entity: Entity, field: Field, identity: UUID) -> Response[str]:
    record = find(tx, entity.name, identity)
    names = names_of(tx, entity, [record], [field.name])
    view = field_view(tx, entity, field, record.get(field.name), record=record)
    view = msgspec.structs.replace(view, converted=converted(tx, record.get(field.name)))
    in_list = "fact" not in (request.headers.get("hx-target") or "")
    template = "pages/cell_value.html" if in_list else "pages/fact_value.html"
    answer = part(request, tx, template, view=view, names=names)
    told = saved(request, tx, tx.say("record.saved"), undo=undo_url(tx))
    answer.content = answer.content + told.content
    answer.headers["HX-Trigger"] = "record-saved, timeline-changed"
    return answer


@get("/{path:str}/{identity:uuid}/history/{name:str}", sync_to_thread=True)
def show_history(
    request: AnyRequest, path: FromPath[str], identity: FromPath[UUID], name: FromPath[str]
) -> Response[str]:
    """Who changed a field, from what, newest first."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        find(tx, entity.name, identity)
        field = _visible(tx, entity, name)
        if not may_use(tx, entity.name, name):
            raise NotFound("field.unknown", field=name)
        lines = tuple(
            HistoryLine(
                at=entry.at,
                who=entry.actor_name,
                old=_said(tx, entity, field, entry.changes[name][0]),
                new=_said(tx, entity, field, entry.changes[name][1]),
                via=tx.say(f"via.{entry.via}"),
            )
            for entry in history(tx, entity.name, identity)
            if name in entry.changes
        )
        view = FieldHistory(label=field.definition.label.to(tx.language), lines=lines)
        return part(request, tx, "pages/field_history.html", view=view)


def _said(tx: Tx, entity: Entity, field: Field, plain: object) -> str:
    value = field.type.clean(field.name, field.definition, plain)
    return in_words(tx, field, value, names_of(tx, entity, [{field.name: value}], [field.name]))
