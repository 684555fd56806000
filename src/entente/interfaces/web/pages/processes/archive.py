"""Archived instances found and filtered, and how long instances stay before they are archived."""

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.frame import Crumb
from entente.interfaces.html.views.processes import RetentionLine, RetentionView
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved, show
from entente.interfaces.web.pages.processes.instances import ARCHIVE, instance_list
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.services.processes.definitions import definitions_cared_for, may_design
from entente.services.processes.retention import EVERY, put_retention, retention

HERE = "/processes/retention"
DAYS = "days."


@get(ARCHIVE, sync_to_thread=True)
def show_archive(request: AnyRequest) -> Response[str]:
    """The archived instances that the filters leave; further pages are asked for as rows alone."""
    with asked(request) as tx:
        given = {name: str(value) for name, value in request.query_params.items() if value}
        view = instance_list(tx, given, archived=True)
        if given.get("after"):
            return part(request, tx, "pages/process_rows.html", view=view)
        return show(request, tx, "process_instances", view, current="processes")


@get(HERE, sync_to_thread=True)
def show_retention(request: AnyRequest) -> Response[str]:
    """How long instances stay, for all processes and for each that the principal looks after."""
    with asked(request) as tx:
        return show(request, tx, "process_retention", _view(tx), current="processes")


def _view(tx: Tx, error: str = "") -> RetentionView:
    known = retention(tx)
    lines = [
        RetentionLine(name=DAYS + each.key, label=each.name, days=known.get(each.key))
        for each in definitions_cared_for(tx)
        if each.state == "deployed" or each.key in known
    ]
    every = RetentionLine(name=DAYS, label=tx.say("processes.retention_every"), days=known[EVERY])
    return RetentionView(
        title=tx.say("processes.retention"),
        crumbs=(Crumb(label=tx.say("processes.tab.archive"), url=ARCHIVE),),
        url=HERE,
        every=every if may_design(tx) else None,
        usual=known[EVERY],
        lines=tuple(lines),
        error=error,
    )


@post(HERE)
async def change_retention(request: AnyRequest) -> Response[str]:
    """Keep how long instances stay; it counts from the next night on."""
    return await in_thread(_change, request, await form_of(request))


def _change(request: AnyRequest, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="process.retention") as tx:
        known = retention(tx)
        try:
            for name, value in form.items():
                if isinstance(name, str) and name.startswith(DAYS):
                    key, days = name.removeprefix(DAYS), _days(str(value).strip())
                    if days != known.get(key):
                        put_retention(tx, key, days)
        except Refused as refusal:
            if refusal.status == 403:
                raise
            tx.connection.rollback()
            view = _view(tx, tx.say(refusal.code, **refusal.values))
            return show(request, tx, "process_retention", view, current="processes", status=422)
        return saved(request, tx, tx.say("processes.retention_saved"))


def _days(text: str) -> int | None:
    if text and not (text.isascii() and text.isdigit() and len(text) < 9):
        raise Refused("field.not_understood", field="days")
    return int(text) if text else None
