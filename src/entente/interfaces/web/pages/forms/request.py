"""A form that is sent from inside the product: in a dialog on the page of its record, or on a page of its own."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.forms import FormSection, FormView
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
from entente.services.forms.named import NamedForm, prefilled, send
from entente.services.forms.named import form_of as named_form
from entente.services.processes.instances import start

PANEL = "panel"


@get("/form/{key:str}", sync_to_thread=True)
def open_request(request: AnyRequest, key: FromPath[str]) -> Response[str]:
    """The form, empty, about the record that the address names."""
    with asked(request) as tx:
        form = sendable(tx, key)
        where = _where(tx, form, request)
        view = _view(tx, form, where)
        if is_fragment(request):
            return part(request, tx, f"pages/{where.template}.html", view=view)
        return show(request, tx, "form_page", view, current=form.entity or "")


def sendable(tx: Tx, key: str) -> NamedForm:
    """The form of a key that can be sent by itself; NotFound when there is none."""
    form = named_form(tx, key)
    if form.starts == "none":
        raise NotFound("form.unknown")
    return form


class Where(msgspec.Struct, frozen=True):
    """Where a form stands: about a record, on the page of another one, in which place of the page."""

    record: Record | None
    host: Record | None
    place: str
    template: str

    @property
    def query(self) -> str:
        """The place as an address says it."""
        named = {"record": self.record and self.record.id, "on": self.host and self.host.id, "in": self.place}
        return urlencode({name: str(value) for name, value in named.items() if value})


def _where(tx: Tx, form: NamedForm, request: AnyRequest) -> Where:
    given = request.query_params
    record, on = parse_id(given.get("record") or ""), parse_id(given.get("on") or "")
    place = str(given.get("in") or "")
    in_dialog = "dialog" in (request.headers.get("hx-target") or "")
    embedded = place in form.embedded and not in_dialog
    dialog = in_dialog or request.method == "GET"
    return Where(
        record=find(tx, form.entity, record) if record and form.entity else None,
        host=find(tx, form.host, on) if on and form.host else None,
        place=place if embedded else "",
        template="form_embedded" if embedded else "form_dialog" if dialog else "form_page",
    )


def _view(
    tx: Tx,
    form: NamedForm,
    where: Where,
    *,
    typed: Mapping[str, Any] | None = None,
    refusal: Refused | None = None,
) -> FormView:
    made = form.definition
    known = prefilled(tx, form, where.host)
    parts = form_parts(tx, form, where.record, known=known, typed=typed, refusal=refusal)
    about = where.record or where.host
    return FormView(
        title=made.title.to(tx.language),
        text=made.intro.to(tx.language) if made.intro else "",
        url=f"/form/{form.key}" + (f"?{where.query}" if where.query else ""),
        target=f"#form-{form.key}" if where.place else "#dialog",
        submit=made.submit.to(tx.language),
        sections=_fitting(where, parts.sections),
        live=parts.live,
        names=parts.names,
        errors=parts.errors,
        draft=f"form:{form.key}:{about.id if about else ''}",
        wide=any(section.columns > 1 for section in parts.sections),
    )


def _fitting(where: Where, sections: tuple[FormSection, ...]) -> tuple[FormSection, ...]:
    """The sections as their place has room for them: in a panel one column."""
    return tuple(msgspec.structs.replace(each, columns=1) for each in sections) if where.place == PANEL else sections


@post("/form/{key:str}")
async def send_request(request: AnyRequest, key: FromPath[str]) -> Response[str]:
    """Do what the form is bound to."""
    form = await form_of(request)
    return await in_thread(_send, request, key, form)


def _send(request: AnyRequest, key: str, sent: FormMultiDict) -> Response[str]:
    with asked(request, sent, deed="form") as tx:
        form = sendable(tx, key)
        where = _where(tx, form, request)
        body = body_of(tx, form, sent)
        try:
            with tx.connection.transaction():
                written = send(tx, form, where.record, body, begin, host=where.host)
        except Refused as refusal:
            view = _view(tx, form, where, typed=body, refusal=refusal)
            return part(request, tx, f"pages/{where.template}.html", view=view, status=422)
        text = tx.say("request.sent", form=form.definition.title.to(tx.language))
        stays = where.place or (where.template == "form_dialog" and (where.record or where.host))
        go = "" if stays else _page_of(tx, form, written)
        answer = saved(request, tx, text, undo=undo_url(tx), go=go, events=_events(form, where))
        answer.headers |= {"HX-Reswap": "none"} if where.place else {}
        return answer


def _events(form: NamedForm, where: Where) -> tuple[str, ...]:
    """What the page is told: what it shows has changed, and an embedded form is empty again."""
    return ("record-saved", f"form-sent-{form.key}") if where.place else ("record-saved",)


def begin(tx: Tx, key: str, record: Record | None, values: Mapping[str, Any]) -> UUID:
    """The instance of a process that a form starts about a record, with the answers as its variables."""
    entity = record.entity if record else None
    return start(tx, key, entity=entity, record=record.id if record else None, values=dict(values)).id


def _page_of(tx: Tx, form: NamedForm, record: Record | None) -> str:
    return f"/{tx.catalog.entity(record.entity).definition.path}/{record.id}" if record else "/"
