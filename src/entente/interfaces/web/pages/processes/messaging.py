"""Messages and signals of processes: what waits for which, what came early, one sent by hand with a look beforehand."""

from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.frame import Action, Empty
from entente.interfaces.html.views.messages import MessageView
from entente.interfaces.html.views.processes import Option
from entente.interfaces.html.views.tables import Cell, Line, Table, Tables
from entente.interfaces.html.views.variables import VariableRow
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved, show
from entente.interfaces.web.inputs import errors_of
from entente.interfaces.web.pages.processes.instances import HERE as INSTANCES
from entente.interfaces.web.pages.processes.instances import MESSAGES, tabs_of
from entente.interfaces.web.pages.processes.variables import read_rows, records_url, sent_rows, variables_view
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Forbidden, Refused
from entente.kernel.records.query import titles
from entente.services.processes.early import Message
from entente.services.processes.messaging import KINDS, Early, Kind, Wait, early, forget, reach, send, waits
from entente.services.processes.rights import require_right
from entente.services.stream.wording import moment_in_words

SEND = f"{MESSAGES}/send"
TEMPLATE, REACH = "pages/process_message.html", "pages/process_message_reach.html"
KEPT_FOR = ("", "PT1H", "P1D", "P7D", "P30D")
HUES = {"message": "blue", "signal": "violet"}


@get(MESSAGES, sync_to_thread=True)
def show_messages(request: AnyRequest) -> Response[str]:
    """What waits for messages and signals, and the messages that wait to be waited for."""
    with asked(request) as tx:
        found, kept = waits(tx), early(tx)
        begins = [each for each in found if each.instance is None]
        view = Tables(
            title=tx.say("nav.processes"),
            url=MESSAGES,
            tabs=tabs_of(tx, "messages"),
            actions=(Action(label=tx.say("processes.message.send"), url=SEND, icon="send", tone="primary"),),
            tables=(
                _waiting(tx, [each for each in found if each.instance is not None]),
                _early(tx, kept),
                *([_starting(tx, begins)] if begins else []),
            ),
        )
        return show(request, tx, "tables", view, current="processes")


def _waiting(tx: Tx, found: Sequence[Wait]) -> Table:
    return Table(
        title=tx.say("processes.message.waiting"),
        headings=tuple(tx.say(f"processes.message.{each}") for each in ("name", "key", "who", "since")),
        lines=tuple(_wait(tx, each) for each in found),
        empty=Empty(text=tx.say("processes.message.none_wait"), icon="mail"),
    )


def _wait(tx: Tx, each: Wait) -> Line:
    return Line(
        cells=(
            _named(tx, each),
            Cell(text=each.correlation or each.business_key or tx.say("processes.message.any")),
            Cell(text=f"{each.process} · {each.step}", url=f"{INSTANCES}/{each.instance}"),
            Cell(at=each.since),
        ),
        actions=(_answer(tx, each),),
    )


def _named(tx: Tx, each: Wait) -> Cell:
    return Cell(text=tx.say(f"processes.message.{each.kind}_named", name=each.name), hue=HUES[each.kind])


def _answer(tx: Tx, each: Wait) -> Action:
    query = {"kind": each.kind, "name": each.name, "correlation": each.correlation, "business_key": each.business_key}
    said = urlencode({name: text for name, text in query.items() if text})
    return Action(label=tx.say("processes.message.answer"), url=f"{SEND}?{said}", icon="send")


def _starting(tx: Tx, found: Sequence[Wait]) -> Table:
    lines = (Line(cells=(_named(tx, each), Cell(text=each.process)), actions=(_answer(tx, each),)) for each in found)
    return Table(
        title=tx.say("processes.message.starting"),
        headings=(tx.say("processes.message.name"), tx.say("processes.model.name")),
        lines=tuple(lines),
    )


def _early(tx: Tx, found: Sequence[Early]) -> Table:
    return Table(
        title=tx.say("processes.message.early"),
        headings=tuple(tx.say(f"processes.message.{each}") for each in ("name", "key", "from", "at", "until")),
        lines=tuple(_kept(tx, each) for each in found),
        empty=Empty(text=tx.say("processes.message.none_early"), icon="clock"),
    )


def _kept(tx: Tx, each: Early) -> Line:
    sender = Cell(text=tx.say("processes.message.outside"))
    if each.sender is not None:
        sender = Cell(text=tx.say("processes.message.instance"), url=f"{INSTANCES}/{each.sender}")
    drop = Action(
        label=tx.say("processes.message.forget"),
        url=f"{MESSAGES}/{each.id}/forget",
        way="post",
        icon="trash",
        confirm=tx.say("processes.message.forget_sure", name=each.name),
    )
    return Line(
        cells=(
            Cell(text=each.name, hue=HUES["message"]),
            Cell(text=each.correlation or each.business_key or tx.say("processes.message.any")),
            sender,
            Cell(at=each.at),
            Cell(at=each.until),
        ),
        actions=(drop,),
    )


@post(f"{MESSAGES}/{{identity:int}}/forget")
async def forget_message(request: AnyRequest, identity: FromPath[int]) -> Response[str]:
    """Keep an early message no longer."""
    return await in_thread(_forgotten, request, identity, await form_of(request))


def _forgotten(request: AnyRequest, identity: int, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="process.message") as tx:
        return saved(request, tx, tx.say("processes.message.forgotten", name=forget(tx, identity)))


@get(SEND, sync_to_thread=True)
def open_sending(request: AnyRequest) -> Response[str]:
    """The dialog that sends a message or signal by hand."""
    with asked(request) as tx:
        require_right(tx)
        return part(request, tx, TEMPLATE, view=_view(tx, FormMultiDict(dict(request.query_params))))


def _view(tx: Tx, form: FormMultiDict, rows: Sequence[VariableRow] = (), refusal: Refused | None = None) -> MessageView:
    errors, others = errors_of(tx, refusal) if refusal else ({}, ())
    at_rows = {name: text for name, text in errors.items() if name.startswith("variable.")}
    kind, chosen, ttl = _kind(form), _record(form), _said(form, "ttl")
    title = titles(tx, chosen[0], [chosen[1]]).get(chosen[1], "") if chosen else ""
    return MessageView(
        title=tx.say("processes.message.send"),
        url=SEND,
        reach_url=f"{MESSAGES}/reach",
        kinds=_options(tx, KINDS, kind),
        name=_said(form, "name"),
        names=tuple(dict.fromkeys(each.name for each in waits(tx))),
        correlation=_said(form, "correlation"),
        business_key=_said(form, "business_key"),
        lookup_url=records_url(tx),
        record=((f"{chosen[0]}:{chosen[1]}", title),) if chosen and title else (),
        kept=_options(tx, KEPT_FOR, ttl, "kept_"),
        variables=variables_view(tx, SEND, records_url(tx), rows, at_rows),
        error=" ".join([*others, *(text for name, text in errors.items() if name not in at_rows)]),
    )


def _options(tx: Tx, values: Sequence[str], chosen: str, before: str = "") -> tuple[Option, ...]:
    said = ((each, tx.say(f"processes.message.{before}{each or 'not'}")) for each in values)
    return tuple(Option(value=each, label=label, chosen=each == chosen) for each, label in said)


def _said(form: FormMultiDict, name: str) -> str:
    return str(form.get(name) or "").strip()


def _kind(form: FormMultiDict) -> Kind:
    return "signal" if _said(form, "kind") == "signal" else "message"


def _record(form: FormMultiDict) -> tuple[str, UUID] | None:
    entity, _, text = str(next((each for each in form.getall("record", []) if each), "")).partition(":")
    identity = parse_id(text)
    return (entity, identity) if identity else None


def _message(form: FormMultiDict) -> Message:
    chosen = _record(form)
    return Message(
        name=_said(form, "name"),
        correlation=_said(form, "correlation"),
        business_key=_said(form, "business_key") or None,
        record=chosen[1] if chosen else None,
        ttl=_said(form, "ttl"),
    )


@post(f"{MESSAGES}/reach")
async def show_reach(request: AnyRequest) -> Response[str]:
    """Whom what stands in the dialog would reach."""
    return await in_thread(_reached, request, await form_of(request))


def _reached(request: AnyRequest, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        return part(request, tx, REACH, text=_reach(tx, form))


def _reach(tx: Tx, form: FormMultiDict) -> str:
    message, kind = _message(form), _kind(form)
    if not message.name:
        require_right(tx)
        return ""
    try:
        found = reach(tx, kind, message)
    except Forbidden:
        raise
    except Refused as refusal:
        return tx.say(refusal.code, **refusal.values)
    said = []
    if found.instances:
        key = "too_many" if kind == "message" and found.instances > 1 else "reaches"
        said.append(tx.say(f"processes.message.{key}", count=found.instances))
    if found.starts:
        said.append(tx.say("processes.message.starts", names=", ".join(found.starts)))
    if found.until is not None:
        said.append(tx.say("processes.message.kept", moment=moment_in_words(tx, found.until)))
    return " ".join(said) or tx.say("processes.message.nobody")


@post(SEND)
async def send_by_hand(request: AnyRequest) -> Response[str]:
    """Send the message or signal; the page says what became of it."""
    return await in_thread(_sent, request, await form_of(request))


def _sent(request: AnyRequest, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="process.message") as tx:
        op = str(request.query_params.get("op") or "")
        rows = sent_rows(tx, form, op)
        if op:
            return part(request, tx, TEMPLATE, view=_view(tx, form, rows))
        try:
            message = msgspec.structs.replace(_message(form), values=read_rows(tx, rows))
            done = send(tx, _kind(form), message)
        except Forbidden:
            raise
        except Refused as refusal:
            tx.connection.rollback()
            return part(request, tx, TEMPLATE, view=_view(tx, form, rows, refusal), status=refusal.status)
        if done.until is not None:
            return saved(request, tx, tx.say("processes.message.was_kept", name=message.name))
        return saved(request, tx, tx.say("processes.message.arrived", count=len(done.instances)))
