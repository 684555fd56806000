"""One's own password, sessions and API tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.http.door import database_of, open_tx
from entente.interfaces.html.http.peer import peer_of
from entente.interfaces.html.http.session import session_cookie, session_key
from entente.interfaces.html.views.forms import FormSection
from entente.interfaces.html.views.frame import Action, Banner, Empty
from entente.interfaces.html.views.tables import Cell, Line, Table, Tables
from entente.interfaces.html.views.transfer import SettingsView
from entente.interfaces.web.asking import CSRF, AnyRequest, asked, form_of, in_thread, part, saved, show
from entente.interfaces.web.inputs import errors_of
from entente.interfaces.web.settings import plain_field, refused_form, tabs_of
from entente.kernel.db.tx import Tx
from entente.kernel.identity.passwords import change_password
from entente.kernel.identity.sessions import (
    Session,
    end_session,
    end_sessions,
    sessions_of,
    start_session,
    token_hash,
)
from entente.kernel.identity.tokens import ApiToken, create_token, revoke_token, tokens_of
from entente.kernel.kit.refusal import Forbidden, Refused
from entente.services.stream.noting import TOKEN, WAY_IN, Thing, note, note_ended_sessions

FIELDS = ("current", "password", "again")
DEFAULT_DAYS = 90


@contextmanager
def _choosing(request: AnyRequest, form: FormMultiDict | None = None) -> Iterator[Tx]:
    """A transaction that is open also to somebody who must choose a new password before anything else."""
    given = str(form.get(CSRF) or "") or None if form is not None else None
    with open_tx(request, "password", csrf=given, deed="password") as tx:
        tx.language = tx.principal.language
        yield tx


def _me(tx: Tx) -> UUID:
    if tx.principal.user_id is None:
        raise Forbidden()
    return tx.principal.user_id


@get("/settings/password", sync_to_thread=True)
def show_password(request: AnyRequest) -> Response[str]:
    """The form for a new password."""
    with _choosing(request) as tx:
        return show(request, tx, "settings", _password(tx), current="settings")


@post("/settings/password")
async def choose_password(request: AnyRequest) -> Response[str]:
    """Replace one's password; all other sessions end."""
    form = await form_of(request)
    return await in_thread(_choose_password, request, form)


def _choose_password(request: AnyRequest, form: FormMultiDict) -> Response[str]:
    current, wanted, again = (str(form.get(name) or "") for name in FIELDS)
    with _choosing(request, form) as tx:
        me = _me(tx)

        def choose() -> None:
            if wanted != again:
                raise Refused("settings.not_the_same", field="again")
            change_password(tx, me, current, wanted)
            note(tx, Thing(WAY_IN, str(me), tx.principal.name), "password", {})

        refused = refused_form(request, tx, choose, lambda refusal: _password(tx, refusal))
        if refused:
            return refused
        settings = database_of(request).settings
        peer = peer_of(request, settings.trusted_proxies)
        token = start_session(tx, me, peer=peer, agent=request.headers.get("user-agent", ""))
        organisation = tx.catalog.schema.removeprefix("org_")
        answer = part(request, tx, "pages/toast.html", text=tx.say("settings.password_changed"))
        answer.headers["HX-Redirect"] = "/settings/password"
        answer.cookies.append(session_cookie(settings, organisation, token))
        return answer


def _password(tx: Tx, refusal: Refused | None = None) -> SettingsView:
    errors, others = errors_of(tx, refusal) if refusal else ({}, ())
    fields = tuple(plain_field(tx, name, "password", required=True, error=errors.get(name, "")) for name in FIELDS)
    section = FormSection(key="password", label=tx.say("settings.section.password"), fields=fields)
    return SettingsView(
        title=tx.say("settings.title"),
        url="/settings/password",
        sections=(section,),
        tabs=tabs_of(tx, "credentials"),
        errors=others,
    )


@get("/settings/sessions", sync_to_thread=True)
def show_sessions(request: AnyRequest) -> Response[str]:
    """Where one is signed in."""
    with asked(request) as tx:
        key = session_key(request, database_of(request).settings)
        here = token_hash(key.token).hex() if key else ""
        others = Action(
            label=tx.say("settings.end_others"), url="/settings/sessions/others/end", way="post", icon="logout"
        )
        table = Table(
            headings=tuple(tx.say(f"settings.head.{name}") for name in ("browser", "peer", "since", "seen")),
            lines=tuple(_session(tx, each, here) for each in sessions_of(tx, _me(tx))),
        )
        view = Tables(
            title=tx.say("settings.title"),
            url="/settings/sessions",
            tables=(table,),
            actions=(others,),
            tabs=tabs_of(tx, "sessions"),
        )
        return show(request, tx, "tables", view, current="settings")


def _session(tx: Tx, session: Session, here: str) -> Line:
    ours = session.id == here
    end = Action(label=tx.say("settings.end"), url=f"/settings/sessions/{session.id}/end", way="post")
    name = session.agent[:80] or tx.say("settings.unknown_browser")
    return Line(
        cells=(
            Cell(text=tx.say("settings.this_one", name=name) if ours else name),
            Cell(text=session.peer),
            Cell(at=session.created_at),
            Cell(at=session.seen_at),
        ),
        actions=() if ours else (end,),
    )


@post("/settings/sessions/{session:str}/end")
async def end(request: AnyRequest, session: FromPath[str]) -> Response[str]:
    """End one of one's sessions, or all others."""
    form = await form_of(request)
    return await in_thread(_end, request, session, form)


def _end(request: AnyRequest, session: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        key = session_key(request, database_of(request).settings)
        if session == "others":
            ended = end_sessions(tx, _me(tx), keep=key.token if key else None)
        else:
            ended = end_session(tx, _me(tx), session)
        note_ended_sessions(tx, _me(tx), tx.principal.name, ended)
        return saved(request, tx, tx.say("settings.session_ended"))


@get("/settings/tokens", sync_to_thread=True)
def show_tokens(request: AnyRequest) -> Response[str]:
    """One's API tokens."""
    with asked(request) as tx:
        return show(request, tx, "tables", _tokens(tx), current="settings")


def _tokens(tx: Tx, secret: str = "") -> Tables:
    new = Action(label=tx.say("settings.new_token"), url="/settings/tokens/new", icon="plus", tone="primary", way="go")
    table = Table(
        headings=tuple(tx.say(f"settings.head.{name}") for name in ("name", "made", "used", "until", "state")),
        lines=tuple(_token(tx, each) for each in tokens_of(tx, _me(tx))),
        empty=Empty(text=tx.say("settings.no_tokens"), icon="lock"),
    )
    banners = (Banner(text=tx.say("settings.tokens.help")),)
    return Tables(
        title=tx.say("settings.title"),
        url="/settings/tokens",
        tables=(table,),
        actions=(new,),
        tabs=tabs_of(tx, "tokens"),
        banners=banners,
        secret=secret,
    )


def _token(tx: Tx, token: ApiToken) -> Line:
    works = token.revoked_at is None and token.expires_at > tx.clock.now()
    sure = tx.say("settings.revoke_sure", name=token.name)
    revoke = Action(
        label=tx.say("settings.revoke"), url=f"/settings/tokens/{token.id}/revoke", way="post", confirm=sure
    )
    return Line(
        cells=(
            Cell(text=token.name),
            Cell(at=token.created_at),
            Cell(at=token.last_used_at),
            Cell(at=token.expires_at),
            Cell(text=tx.say("settings.works" if works else "settings.ended"), hue="green" if works else "gray"),
        ),
        actions=(revoke,) if works else (),
    )


@get("/settings/tokens/new", sync_to_thread=True)
def open_token(request: AnyRequest) -> Response[str]:
    """The form of a new token."""
    with asked(request) as tx:
        return show(request, tx, "settings", _token_form(tx), current="settings")


@post("/settings/tokens/new")
async def make_token(request: AnyRequest) -> Response[str]:
    """Make a token and show it, this once."""
    form = await form_of(request)
    return await in_thread(_make_token, request, form)


def _make_token(request: AnyRequest, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="token") as tx:
        name, days = str(form.get("token_name") or ""), str(form.get("token_days") or "")
        made: list[str] = []
        refused = refused_form(
            request,
            tx,
            lambda: made.append(_new_token(tx, name, int(days) if days.isdecimal() else 0)),
            lambda refusal: _token_form(tx, refusal, name, days),
        )
        return refused or show(request, tx, "tables", _tokens(tx, made[0]), current="settings")


def _new_token(tx: Tx, name: str, days: int) -> str:
    token = create_token(tx, _me(tx), name, days)
    note(tx, Thing(TOKEN, str(_me(tx)), name), "create", {"days": (None, days)})
    return token


def _token_form(tx: Tx, refusal: Refused | None = None, name: str = "", days: str = str(DEFAULT_DAYS)) -> SettingsView:
    errors, others = errors_of(tx, refusal) if refusal else ({}, ())
    fields = (
        plain_field(tx, "token_name", "text", name, required=True, error=errors.get("name", "")),
        plain_field(tx, "token_days", "integer", days or None, error=errors.get("days", "")),
    )
    section = FormSection(key="token", label=tx.say("settings.new_token"), fields=fields)
    return SettingsView(
        title=tx.say("settings.title"),
        url="/settings/tokens/new",
        sections=(section,),
        tabs=tabs_of(tx, "tokens"),
        errors=others,
    )


@post("/settings/tokens/{identity:uuid}/revoke")
async def revoke(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """Make one of one's tokens worthless."""
    form = await form_of(request)
    return await in_thread(_revoke, request, identity, form)


def _revoke(request: AnyRequest, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        name = next((each.name for each in tokens_of(tx, _me(tx)) if each.id == identity), "")
        revoke_token(tx, _me(tx), identity)
        note(tx, Thing(TOKEN, str(_me(tx)), name), "revoke", {})
        return saved(request, tx, tx.say("settings.token_revoked"))
