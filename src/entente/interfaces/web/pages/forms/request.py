"""A form that is sent from inside the product: in a dialog on the page of its record, or on a page of its own."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.forms import FormView
from entente.interfaces.web.asking import (
    AnyRequest,
    asked,
    form_of,
    in_thread,
    is_fragment,
    part,
    saved,
    show,
    undo_url,
)
from entente.interfaces.web.named_forms import body_of, form_parts
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import NotFound, Refused
from entente.kernel.records.query import find
from entente.kernel.records.record import Record
from entente.services.forms.named import NamedForm, send
from entente.services.forms.named import form_of as named_form
from entente.services.processes.instances import start


@get("/form/{key:str}", sync_to_thread=True)
def open_request(request: AnyRequest, key: str) -> Response[str]:
    """The form, empty, about the record that the address names."""
    with asked(request) as tx:
        form = sendable(tx, key)
        record = _record(tx, form, request.query_params.get("record"))
        view = _view(tx, form, record)
        if is_fragment(request):
            return part(request, tx, "pages/form_dialog.html", view=view)
        return show(request, tx, "form_page", view, current=form.entity or "")


def sendable(tx: Tx, key: str) -> NamedForm:
    """The form of a key that can be sent by itself; NotFound when there is none."""
    form = named_form(tx, key)
    if form.starts == "none":
        raise NotFound("form.unknown")
    return form


def _record(tx: Tx, form: NamedForm, given: str | None) -> Record | None:
    identity = parse_id(given or "")
    return find(tx, form.entity, identity) if identity and form.entity else None


def _view(
    tx: Tx,
    form: NamedForm,
    record: Record | None,
    *,
    typed: Mapping[str, Any] | None = None,
    refusal: Refused | None = None,
) -> FormView:
    made = form.definition
    parts = form_parts(tx, form, record, typed=typed, refusal=refusal)
    return FormView(
        title=made.title.to(tx.language),
        text=made.intro.to(tx.language) if made.intro else "",
        url=f"/form/{form.key}" + (f"?record={record.id}" if record else ""),
        submit=made.submit.to(tx.language),
        sections=parts.sections,
        live=parts.live,
        names=parts.names,
        errors=parts.errors,
        draft=f"form:{form.key}:{record.id if record else ''}",
        wide=any(section.columns > 1 for section in parts.sections),
    )


@post("/form/{key:str}")
async def send_request(request: AnyRequest, key: str) -> Response[str]:
    """Do what the form is bound to."""
    form = await form_of(request)
    return await in_thread(_send, request, key, form)


def _send(request: AnyRequest, key: str, sent: FormMultiDict) -> Response[str]:
    with asked(request, sent, deed="form") as tx:
        form = sendable(tx, key)
        record = _record(tx, form, request.query_params.get("record"))
        body = body_of(tx, form, sent)
        in_dialog = "dialog" in (request.headers.get("hx-target") or "")
        try:
            with tx.connection.transaction():
                written = send(tx, form, record, body, begin)
        except Refused as refusal:
            view = _view(tx, form, record, typed=body, refusal=refusal)
            template = "form_dialog" if in_dialog else "form_page"
            return part(request, tx, f"pages/{template}.html", view=view, status=422)
        text = tx.say("request.sent", form=form.definition.title.to(tx.language))
        go = "" if in_dialog and record else _page_of(tx, form, written)
        return saved(request, tx, text, undo=undo_url(tx), go=go)


def begin(tx: Tx, key: str, record: Record | None, values: Mapping[str, Any]) -> UUID:
    """The instance of a process that a form starts about a record, with the answers as its variables."""
    entity = record.entity if record else None
    return start(tx, key, entity=entity, record=record.id if record else None, values=dict(values)).id


def _page_of(tx: Tx, form: NamedForm, record: Record | None) -> str:
    return f"/{tx.catalog.entity(record.entity).definition.path}/{record.id}" if record else "/"
