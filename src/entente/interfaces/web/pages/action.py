"""Actions: the dialog drawn from the parameter struct, for one record or for many; undo."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.fields import Names
from entente.interfaces.html.views.forms import FormSection, FormView, PartView, ResultView
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved, undo_url
from entente.interfaces.web.fields import names_of
from entente.interfaces.web.inputs import errors_of
from entente.interfaces.web.many import MOST_AT_ONCE, PROGRESS, carry_out, progress_url, said_again, told
from entente.interfaces.web.params import check_wish, param_views, wish_of
from entente.interfaces.web.parts import part_views
from entente.interfaces.web.screens import action_label
from entente.interfaces.web.selection import selected
from entente.interfaces.web.wording import formats_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.code import ActionDef
from entente.kernel.records.actions import Outcome, perform
from entente.kernel.records.bulk import size_of
from entente.kernel.records.query import find, titles
from entente.kernel.records.record import Record
from entente.kernel.undoing import Undone, undo
from entente.services.connect.batches import order_undo

TEMPLATE = "pages/form_dialog.html"


@get("/{path:str}/{identity:uuid}/actions/{name:str}", sync_to_thread=True)
def open_action(
    request: AnyRequest, path: FromPath[str], identity: FromPath[UUID], name: FromPath[str]
) -> Response[str]:
    """The dialog of an action; one without parameters asks for no more than a yes."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        action = tx.catalog.action(entity.name, name)
        record = find(tx, entity.name, identity)
        url = f"/{path}/{identity}/actions/{name}"
        return part(request, tx, TEMPLATE, view=action_view(tx, entity, action, url, record=record))


@post("/{path:str}/{identity:uuid}/actions/{name:str}")
async def act(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID], name: FromPath[str]) -> Response[str]:
    """Do an action with one record."""
    form = await form_of(request)
    return await in_thread(_act, request, path, [identity], name, form)


@post("/{path:str}/many/{name:str}", name="act_on_many")
async def act_on_many(request: AnyRequest, path: FromPath[str], name: FromPath[str]) -> Response[str]:
    """Open or do an action with the selected records."""
    form = await form_of(request)
    return await in_thread(_act_on_many, request, path, name, form)


def _act_on_many(request: AnyRequest, path: str, name: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        ids = selected(tx, entity, form)
        action = tx.catalog.action(entity.name, name)
        if form.get("sure") and len(ids) > 1:
            return _do_many(request, tx, entity, ids, action, form)
        if form.get("sure"):
            return _do(request, tx, entity, ids, name, form)
        view = action_view(tx, entity, action, f"/{path}/many/{name}", ids=ids)
        return part(request, tx, TEMPLATE, view=_again(view, form, ids))


def _again(view: FormView, form: FormMultiDict, ids: Sequence[UUID]) -> FormView:
    """The dialog over several records; all that match are named by their view, however many they are."""
    return msgspec.structs.replace(view, hidden={"sure": "1", **said_again(form, ids)})


def _do_many(
    request: AnyRequest, tx: Tx, entity: Entity, ids: Sequence[UUID], action: ActionDef, form: FormMultiDict
) -> Response[str]:
    wish = wish_of(tx, entity, action, form)
    try:
        check_wish(tx, entity, action, wish)
        return carry_out(request, tx, entity, ids, action.name, wish, label=action_label(tx, action), undo=action.undo)
    except Refused as refusal:
        url = f"/{entity.definition.path}/many/{action.name}"
        view = action_view(tx, entity, action, url, ids=ids, typed=wish, refusal=refusal)
        return part(request, tx, TEMPLATE, view=_again(view, form, ids), status=422)


def _act(request: AnyRequest, path: str, ids: Sequence[UUID], name: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        return _do(request, tx, tx.catalog.at_path(path), ids, name, form)


def _do(
    request: AnyRequest, tx: Tx, entity: Entity, ids: Sequence[UUID], name: str, form: FormMultiDict
) -> Response[str]:
    action = tx.catalog.action(entity.name, name)
    wish = wish_of(tx, entity, action, form)
    try:
        with tx.connection.transaction():
            check_wish(tx, entity, action, wish)
            outcome = perform(tx, entity.name, name, ids, wish)
    except Refused as refusal:
        record = find(tx, entity.name, ids[0]) if len(ids) == 1 else None
        url = f"/{entity.definition.path}/" + (f"{ids[0]}/actions/{name}" if record else f"many/{name}")
        view = action_view(tx, entity, action, url, record=record, ids=ids, typed=wish, refusal=refusal)
        return part(request, tx, TEMPLATE, view=view, status=422)
    return _answer(request, tx, entity, action, ids, outcome)


def _answer(
    request: AnyRequest, tx: Tx, entity: Entity, action: ActionDef, ids: Sequence[UUID], outcome: Outcome
) -> Response[str]:
    """What was made, with its links, when the action tells; else a short message."""
    text = told(tx, action_label(tx, action), ids, outcome, mails=action.mails)
    undo_at = undo_url(tx) if action.undo else ""
    made = _made_by(tx, entity, outcome.results[0]) if len(outcome.results) == 1 else ()
    if not made:
        return saved(request, tx, text, undo=undo_at)
    answer = part(request, tx, "pages/action_result.html", view=ResultView(title=text, lines=made, undo_url=undo_at))
    answer.headers["HX-Trigger"] = "record-saved, list-changed, timeline-changed"
    return answer


def action_view(
    tx: Tx,
    entity: Entity,
    action: ActionDef,
    url: str,
    *,
    record: Record | None = None,
    ids: Sequence[UUID] = (),
    typed: dict[str, Any] | None = None,
    refusal: Refused | None = None,
) -> FormView:
    """The dialog of an action."""
    errors, others = errors_of(tx, refusal) if refusal else ({}, ())
    parts = part_views(tx, entity, action, record, typed=typed or {}, errors=errors) if record else ()
    fields, values = param_views(tx, entity, action, record=record, typed=typed or {}, errors=errors)
    shown = {field.name for field in fields}
    label = action_label(tx, action)
    return FormView(
        title=label,
        text=tx.say("action.on_many", count=len(ids)) if len(ids) > 1 else "",
        url=url,
        submit=label,
        sections=(FormSection(fields=tuple(fields)),) if fields else (),
        parts=parts,
        wide=bool(parts),
        draft=f"{entity.name}:{record.id}:{action.name}" if record else "",
        names=_names(tx, entity, values, parts),
        errors=(*others, *(text for name, text in errors.items() if name not in shown)),
        hidden={"sure": "1", "ids": ",".join(str(each) for each in ids)} if ids else {"sure": "1"},
        destructive=action.tone == "danger",
    )


def _names(tx: Tx, entity: Entity, values: dict[str, Any], parts: Sequence[PartView]) -> Names:
    """The titles of all records that the dialog's links point to."""
    found = names_of(tx, entity, [values], list(entity.fields))
    for made in parts:
        inside = {view.name.rpartition(".")[2]: view.value for view in made.fields}
        more = names_of(tx, tx.catalog.entity(made.name), [inside], list(inside))
        found = Names(titles={**found.titles, **more.titles}, paths=found.paths)
    return found


def _made_by(tx: Tx, entity: Entity, result: object) -> tuple[tuple[str, str, str], ...]:
    """What an action says that it made: those of its result's fields that are called like an entity."""
    lines = []
    for field in msgspec.structs.fields(result) if isinstance(result, msgspec.Struct) else ():
        identity = getattr(result, field.name)
        made = tx.catalog.entities.get(field.name)
        if made is None or made.name == entity.name or not isinstance(identity, UUID):
            continue
        title = titles(tx, made.name, [identity]).get(identity)
        if title is not None:
            lines.append((made.label.to(tx.language), title, f"/{made.definition.path}/{identity}"))
    return tuple(lines)


@post("/undo/{cause:uuid}")
async def take_back(request: AnyRequest, cause: FromPath[UUID]) -> Response[str]:
    """Undo everything that was done at one stroke."""
    form = await form_of(request)
    return await in_thread(_take_back, request, cause, form)


def _take_back(request: AnyRequest, cause: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="undo") as tx:
        total, entity = size_of(tx, cause)
        if total > MOST_AT_ONCE:
            return _take_back_in_job(request, tx, cause, tx.catalog.entity(entity), total)
        undone = undo(tx, cause)
        if not undone.left:
            return saved(request, tx, tx.say("undo.done", count=undone.count))
        return saved(request, tx, _what_was_left(tx, undone), kind="error")


def _what_was_left(tx: Tx, undone: Undone) -> str:
    """What an undo could not take back: the first record by its title, and why."""
    entity, record, reason = undone.left[0]
    title = titles(tx, entity, [record]).get(record) or tx.catalog.entity(entity).label.to(tx.language)
    words = {"title": title, "reason": tx.say(reason), "left": len(undone.left)}
    return tx.say("undo.partly" if undone.count else "undo.not_at_all", count=undone.count, **words)


def _take_back_in_job(request: AnyRequest, tx: Tx, cause: UUID, entity: Entity, total: int) -> Response[str]:
    order_undo(tx, cause)
    label = tx.say("undo.label")
    url = progress_url(tx.cause.id, entity, total, label, undo=False)
    text = tx.say("many.progress", action=label, count=0, total=formats_of(tx).number(total))
    return part(request, tx, PROGRESS, text=text, url=url, cause=str(tx.cause.id), first=True)
