"""Work on many records: edit chosen fields, delete, restore."""

from uuid import UUID

from litestar import Response, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.html.views.forms import FormSection, FormView
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, is_fragment, part, saved, undo_url
from entente.interfaces.web.fields import field_view, names_of
from entente.interfaces.web.inputs import errors_of, typed_values, values_of
from entente.interfaces.web.lines import is_line
from entente.interfaces.web.many import carry_out, said_again
from entente.interfaces.web.selection import selected
from entente.kernel.access.fields import editable
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field
from entente.kernel.records.bulk import DELETE, EDIT, RESTORE
from entente.kernel.records.save import delete, restore

TEMPLATE = "pages/form_dialog.html"
NEVER = ("json", "file", "image", "auto_number")


@post("/{path:str}/many/edit")
async def edit_many(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """The dialog that changes chosen fields of the selected records, and the change itself."""
    form = await form_of(request)
    return await in_thread(_edit_many, request, path, form)


def _edit_many(request: AnyRequest, path: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        ids = selected(tx, entity, form)
        names = _chosen(tx, entity, form)
        if not form.get("sure") or form.get("add") or form.get("drop") or not names:
            return part(request, tx, TEMPLATE, view=_edit_view(tx, entity, form, ids, names))
        raw = {name: value for name, value in values_of(tx, entity, form).items() if name in names}
        values = {name: raw.get(name) for name in names}
        try:
            for name in names:
                entity.fields[name].type.clean(name, entity.fields[name].definition, values[name])
        except Refused as refusal:
            view = _edit_view(tx, entity, form, ids, names, refusal)
            return part(request, tx, TEMPLATE, view=view, status=422)
        return carry_out(request, tx, entity, ids, EDIT, values, label=tx.say("list.edit_many"))


def _chosen(tx: Tx, entity: Entity, form: FormMultiDict) -> list[str]:
    """The fields that are to be changed, in the order in which they were chosen."""
    asked_for = [str(name) for name in (*form.getall("fields", []), form.get("add") or "") if name]
    allowed = _editable(tx, entity)
    return [name for name in dict.fromkeys(asked_for) if name in allowed and name != form.get("drop")]


def _editable(tx: Tx, entity: Entity) -> dict[str, str]:
    """The fields that can be set alike for several records, by name with their labels."""
    found = {
        name: field.definition.label.to(tx.language)
        for name, field in entity.fields.items()
        if editable(tx, entity, field) and _is_alike(field)
    }
    return dict(sorted(found.items(), key=lambda item: item[1].casefold()))


def _is_alike(field: Field) -> bool:
    """Whether several records can have the same value; one with a format speaks of the rest of its record."""
    made = field.definition
    return not made.unique and not made.format and field.type.key not in NEVER


def _edit_view(
    tx: Tx, entity: Entity, form: FormMultiDict, ids: list[UUID], names: list[str], refusal: Refused | None = None
) -> FormView:
    errors, others = errors_of(tx, refusal) if refusal else ({}, ())
    raw = {name: value for name, value in values_of(tx, entity, form).items() if name in names}
    values = typed_values(entity, raw)
    return FormView(
        title=tx.say("many.edit_title", entity=entity.plural.to(tx.language).lower()),
        text=" ".join((tx.say("action.on_many", count=len(ids)), *([tx.say("many.empty_clears")] if names else []))),
        url=f"/{entity.definition.path}/many/edit",
        submit=tx.say("list.edit_many"),
        sections=(FormSection(fields=_edit_fields(tx, entity, names, values, errors)),) if names else (),
        names=names_of(tx, entity, [values], names),
        errors=others,
        hidden={"sure": "1", **said_again(form, ids)},
        listed=tuple(("fields", name) for name in names),
        droppable=tuple((name, _editable(tx, entity)[name]) for name in names),
        addable=tuple((name, label) for name, label in _editable(tx, entity).items() if name not in names),
    )


def _edit_fields(
    tx: Tx, entity: Entity, names: list[str], values: dict[str, object], errors: dict[str, str]
) -> tuple[FieldView, ...]:
    return tuple(
        field_view(
            tx,
            entity,
            entity.fields[name],
            values.get(name),
            error=errors.get(name, ""),
            form=True,
            autofocus=name == names[-1],
        )
        for name in names
    )


@post("/{path:str}/many/delete")
async def delete_many(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """Put the selected records into the bin, once confirmed."""
    form = await form_of(request)
    return await in_thread(_confirmed, request, path, DELETE, form)


@post("/{path:str}/many/restore")
async def restore_many(request: AnyRequest, path: FromPath[str]) -> Response[str]:
    """Take the selected records out of the bin."""
    form = await form_of(request)
    return await in_thread(_restore_many, request, path, form)


def _confirmed(request: AnyRequest, path: str, deed: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        ids = selected(tx, entity, form)
        label = tx.say(f"list.{deed}_many")
        if form.get("sure"):
            return carry_out(request, tx, entity, ids, deed, {}, label=label)
        view = FormView(
            title=label,
            text=tx.say("action.on_many", count=len(ids)),
            url=f"/{path}/many/{deed}",
            submit=label,
            sections=(),
            hidden={"sure": "1", **said_again(form, ids)},
            destructive=True,
        )
        return part(request, tx, TEMPLATE, view=view)


def _restore_many(request: AnyRequest, path: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        ids = selected(tx, entity, form)
        return carry_out(request, tx, entity, ids, RESTORE, {}, label=tx.say("list.restore_many"))


@post("/{path:str}/{identity:uuid}/delete")
async def delete_one(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """Put a record into the bin; the list opens, with undo."""
    form = await form_of(request)
    return await in_thread(_delete_one, request, path, identity, form)


def _delete_one(request: AnyRequest, path: str, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        delete(tx, entity.name, identity)
        go = "" if is_line(tx, entity) and is_fragment(request) else f"/{path}"
        return saved(request, tx, tx.say("many.deleted"), undo=undo_url(tx), go=go)


@post("/{path:str}/{identity:uuid}/restore")
async def restore_one(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """Take a record out of the bin and open it."""
    form = await form_of(request)
    return await in_thread(_restore_one, request, path, identity, form)


def _restore_one(request: AnyRequest, path: str, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        restore(tx, entity.name, identity)
        return saved(request, tx, tx.say("many.restored"), undo=undo_url(tx), go=f"/{path}/{identity}")
