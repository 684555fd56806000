"""One-time links: the first administrator makes his account, anybody else chooses his password."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.http.csrf import require_same_origin
from entente.interfaces.html.http.door import database_of
from entente.interfaces.html.http.languages import language_of
from entente.interfaces.html.http.peer import peer_of
from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.html.views.forms import SetupView
from entente.interfaces.web.asking import AnyRequest, form_of, in_thread
from entente.interfaces.web.inputs import errors_of
from entente.interfaces.web.pages.door import door_page, welcome
from entente.kernel.db.tx import Tx, new_cause
from entente.kernel.identity.invitations import Invitation, accept_invitation, read_invitation
from entente.kernel.identity.organisation import name_in
from entente.kernel.identity.sessions import start_session
from entente.kernel.kit.principal import Principal, system
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.records.query import find, titles
from entente.kernel.records.save import save
from entente.kernel.seeding import seed_id
from entente.services.stream.noting import WAY_IN, Thing, note

ORGANISATION = "organisation"
ASKED = ("first_name", "last_name", "email", "login")
HELP = {ORGANISATION: "ui.organisation_help", "login": "ui.login_help"}
NEEDED = ("last_name", "email", "login")
USUAL = {"login": "admin"}


@get("/invitation/{token:str}", sync_to_thread=True)
def show_setup(request: AnyRequest, token: FromPath[str]) -> Response[str]:
    """The creation of the first administrator, or the choice of a password, by a one-time link."""
    with database_of(request).begin(_asker(request)) as tx:
        return _setup(request, tx, token, read_invitation(tx, token), USUAL)


@post("/invitation/{token:str}")
async def set_up(request: AnyRequest, token: FromPath[str]) -> Response[str]:
    """Create the administrator (or take over the invited account) and come in."""
    form = await form_of(request)
    return await in_thread(_set_up, request, token, form)


def _set_up(request: AnyRequest, token: str, form: FormMultiDict) -> Response[str]:
    require_same_origin(request)
    database = database_of(request)
    typed = {name: str(form.get(name) or "").strip() for name in (ORGANISATION, *ASKED)}
    with database.begin(_asker(request), cause=new_cause("web", "invitation")) as tx:
        invited = read_invitation(tx, token)
        try:
            with tx.connection.transaction():
                user = invited.user_id or _administrator(tx, typed)
                accepted = accept_invitation(tx, token, str(form.get("password") or ""), user=user)
        except Refused as refusal:
            return _setup(request, tx, token, invited, typed, refusal)
        note(tx, Thing(WAY_IN, str(accepted), titles(tx, "user", [accepted]).get(accepted, "")), "password", {})
        session = start_session(tx, accepted, peer=peer_of(request, ()), agent=request.headers.get("user-agent", ""))
    return welcome(request, session, "/")


def _asker(request: AnyRequest) -> Principal:
    """Whoever follows the link, spoken to in the language of his browser."""
    return msgspec.structs.replace(system("invitation"), language=language_of(request, "fr"))


def _administrator(tx: Tx, typed: Mapping[str, str]) -> UUID:
    """The first administrator, called as he says and spoken to in the language of his browser, in his organisation."""
    needed = (*([ORGANISATION] if _is_nameless(tx) else []), *NEEDED)
    missing = [Refused("field.required", field=name) for name in needed if not typed[name]]
    if missing:
        raise Invalid(missing)
    unit = {"unit": _topmost(tx, typed[ORGANISATION])} if _is_nameless(tx) else {}
    own = {name: typed[name] for name in ASKED}
    return save(tx, "user", {**own, **unit, "language": tx.language, "roles": [seed_id("role", "administrator")]}).id


def _topmost(tx: Tx, name: str) -> UUID:
    try:
        return save(tx, "business_unit", {"name": name}).id
    except Refused as refusal:
        for fault in refusal.faults if isinstance(refusal, Invalid) else (refusal,):
            fault.field = ORGANISATION
        raise


def _is_nameless(tx: Tx) -> bool:
    """Whether nobody has said yet what the organisation is called."""
    return not name_in(tx.connection, tx.catalog.schema)


def _setup(
    request: AnyRequest,
    tx: Tx,
    token: str,
    invited: Invitation,
    typed: Mapping[str, str],
    refusal: Refused | None = None,
) -> Response[str]:
    """The page of a link; what was typed stays, and everything that is at fault is said beside its field."""
    known = find(tx, "user", invited.user_id) if invited.user_id else None
    errors, others = errors_of(tx, refusal) if refusal else ({}, ())
    view = SetupView(
        url=f"/invitation/{token}",
        csrf="",
        name=known["name"] or known["login"] if known else "",
        login=known["login"] if known else "",
        fields=() if known else _fields(tx, typed, errors),
        error=" ".join(others),
        password_error=errors.get("password", ""),
    )
    return door_page(request, "pages/setup.html", view, 422 if refusal else 200)


def _fields(tx: Tx, typed: Mapping[str, str], errors: Mapping[str, str]) -> tuple[FieldView, ...]:
    """What the first administrator says of himself."""
    fields = {name: tx.catalog.entity("user").fields[name].definition for name in ASKED}
    fields[ORGANISATION] = tx.catalog.entity("business_unit").fields["name"].definition
    asked = (*([ORGANISATION] if _is_nameless(tx) else []), *ASKED)
    return tuple(
        FieldView(
            name=name,
            field=fields[name],
            label=tx.say("ui.organisation") if name == ORGANISATION else fields[name].label.to(tx.language),
            value=typed.get(name, ""),
            error=errors.get(name, ""),
            help=tx.say(HELP[name]) if name in HELP else "",
            required=name in (ORGANISATION, *NEEDED),
            autofocus=name == next(iter(errors), asked[0]),
        )
        for name in asked
    )
