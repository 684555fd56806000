"""Buttons of mails: a page that says what will be done and in whose name, and the deed when it is confirmed."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody

from entente.interfaces.html.http.door import database_of
from entente.interfaces.html.http.headers import page_policy
from entente.interfaces.html.http.peer import host_of
from entente.interfaces.html.http.refusals import BadRequest
from entente.interfaces.html.views.mail import ButtonView
from entente.interfaces.portal.rendering import HTML, ZONE, refused_page, templates_of
from entente.kernel.db.tx import Tx, new_cause
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Forbidden, Refused
from entente.services.mail.buttons import Button, find_button, press
from entente.services.worklist.holding import read_work
from entente.services.worklist.wording import over

AnyRequest = Request[Any, Any, Any]
LONGEST_COMMENT = 10_000
TASK = "task"


@get("/", sync_to_thread=True)
def show_button(request: AnyRequest, token: FromPath[str]) -> Response[str]:
    """What the button does; nothing is done yet, for scanners of mails follow every link."""
    return _opened(request, token, lambda tx, reader, button: _question(reader, button, token))


@post("/", sync_to_thread=True, status_code=200)
def press_button(request: AnyRequest, token: FromPath[str], body: RawBody) -> Response[str]:
    """The deed, done once in the name of the person to whom the mail was sent."""
    comment = _comment(body)

    def do(tx: Tx, reader: Tx, button: Button) -> ButtonView:
        press(tx, button, {"comment": comment} if comment else {})
        said = reader.say("portal.button_done", title=button.title, name=reader.principal.name)
        return ButtonView(title=button.label, text="", url="", submit="", done=said)

    return _opened(request, token, do)


def _opened(request: AnyRequest, token: str, work: Callable[[Tx, Tx, Button], ButtonView]) -> Response[str]:
    """The page that the work makes of a button, or what was refused, in the language of whose button it is."""
    database = database_of(request)
    language = ""
    try:
        with database.begin(system("mail button"), cause=new_cause("mail")) as tx:
            button = find_button(tx, token)
            reader = _reader(tx, button)
            language = reader.language
            over = _over(reader, button)
            if over is not None:
                said = reader.say(over.code, **over.values)
                view = ButtonView(title=button.title, text="", url="", submit="", done=said, **_way(reader, button))
                return _page(request, reader, view, over.status)
            return _page(request, reader, work(tx, reader, button))
    except Refused as refusal:
        if not language:
            raise
        text = database.words.say(language, refusal.code, **refusal.values)
        return refused_page(request, database.words, language, refusal.status, text)


def _reader(tx: Tx, button: Button) -> Tx:
    person = principal_of(tx, button.person)
    if person is None:
        raise Forbidden("identity.signature_refused")
    reader = tx.acting_as(person)
    reader.language = person.language
    return reader


def _over(tx: Tx, button: Button) -> Refused | None:
    """A conflict that tells who has done it meanwhile, or that this link was used; nothing while it can be done."""
    if button.entity == TASK:
        work = read_work(tx, button.record, lock=False)
        if work.state != "active":
            return over(tx, work)
    if button.used_at is not None:
        return Refused("mail.button_used")
    return None


def _way(tx: Tx, button: Button) -> dict[str, str]:
    """Where the record of a button is."""
    entity = tx.catalog.entity(button.entity)
    url = f"{tx.settings.address}/{entity.definition.path}/{button.record}"
    return {"open_url": url, "open_label": tx.say("mail.open")}


def _question(tx: Tx, button: Button, token: str) -> ButtonView:
    action = tx.catalog.action(button.entity, button.action)
    takes_comment = action.params is not None and "comment" in action.params.__struct_fields__
    return ButtonView(
        title=button.title,
        text=tx.say("portal.button_text", label=button.label, name=tx.principal.name),
        url=f"/m/{token}",
        submit=button.label,
        comment_label=tx.say("portal.button_comment") if takes_comment else "",
        **_way(tx, button),
    )


def _comment(body: bytes) -> str:
    try:
        sent = parse_qs(body.decode(), max_num_fields=10)
    except ValueError:
        raise BadRequest("http.bad_request") from None
    return next(iter(sent.get("comment", ())), "").strip()[:LONGEST_COMMENT]


def _page(request: AnyRequest, tx: Tx, view: ButtonView, status: int = 200) -> Response[str]:
    html = templates_of(request).render(
        "layout/portal.html", tx.language, ZONE, partial="pages/mail_button.html", view=view, title=view.title
    )
    # The address of the page is the right to act: it goes nowhere else.
    headers = {
        "Content-Security-Policy": page_policy(host_of(request.scope["headers"]), "'none'", "'self'"),
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return Response(html, status_code=status, media_type=HTML, headers=headers)
