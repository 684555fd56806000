"""The portal's pages as responses: who may show them in a frame, and where their forms may lead."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Response

from entente.interfaces.html.environment import Templates
from entente.interfaces.html.http.headers import page_policy
from entente.interfaces.html.http.peer import Connection, host_of
from entente.interfaces.html.views.forms import ErrorView
from entente.kernel.db.tx import Tx
from entente.kernel.kit.words import Words
from entente.services.forms.definition import Form

ZONE = "UTC"
HTML = "text/html"


def templates_of(request: Connection) -> Templates:
    """The page templates."""
    made: Templates = request.app.state.templates
    return made


def portal_page(
    request: Connection, tx: Tx, template: str, view: Any, *, form: Form, embedded: bool = False, status: int = 200
) -> Response[str]:
    """A page of the portal; embedded, the sites that the form allows may show it in a frame."""
    html = templates_of(request).render(
        "layout/portal.html",
        tx.language,
        ZONE,
        partial=f"pages/{template}.html",
        view=view,
        title=view.title,
        embedded=embedded,
    )
    headers = {"Content-Security-Policy": policy_of(request, form, embedded=embedded), "Vary": "Accept-Language"}
    if embedded:
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return Response(html, status_code=status, media_type=HTML, headers=headers)


def policy_of(request: Connection, form: Form, *, embedded: bool) -> str:
    """The content security policy of a form's page (browsers hold redirects of a form to `form-action` too)."""
    ancestors = " ".join(("'self'", *form.origins)) if embedded else "'none'"
    target = urlsplit(form.redirect_url or "")
    targets = f"'self' {target.scheme}://{target.netloc}" if target.netloc else "'self'"
    return page_policy(host_of(request.scope["headers"]), ancestors, targets)


def refused_page(request: Connection, words: Words, language: str, status: int, text: str) -> Response[str]:
    """A page that says in words what was refused."""
    title = words.say(language, "portal.refused")
    view = ErrorView(status=status, title=title, text=text, home_url="")
    html = templates_of(request).render(
        "layout/portal.html", language, ZONE, partial="pages/portal_error.html", view=view, title=title
    )
    return Response(html, status_code=status, media_type=HTML)
