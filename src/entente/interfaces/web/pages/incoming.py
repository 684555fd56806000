"""Incoming mail: what arrived, what became of it and why, beside the mail that leaves."""

from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from entente.interfaces.html.views.frame import Action, Empty, Tab
from entente.interfaces.html.views.mail import IncomingView, OpenedMail, ReceivedMail
from entente.interfaces.web.asking import AnyRequest, asked, show
from entente.interfaces.web.settings import require_settings
from entente.kernel.db.tx import Tx
from entente.kernel.records.query import titles
from entente.services.mail.incoming import (
    Incoming,
    IncomingState,
    list_incoming,
    looks,
    raw_incoming,
    read_incoming,
)
from entente.services.mail.quotes import split_reply
from entente.services.mail.reading import Letter

BASE = "/outbox/received"
TABS: tuple[IncomingState, ...] = ("accepted", "answered", "refused", "ignored", "failed", "waiting")
LONGEST = 50_000


@get(BASE, sync_to_thread=True)
def show_incoming(request: AnyRequest) -> Response[str]:
    """The mails that arrived."""
    with asked(request) as tx:
        require_settings(tx)
        return show(request, tx, "incoming", _view(tx, _state_of(request), None), current="incoming")


@get(BASE + "/{identity:uuid}", sync_to_thread=True)
def show_received(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """One mail beside the others, with what it was decided by."""
    with asked(request) as tx:
        require_settings(tx)
        view = _view(tx, _state_of(request), read_incoming(tx, identity))
        return show(request, tx, "incoming", view, current="incoming")


@get(BASE + "/{identity:uuid}/raw", sync_to_thread=True)
def give_raw(request: AnyRequest, identity: FromPath[UUID]) -> Response[bytes]:
    """One mail exactly as it arrived, to be saved."""
    with asked(request) as tx:
        require_settings(tx)
        headers = {
            "Content-Disposition": f'attachment; filename="{identity}.eml"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        }
        return Response(raw_incoming(tx, identity), media_type="message/rfc822", headers=headers)


def _state_of(request: AnyRequest) -> IncomingState | None:
    wanted = request.query_params.get("state")
    return next((each for each in TABS if each == wanted), None)


def _view(tx: Tx, state: IncomingState | None, opened: tuple[Incoming, Letter] | None) -> IncomingView:
    tabs = [Tab(label=tx.say("outbox.all"), url=BASE, current=state is None)]
    tabs += [
        Tab(label=tx.say(f"mail.incoming.{each}"), url=f"{BASE}?state={each}", current=each == state) for each in TABS
    ]
    return IncomingView(
        title=tx.say("nav.incoming"),
        mails=tuple(_mail(tx, each, state) for each in list_incoming(tx, state=state)),
        opened=_opened(tx, *opened, state) if opened else None,
        tabs=tuple(tabs),
        empty=Empty(text=_empty(tx), icon="mail"),
        faults=tuple(
            tx.say("incoming.fault", mailbox=each.mailbox, error=each.error) for each in looks(tx) if each.error
        ),
    )


def _empty(tx: Tx) -> str:
    return tx.say("incoming.none" if tx.settings.imap_url else "incoming.no_mailbox")


def _mail(tx: Tx, mail: Incoming, state: IncomingState | None) -> ReceivedMail:
    return ReceivedMail(
        id=str(mail.id),
        sender=mail.sender,
        subject=mail.subject,
        at=mail.arrived_at,
        state=mail.state,
        state_label=tx.say(f"mail.incoming.{mail.state}"),
        reason=tx.say(mail.reason, **mail.said) if mail.reason else "",
        url=f"{BASE}/{mail.id}" + (f"?state={state}" if state else ""),
    )


def _opened(tx: Tx, mail: Incoming, letter: Letter, state: IncomingState | None) -> OpenedMail:
    markers = [tx.words.say(language, "task_mail.marker") for language in ("en", "fr")]
    reply = split_reply(letter.text or letter.html, markers)
    save = Action(label=tx.say("incoming.raw"), url=f"{BASE}/{mail.id}/raw", way="go", icon="download")
    saves = (save,) if tx.principal.is_admin else ()
    return OpenedMail(
        mail=_mail(tx, mail, state),
        answer=reply.answer[:LONGEST],
        quoted=reply.quoted[:LONGEST],
        facts=tuple((tx.say(f"incoming.fact.{name}"), value) for name, value in _facts(tx, mail) if value),
        headers="\n".join(f"{name}: {value}" for name, value in letter.headers)[:LONGEST],
        actions=(*saves, *_record(tx, mail)),
    )


def _facts(tx: Tx, mail: Incoming) -> list[tuple[str, str]]:
    person = titles(tx, "user", [mail.person]).get(mail.person, "") if mail.person else ""
    said = {name: str(mail.said.get(name) or "") for name in ("line", "proof", "authentication_results")}
    said["proof"] = tx.say(f"incoming.proof.{said['proof']}") if said["proof"] else ""
    repeats = str(mail.repeats) if mail.repeats else ""
    return [("person", person), *said.items(), ("message_id", mail.message_id), ("repeats", repeats)]


def _record(tx: Tx, mail: Incoming) -> tuple[Action, ...]:
    entity = tx.catalog.entities.get(mail.entity or "")
    if entity is None or mail.record is None:
        return ()
    return (
        Action(
            label=entity.label.to(tx.language),
            url=f"/{entity.definition.path}/{mail.record}",
            way="go",
            icon="checkbox",
        ),
    )
