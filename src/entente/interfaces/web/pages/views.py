"""Saved views: save as new, save changes, rename, share, delete, put in order; the picker of columns."""

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.html.views.forms import FormSection, FormView
from entente.interfaces.html.views.lists import ViewOrder
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved
from entente.interfaces.web.conditions import filter_fields
from entente.interfaces.web.inputs import errors_of
from entente.interfaces.web.saved import ENTITY, Saved, keep_view, order_views, saved_views, stored_view
from entente.interfaces.web.screens import Kind, Wanted, wanted_view
from entente.kernel.access.predicate import audiences
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import LANGUAGES, Text
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.entity import FieldDef
from entente.kernel.records.save import delete

TEMPLATE = "pages/form_dialog.html"


@get("/{path:str}/filter-fields", sync_to_thread=True)
def give_filter_fields(request: AnyRequest, path: FromPath[str]) -> Response[bytes]:
    """What the filter builder of a list offers, as JSON."""
    with asked(request) as tx:
        fields = filter_fields(tx, tx.catalog.at_path(path))
        return Response(msgspec.json.encode(fields), media_type="application/json")


@get("/{path:str}/views/new", sync_to_thread=True)
def open_new_view(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """The dialog that keeps what the list shows as a view of one's own."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        wanted = _wanted(tx, entity, request.query_params)
        fresh = msgspec.structs.replace(wanted.saved, label="", visibility="private", is_first=False)
        view = _dialog(tx, fresh, f"/{path}/views/new?{_address(wanted)}", title=tx.say("list.new_view"))
        return part(request, tx, TEMPLATE, view=view)


@post("/{path:str}/views/new")
async def create_view(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """Keep what the list shows under a name."""
    form = await form_of(request)
    return await in_thread(_keep, request, path, None, form)


@post("/{path:str}/views/{identity:uuid}")
async def change_view(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """Keep what the list shows in place of what its view was."""
    form = await form_of(request)
    return await in_thread(_change, request, path, identity, form)


@get("/{path:str}/views/{identity:uuid}/edit", sync_to_thread=True)
def open_view(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """The dialog that renames a view and says who else has it."""
    with asked(request) as tx:
        known = stored_view(tx, tx.catalog.at_path(path), identity)
        url = f"/{path}/views/{identity}/edit"
        return part(request, tx, TEMPLATE, view=_dialog(tx, known, url, title=tx.say("view.edit")))


@post("/{path:str}/views/{identity:uuid}/edit")
async def rename_view(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """Give a view another name or audience."""
    form = await form_of(request)
    return await in_thread(_keep, request, path, identity, form)


@post("/{path:str}/views/{identity:uuid}/delete")
async def delete_view(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """Delete a view; the records that it showed stay."""
    form = await form_of(request)
    return await in_thread(_delete, request, path, identity, form)


@get("/{path:str}/views/order", sync_to_thread=True)
def open_order(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """The dialog in which one puts the views in order."""
    with asked(request) as tx:
        known = saved_views(tx, tx.catalog.at_path(path))
        lines = tuple((each.key, each.label, _whose(tx, each)) for each in known)
        view = ViewOrder(title=tx.say("view.order"), url=f"/{path}/views/order", lines=lines)
        return part(request, tx, "pages/view_order.html", view=view)


def _whose(tx: Tx, view: Saved) -> str:
    return tx.say(f"view.{view.origin}") if view.origin in ("personal", "team") else ""


@post("/{path:str}/views/order")
async def put_in_order(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """Keep the order of the views, or take the usual one again."""
    form = await form_of(request)
    return await in_thread(_put_in_order, request, path, form)


def _put_in_order(request: AnyRequest, path: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        keys = [] if form.get("usual") else [str(key) for key in form.getall("order", [])]
        order_views(tx, tx.catalog.at_path(path), keys)
        return saved(request, tx, tx.say("view.ordered"))


@post("/{path:str}/columns")
async def choose_columns(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """Show the list with the chosen columns, in their order."""
    form = await form_of(request)
    return await in_thread(_choose_columns, request, path, form)


def _wanted(tx: Tx, entity: Entity, given: Mapping[str, str]) -> Wanted:
    kind: Kind = "board" if given.get("kind") == "board" else "list"
    return wanted_view(tx, entity, given, kind=kind)


def _address(wanted: Wanted) -> str:
    return f"{wanted.matching}&{urlencode({'kind': wanted.kind})}"


def _shown(wanted: Wanted) -> Saved:
    """The view as the list shows it now."""
    return msgspec.structs.replace(
        wanted.saved,
        columns=wanted.columns,
        conditions=wanted.conditions,
        sort=wanted.sort,
        group_by=wanted.group_by if wanted.kind == "board" else wanted.saved.group_by,
        kind=wanted.kind,
    )


def _keep(request: AnyRequest, path: str, identity: UUID | None, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        if identity:
            known, url = stored_view(tx, entity, identity), f"/{path}/views/{identity}/edit"
        else:
            wanted = _wanted(tx, entity, request.query_params)
            known, url = _shown(wanted), f"/{path}/views/new?{_address(wanted)}"
        typed = msgspec.structs.replace(
            known,
            label=str(form.get("name") or "").strip(),
            visibility=str(form.get("visibility") or "private"),
            is_first="1" in form.getall("is_first", []),
        )
        try:
            with tx.connection.transaction():
                kept = keep_view(tx, entity, typed, identity)
        except Refused as refusal:
            title = tx.say("view.edit" if identity else "list.new_view")
            view = _dialog(tx, typed, url, title=title, refusal=refusal)
            return part(request, tx, TEMPLATE, view=view, status=422)
        return saved(request, tx, tx.say("view.kept", name=typed.label), go=_place(path, typed.kind, str(kept.id)))


def _place(path: str, kind: str, key: str) -> str:
    return f"/{path}{'/board' if kind == 'board' else ''}?{urlencode({'view': key})}"


def _change(request: AnyRequest, path: str, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        stored_view(tx, entity, identity)
        shown = _shown(_wanted(tx, entity, {**request.query_params, "view": str(identity)}))
        keep_view(tx, entity, shown, identity)
        return saved(request, tx, tx.say("view.kept", name=shown.label), go=_place(path, shown.kind, str(identity)))


def _delete(request: AnyRequest, path: str, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        known = stored_view(tx, tx.catalog.at_path(path), identity)
        delete(tx, ENTITY, identity)
        return saved(request, tx, tx.say("view.deleted", name=known.label), go=f"/{path}")


def _choose_columns(request: AnyRequest, path: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        wanted = _wanted(tx, entity, request.query_params)
        names = [str(name) for name in form.getall("columns", []) if name in entity.fields]
        go = wanted.url(columns=",".join(names))
        place = msgspec.json.encode({"path": go, "target": "#main"}).decode()
        return Response("", headers={"HX-Location": place}, media_type="text/html")


def _dialog(tx: Tx, view: Saved, url: str, *, title: str, refusal: Refused | None = None) -> FormView:
    errors, others = errors_of(tx, refusal) if refusal else ({}, ())
    declared = tx.catalog.entity(ENTITY).fields
    audience = declared["visibility"].definition
    allowed = tuple(choice for choice in audience.choices if choice.key in audiences(tx, ENTITY))
    first = FieldDef(type="boolean", label=_text(tx, "view.first"))
    made = {
        "name": (declared["name"].definition, view.label),
        "visibility": (msgspec.structs.replace(audience, choices=allowed), view.visibility),
        "is_first": (first, view.is_first),
    }
    fields = tuple(
        FieldView(
            name=name,
            field=field,
            label=field.label.to(tx.language),
            value=value,
            error=errors.get(name, ""),
            required=field.required,
            autofocus=name == "name",
        )
        for name, (field, value) in made.items()
    )
    return FormView(
        title=title, url=url, submit=tx.say("record.save"), sections=(FormSection(fields=fields),), errors=others
    )


def _text(tx: Tx, key: str) -> Text:
    return Text(**{language: tx.words.say(language, key) for language in LANGUAGES})
