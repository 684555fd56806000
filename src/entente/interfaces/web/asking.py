"""A page request at work: the transaction, the form that was sent, and the answers it can get."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

from anyio import to_thread
from litestar import Request, Response
from litestar.datastructures import FormMultiDict
from litestar.exceptions import ClientException

from entente.interfaces.html.environment import Templates
from entente.interfaces.html.http.csrf import csrf_token
from entente.interfaces.html.http.door import database_of, open_tx
from entente.interfaces.html.http.refusals import TooLarge
from entente.interfaces.html.http.session import session_key
from entente.interfaces.html.views.frame import DialogPage
from entente.interfaces.web.appearance import appearance_of
from entente.interfaces.web.beneath import page_under
from entente.interfaces.web.shell import shell_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused

AnyRequest = Request[Any, Any, Any]
CSRF = "_csrf_token"
DIALOGS = frozenset(
    f"pages/{name}.html"
    for name in (
        "form_dialog", "process_start", "process_message", "process_repair", "create_menu", "field_history",
        "view_order",
    )
)  # fmt: skip
PREVIEW, PAST = "pages/preview.html", "pages/past.html"
MOST_SENT = 30_000_000  # bytes of one request


@contextmanager
def asked(request: AnyRequest, form: Mapping[str, Any] | None = None, deed: str = "") -> Iterator[Tx]:
    """A transaction on behalf of whoever is signed in; the pages speak his language, whatever the browser prefers."""
    with open_tx(request, "web", csrf=str((form or {}).get(CSRF) or "") or None, deed=deed) as tx:
        tx.language = tx.principal.language
        yield tx


def templates_of(request: AnyRequest) -> Templates:
    """The page templates."""
    made: Templates = request.app.state.templates
    return made


def is_fragment(request: AnyRequest) -> bool:
    """Whether the page asks for a part of itself, not for the whole."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-history-restore-request") != "true"


def csrf_of(request: AnyRequest) -> str:
    """The token that forms of this session send along."""
    key = session_key(request, database_of(request).settings)
    return csrf_token(key.token) if key else ""


def show(
    request: AnyRequest, tx: Tx, template: str, view: Any, *, current: str = "", status: int = 200, **values: Any
) -> Response[str]:
    """The page with what surrounds it, or only its own part when that is what was asked for."""
    name = f"pages/{template}.html"
    if is_fragment(request):
        return part(request, tx, name, view=view, status=status, **values)
    shell = shell_of(tx, current=current, csrf=csrf_of(request))
    html = templates_of(request).render(
        "layout/page.html",
        tx.language,
        tx.principal.timezone,
        partial=name,
        view=view,
        shell=shell,
        title=getattr(view, "title", ""),
        **appearance_of(tx),
        **values,
    )
    return Response(html, status_code=status, media_type="text/html")


def _is_opened(request: AnyRequest) -> bool:
    """Whether a person opens an address, by typing it or in a new tab, rather than a page fetching a part of itself."""
    asks = request.method == "GET" and not is_fragment(request)
    return asks and "text/html" in request.headers.get("accept", "")


def part(request: AnyRequest, tx: Tx, template: str, *, status: int = 200, **values: Any) -> Response[str]:
    """A part of a page; whoever opens the address of a dialog gets the page under it, on which the dialog opens.

    The preview of a record, opened by itself, is the record's page.
    """
    opened = status == 200 and _is_opened(request)
    if opened and template == PREVIEW:
        return Response("", status_code=303, headers={"Location": page_under(request.url.path)})
    if opened and (template in DIALOGS or template == PAST):
        url = f"{request.url.path}?{request.url.query}".rstrip("?")
        place: Literal["dialog", "drawer"] = "drawer" if template == PAST else "dialog"
        view = DialogPage(url=url, under=page_under(request.url.path), place=place)
        return show(request, tx, "dialog_page", view)
    html = templates_of(request).render(template, tx.language, tx.principal.timezone, **values)
    return Response(html, status_code=status, media_type="text/html")


def saved(
    request: AnyRequest,
    tx: Tx,
    text: str,
    *,
    undo: str = "",
    go: str = "",
    kind: str = "",
    events: tuple[str, ...] = ("record-saved",),
) -> Response[str]:
    """Work is done: a short message with its undo; the page refreshes what changed, or goes elsewhere."""
    if go and not is_fragment(request):
        return Response("", status_code=303, headers={"Location": go})
    answer = part(request, tx, "pages/toast.html", text=text, undo_url=undo, go=go, kind=kind)
    closing = ("close-dialog",) if "dialog" in (request.headers.get("hx-target") or "") else ()
    answer.headers["HX-Trigger"] = ", ".join((*events, *closing, "list-changed", "timeline-changed"))
    return answer


def undo_url(tx: Tx) -> str:
    """Where the deeds of this transaction are undone."""
    return f"/undo/{tx.cause.id}"


async def form_of(request: AnyRequest) -> FormMultiDict:
    """The form that was sent; TooLarge when it holds more than the product takes, Refused when it cannot be read."""
    try:
        return await request.form()
    except ClientException as fault:
        if fault.status_code == 413:
            raise TooLarge("web.too_large", limit=MOST_SENT // 1_000_000) from fault
        raise Refused("web.form_unreadable") from fault


async def in_thread(work: Callable[..., Response[str]], *arguments: Any) -> Response[str]:
    """The answer of synchronous work, done beside the event loop."""
    return await to_thread.run_sync(partial(work, *arguments))
