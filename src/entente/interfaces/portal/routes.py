"""Public forms over HTTP: a page, a frame, a plain form or JSON; no session, no cookie, no data but the form's own."""

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, Router, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath, RawBody

from entente.interfaces.html.http.door import database_of, open_tx
from entente.interfaces.html.http.languages import language_of
from entente.interfaces.html.http.problems import answer_fault, as_refusal, headers_of, problem_of
from entente.interfaces.portal.buttons import press_button, show_button
from entente.interfaces.portal.page import done_page, faults_of, form_page
from entente.interfaces.portal.rendering import portal_page, refused_page, templates_of
from entente.interfaces.portal.sent import MOST_BYTES, Sent, read_sent, utm_of, web_address
from entente.interfaces.portal.snippets import snippets_page
from entente.interfaces.portal.visitor import asked_language, let_in, visited, visitor_peer
from entente.kernel.kit.refusal import NotFound, Refused
from entente.kernel.records.query import exists
from entente.services.forms.answers import read_answers
from entente.services.forms.companies import suggest
from entente.services.forms.published import ENTITY, form_of
from entente.services.forms.submit import Visit, submit

AnyRequest = Request[Any, Any, Any]
JSON = "application/json"
PROBLEM = "application/problem+json"
AGAIN = frozenset({"form.unknown", "form.origin_refused"})  # refusals after which the form is not shown again


def portal_routes() -> list[Router]:
    """Everything under `/f`, and the buttons of mails under `/m`."""
    handlers = [show, show_in_frame, show_thanks, show_snippets, companies, send, check]
    return [
        Router(
            "/f/{key:str}",
            route_handlers=handlers,
            exception_handlers={Exception: answer},
            request_max_body_size=MOST_BYTES,
            include_in_schema=False,
        ),
        Router(
            "/m/{token:str}",
            route_handlers=[show_button, press_button],
            exception_handlers={Exception: answer},
            request_max_body_size=MOST_BYTES,
            include_in_schema=False,
        ),
    ]


@get("/", sync_to_thread=True)
def show(request: AnyRequest, key: FromPath[str]) -> Response[str]:
    """The form as a page of its own."""
    return _form(request, key, embedded=False)


@get("/embed", sync_to_thread=True)
def show_in_frame(request: AnyRequest, key: FromPath[str]) -> Response[str]:
    """The form for a frame in the page of an allowed site."""
    return _form(request, key, embedded=True)


def _form(request: AnyRequest, key: str, *, embedded: bool) -> Response[str]:
    referrer = web_address(request.headers.get("referer"))
    query = {name: request.query_params.get(name) for name in request.query_params}
    sent = Sent(answers=query, referrer=referrer, utm=utm_of(query, referrer))
    with visited(request, key) as (tx, form):
        view = form_page(tx, form, sent, embedded=embedded)
        return portal_page(request, tx, "public_form", view, form=form, embedded=embedded)


@get("/thanks", sync_to_thread=True)
def show_thanks(request: AnyRequest, key: FromPath[str]) -> Response[str]:
    """What is said once the form was received."""
    embedded = request.query_params.get("embed") == "1"
    with visited(request, key) as (tx, form):
        view = done_page(tx, form, embedded=embedded)
        return portal_page(request, tx, "public_form", view, form=form, embedded=embedded)


@get("/snippet", sync_to_thread=True)
def show_snippets(request: AnyRequest, key: FromPath[str]) -> Response[str]:
    """Markup that puts the form on a site, for colleagues who may see the form."""
    with open_tx(request, "web") as tx:
        form = form_of(tx, key)
        if not exists(tx, ENTITY, form.id):
            raise NotFound("form.unknown")
        return portal_page(request, tx, "form_snippets", snippets_page(tx, form, templates_of(request)), form=form)


@get("/companies", sync_to_thread=True)
def companies(request: AnyRequest, key: FromPath[str]) -> list[dict[str, str]]:
    """Names from the form's own public list."""
    let_in(request, key)
    with visited(request, key) as (_, form):
        return [{"name": name} for name in suggest(form, request.query_params.get("q", ""))]


@post("/check", sync_to_thread=True, status_code=200)
def check(request: AnyRequest, key: FromPath[str], body: RawBody) -> dict[str, dict[str, str]]:
    """What is wrong with the answers so far, by field; nothing is kept."""
    let_in(request, key)
    sent = read_sent(request, body)
    with visited(request, key, sent.language) as (tx, form):
        faults = read_answers(tx, form, sent.answers).faults
        return {"errors": {str(fault.field): tx.say(fault.code, **fault.values) for fault in faults}}


@post("/", sync_to_thread=True, status_code=200)
def send(request: AnyRequest, key: FromPath[str], body: RawBody) -> Response[Any]:
    """The answers taken once: a page or a redirection for people, JSON for scripts."""
    sent = read_sent(request, body)
    try:
        let_in(request, key)
        with visited(request, key, sent.language) as (tx, form):
            submit(tx, form, sent.answers, _visit(request, sent))
    except Refused as refusal:
        if refusal.code in AGAIN or _wants_json(request):
            raise
        return _once_more(request, key, sent, refusal)
    return _taken(request, key, sent)


def _visit(request: AnyRequest, sent: Sent) -> Visit:
    return Visit(
        peer=visitor_peer(request),
        referrer=sent.referrer,
        utm=sent.utm,
        token=sent.token,
        consent=sent.consent,
        trap=sent.trap,
    )


def _taken(request: AnyRequest, key: str, sent: Sent) -> Response[Any]:
    with visited(request, key, sent.language) as (tx, form):
        said = done_page(tx, form, embedded=sent.embedded)
        if _wants_json(request):
            return Response({"title": said.title, "text": said.done, "redirect": form.redirect_url}, media_type=JSON)
        query = urlencode({"lang": tx.language} | ({"embed": "1"} if sent.embedded else {}))
        target = form.redirect_url or f"/f/{form.key}/thanks?{query}"
        return Response(None, status_code=303, headers={"Location": target})


def _once_more(request: AnyRequest, key: str, sent: Sent, refusal: Refused) -> Response[str]:
    """The form with everything that was typed and what is wrong with it."""
    with visited(request, key, sent.language) as (tx, form):
        view = form_page(tx, form, sent, faults_of(refusal), embedded=sent.embedded)
        page = portal_page(request, tx, "public_form", view, form=form, embedded=sent.embedded, status=refusal.status)
    page.headers.update(headers_of(refusal))
    return page


def _wants_json(request: AnyRequest) -> bool:
    sends = request.headers.get("content-type", "").startswith(JSON)
    return sends or request.headers.get("accept", "").startswith((JSON, PROBLEM))


def answer(request: AnyRequest, fault: Exception) -> Response[Any]:
    """A page, or problem details for scripts, that says what was refused and nothing else."""
    refusal = as_refusal(fault)
    if refusal is None and isinstance(fault, HTTPException) and fault.status_code < 500:
        refusal = _of_framework(fault)
    if refusal is None:
        return answer_fault(request, fault)
    words = database_of(request).words
    language = asked_language(request) or language_of(request, "fr")
    if _wants_json(request):
        body = problem_of(refusal, words, language)
        return Response(body, status_code=refusal.status, media_type=PROBLEM, headers=headers_of(refusal))
    page = refused_page(request, words, language, refusal.status, words.say(language, refusal.code, **refusal.values))
    page.headers.update(headers_of(refusal))
    return page


def _of_framework(fault: HTTPException) -> Refused:
    code = {404: "not_found", 413: "portal.too_large"}.get(fault.status_code, "http.bad_request")
    refusal = Refused(code)
    refusal.status = fault.status_code
    return refusal
