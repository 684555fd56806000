"""The rows of a value with a format, drawn anew in their form as one of them changes."""

from litestar import Response, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part
from entente.interfaces.web.fields import field_view, names_of, shown
from entente.interfaces.web.formats.drawing import asked_for, is_raw
from entente.interfaces.web.inputs import typed_values, values_of
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import NotFound
from entente.kernel.records.query import find


@post("/{path:str}/rows/{name:str}")
async def draw_rows(request: AnyRequest, path: FromPath[str], name: FromPath[str]) -> Response[str]:
    """The rows as they are after what was chosen or pressed; nothing is saved."""
    form = await form_of(request)
    return await in_thread(_draw_rows, request, path, name, form)


def _draw_rows(request: AnyRequest, path: str, name: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        field = shown(tx, entity, name)
        if field is None or not field.definition.format or is_raw(field):
            raise NotFound("field.unknown", field=name)
        identity = parse_id(str(request.query_params.get("record") or ""))
        stored = find(tx, entity.name, identity) if identity else {}
        typed = {**stored, **typed_values(entity, values_of(tx, entity, form, stored))}
        view = field_view(tx, entity, field, typed.get(name), form=True)
        deed = str(request.query_params.get("deed") or "")
        view = asked_for(tx, entity, view, typed, deed=deed, record=str(identity or ""))
        return part(request, tx, "pages/rows.html", view=view, names=names_of(tx, entity, [typed], [name]))
