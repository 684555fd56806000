"""Coming in and going out: sign in, sign out."""

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.http.csrf import csrf_token, require_same_origin
from entente.interfaces.html.http.door import database_of
from entente.interfaces.html.http.languages import language_of
from entente.interfaces.html.http.peer import peer_of
from entente.interfaces.html.http.session import ended_cookie, session_cookie, session_key
from entente.interfaces.html.views.forms import SignInView
from entente.interfaces.html.views.frame import Person
from entente.interfaces.web.asking import AnyRequest, form_of, in_thread, is_fragment, templates_of
from entente.kernel.identity.invitations import has_users
from entente.kernel.identity.organisation import organisation_name
from entente.kernel.identity.sessions import sign_in, sign_out
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.query import Ask, page
from entente.settings import DEMO_PASSWORD


@get("/sign-in", sync_to_thread=True)
def show_sign_in(request: AnyRequest) -> Response[str]:
    """The door."""
    return _door(request, SignInView(url="/sign-in", csrf="", next=_inside(request.query_params.get("next"))))


@post("/sign-in")
async def come_in(request: AnyRequest) -> Response[str]:
    """Start a session for the right login and password."""
    form = await form_of(request)
    return await in_thread(_come_in, request, form)


def _come_in(request: AnyRequest, form: FormMultiDict) -> Response[str]:
    require_same_origin(request)
    database = database_of(request)
    settings = database.settings
    login, password = str(form.get("login") or "").strip(), str(form.get("password") or "")
    peer = peer_of(request, settings.trusted_proxies)
    agent = request.headers.get("user-agent", "")
    try:
        token = sign_in(database, settings.organisation, login, password, peer=peer, agent=agent)
    except Refused as refusal:
        error = database.words.say(language_of(request, "fr"), refusal.code, **_said(refusal))
        if is_fragment(request):
            return Response(error, status_code=422, media_type="text/plain")
        view = SignInView(url="/sign-in", csrf="", error=error, name=login, next=_inside(form.get("next")))
        return _door(request, view, status=refusal.status if refusal.status == 429 else 422)
    return welcome(request, token, _inside(form.get("next")))


def _said(refusal: Refused) -> dict[str, object]:
    return {**refusal.values, "seconds": getattr(refusal, "seconds", refusal.values.get("seconds", ""))}


def welcome(request: AnyRequest, token: str, go: str) -> Response[str]:
    """Who came in goes on where he wanted to, with the cookie of his new session."""
    settings = database_of(request).settings
    if is_fragment(request):  # signed in again in the middle of work: the page goes on with the new session's token
        answer = Response(csrf_token(token), status_code=200, media_type="text/plain")
    else:
        answer = Response("", status_code=303, headers={"Location": go or "/"})
    answer.cookies.append(session_cookie(settings, settings.organisation, token))
    return answer


def _inside(address: object) -> str:
    """The address when it lies within the product, else nothing."""
    text = str(address or "")
    return text if text.startswith("/") and not text.startswith(("//", "/\\")) and "\n" not in text else ""


def _door(request: AnyRequest, view: SignInView, status: int = 200) -> Response[str]:
    settings = database_of(request).settings
    workspace, is_empty = _house(request)
    shown = SignInView(
        url=view.url,
        csrf=view.csrf,
        workspace=workspace,
        is_empty=is_empty,
        error=view.error,
        name=view.name,
        next=view.next,
        cast=_cast(request) if settings.shows_cast else (),
        password=DEMO_PASSWORD if settings.shows_cast else "",
    )
    return door_page(request, "pages/sign_in.html", shown, status)


def door_page(request: AnyRequest, template: str, view: object, status: int = 200) -> Response[str]:
    """A page before the door, in the language that the browser prefers."""
    language = language_of(request, "fr")
    html = templates_of(request).render(
        "layout/sign_in.html", language, "Europe/Paris", partial=template, view=view, title="Entente"
    )
    return Response(html, status_code=status, media_type="text/html")


def _house(request: AnyRequest) -> tuple[str, bool]:
    """What the organisation is called, and whether nobody can come in yet."""
    with database_of(request).begin(system("sign-in")) as tx:
        return organisation_name(tx), not has_users(tx)


def _cast(request: AnyRequest) -> tuple[Person, ...]:
    with database_of(request).begin(system("demo")) as tx:
        found = page(tx, Ask(entity="user", fields=("login", "name", "job_title"), filter="active", limit=24)).records
    return tuple(
        Person(id=each["login"], name=each["name"], detail=each["job_title"] or "") for each in reversed(found)
    )


@post("/sign-out")
async def go_out(request: AnyRequest) -> Response[str]:
    """End the session."""
    return await in_thread(_go_out, request)


def _go_out(request: AnyRequest) -> Response[str]:
    require_same_origin(request)
    database = database_of(request)
    key = session_key(request, database.settings)
    if key:
        with database.begin(system("sign-out"), organisation=key.organisation) as tx:
            sign_out(tx, key.token)
    answer = Response("", status_code=303, headers={"Location": "/sign-in", "Clear-Site-Data": '"cache"'})
    answer.cookies.append(ended_cookie(database.settings))
    return answer
