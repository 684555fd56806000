"""A line added to a record's table, without a dialog: saved with Enter, or back with what is wrong."""

from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved, undo_url
from entente.interfaces.web.fields import title_of
from entente.interfaces.web.inputs import errors_of, raw_value, typed_values
from entente.interfaces.web.lines import NEW, table_of, table_view
from entente.kernel.access.fields import editable
from entente.kernel.kit.refusal import NotFound, Refused
from entente.kernel.records.query import find
from entente.kernel.records.save import save

TEMPLATE = "pages/related_table.html"


@post("/{path:str}/{identity:uuid}/lines/{key:str}")
async def add_line(
    request: AnyRequest, path: FromPath[str], identity: FromPath[UUID], key: FromPath[str]
) -> Response[str]:
    """Add the line that the form describes."""
    form = await form_of(request)
    return await in_thread(_add, request, path, identity, key, form)


def _add(request: AnyRequest, path: str, identity: UUID, key: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        record = find(tx, entity.name, identity)
        declared = table_of(tx, entity, key)
        if declared is None:
            raise NotFound()
        made, target = declared
        sent = FormMultiDict([(name.removeprefix(NEW), value) for name, value in form.multi_items()])
        zone = ZoneInfo(tx.principal.timezone)
        wanted = [target.fields[name] for name in made.columns if editable(tx, target, target.fields[name])]
        raw = {field.name: raw_value(field, sent, zone) for field in wanted}
        try:
            with tx.connection.transaction():
                line = save(tx, target.name, {**raw, made.field: identity})
        except Refused as refusal:
            errors, others = errors_of(tx, refusal)
            told = {**errors, "": " ".join(others)} if others else errors
            view = table_view(tx, record, made, target, typed_values(target, raw), told)
            return part(request, tx, TEMPLATE, view=view, status=422)
        answer = part(request, tx, TEMPLATE, view=table_view(tx, record, made, target))
        told_of = saved(request, tx, tx.say("record.created", title=title_of(tx, target, line)), undo=undo_url(tx))
        answer.content = answer.content + told_of.content
        answer.headers["HX-Trigger"] = "timeline-changed"
        return answer
