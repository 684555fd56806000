"""A visitor at the door: no session, no rights, a transaction of the system for this one form."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from entente.interfaces.html.http.door import database_of
from entente.interfaces.html.http.languages import language_of
from entente.interfaces.html.http.peer import Connection, host_of, peer_of
from entente.kernel.db.tx import Tx, new_cause
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Forbidden
from entente.kernel.kit.words import LANGUAGES
from entente.services.forms.definition import Form
from entente.services.forms.limits import count_call
from entente.services.forms.published import form_of, may_send


@contextmanager
def visited(request: Connection, key: str, language: str = "") -> Iterator[tuple[Tx, Form]]:
    """A transaction and the form of a key, in the visitor's language; NotFound when it is not published."""
    with database_of(request).begin(system("form"), cause=new_cause("form", key[:60])) as tx:
        form = form_of(tx, key)
        tx.language = language or asked_language(request) or language_of(request, form.language)
        yield tx, form


def asked_language(request: Connection) -> str:
    """The language that the address asks for by `lang`; empty when it names none of ours."""
    language = request.query_params.get("lang", "")
    return language if language in LANGUAGES else ""


def let_in(request: Connection, key: str) -> None:
    """Count a call; Throttled when there were too many, Forbidden when another site may not send to the form."""
    with visited(request, key) as (tx, form):
        refuse_foreign(request, form)
        count_call(tx, form, visitor_peer(request))


def visitor_peer(request: Connection) -> str:
    """The network address under which the visitor is counted."""
    return peer_of(request, database_of(request).settings.trusted_proxies)


def refuse_foreign(request: Connection, form: Form) -> None:
    """Forbidden when the page that sends is neither ours nor of an allowed site."""
    origin = request.headers.get("origin", "")
    if not origin or request.headers.get("sec-fetch-site") == "same-origin":
        return
    ours = {urlsplit(database_of(request).settings.address).netloc, host_of(request.scope["headers"])}
    if urlsplit(origin).netloc not in ours - {""} and not may_send(form, origin):
        raise Forbidden("form.origin_refused")
