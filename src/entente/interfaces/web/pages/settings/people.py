"""Users for administrators: who may come in, links to choose a password, rules that apply to all."""

from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.forms import FormSection
from entente.interfaces.html.views.frame import Action, Banner
from entente.interfaces.html.views.tables import Cell, Line, Table, Tables
from entente.interfaces.html.views.transfer import SettingsView
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, saved, show
from entente.interfaces.web.fields import names_of
from entente.interfaces.web.settings import plain_field, require_administrator, tabs_of, unsent_banner
from entente.interfaces.web.wording import formats_of
from entente.kernel.db.tx import Tx
from entente.kernel.identity.invitations import WayIn, invite, ways_in
from entente.kernel.identity.sessions import end_sessions
from entente.kernel.kit.refusal import NotFound, Refused
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, count, find, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.mail.access_links import mail_link
from entente.services.stream.noting import WAY_IN, Thing, note, note_ended_sessions

MOST = 500
PURPOSES = ("invite", "reset")
RULES = ("duplicate_rule", "assignment_rule", "web_form", "business_unit", "team", "tag", "currency")


@get("/settings/users", sync_to_thread=True)
def show_users(request: AnyRequest) -> Response[str]:
    """Everyone who may come in, or could once."""
    with asked(request) as tx:
        require_administrator(tx)
        return show(request, tx, "tables", users_view(tx), current="settings")


def users_view(tx: Tx, secret: str = "", mailed_to: str = "") -> Tables:
    """The users with what an administrator can do for each; after a link was made: the link, and who got it by mail."""
    fields = ("name", "login", "email", "roles", "team", "active")
    sort = (Sort("active", descending=True), Sort("name"))
    records = page(tx, Ask(entity="user", fields=fields, sort=sort, limit=MOST)).records
    names = names_of(tx, tx.catalog.entity("user"), records, ["roles", "team"])
    ways = ways_in(tx, [user.id for user in records])
    new = Action(label=tx.say("settings.new_user"), url="/users/new", icon="plus", tone="primary")
    lines = []
    for user in records:
        roles = ", ".join(names.title(each) for each in user["roles"] or ())
        cells = (
            Cell(text=user["name"] or user["login"], url=f"/users/{user.id}"),
            Cell(text=user["login"]),
            Cell(text=roles),
            Cell(text=names.title(user["team"])),
            _state(tx, user, ways[user.id]),
        )
        lines.append(Line(cells=cells, actions=_actions(tx, user, ways[user.id])))
    heads = ("name", "login", "roles", "team", "state")
    table = Table(headings=tuple(tx.say(f"settings.head.{name}") for name in heads), lines=tuple(lines))
    return Tables(
        title=tx.say("settings.title"),
        url="/settings/users",
        tables=(table,),
        actions=(new,),
        tabs=tabs_of(tx, "users"),
        banners=_told(tx, mailed_to),
        secret=secret,
        live_on="user",
    )


def _state(tx: Tx, user: Record, way: WayIn) -> Cell:
    """Whether a user can come in, or how far he is on the way."""
    if not user["active"]:
        return Cell(text=tx.say("settings.inactive"), hue="gray")
    if way.has_password:
        return Cell(text=tx.say("settings.active"), hue="green")
    if way.until is None:
        return Cell(text=tx.say("settings.not_invited"), hue="gray")
    if way.until < tx.clock.now():
        return Cell(text=tx.say("settings.invitation_over"), hue="red")
    day = formats_of(tx).day(way.until.astimezone(ZoneInfo(tx.principal.timezone)).date())
    return Cell(text=tx.say("settings.invited", day=day), hue="amber")


def _actions(tx: Tx, user: Record, way: WayIn) -> tuple[Action, ...]:
    base = f"/settings/users/{user.id}"
    if not user["active"]:
        return (Action(label=tx.say("settings.activate"), url=f"{base}/activate", way="post"),)
    link = Action(label=tx.say("settings.link"), url=f"{base}/link", way="go")
    if user.id == tx.principal.user_id:
        return (link,)
    sure = tx.say("settings.deactivate_sure", name=user["name"])
    key = "settings.invite_again" if way.until else "settings.invite"
    newcomer = Action(label=tx.say(key), url=f"/users/{user.id}/actions/invite", way="post")
    letters = () if way.has_password else (newcomer,)
    return (
        *letters,
        link,
        Action(label=tx.say("settings.deactivate"), url=f"{base}/deactivate", way="post", confirm=sure),
    )


def _told(tx: Tx, mailed_to: str) -> tuple[Banner, ...]:
    """Who got a link by e-mail; or that no e-mail leaves, so that somebody hands the links over himself."""
    if not tx.settings.smtp_url:
        return (unsent_banner(tx),)
    return (Banner(text=tx.say("settings.link_mailed", email=mailed_to), icon="mail"),) if mailed_to else ()


@post("/settings/users/{identity:uuid}/{deed:str}")
async def change_user(request: AnyRequest, identity: FromPath[UUID], deed: FromPath[str]) -> Response[str]:
    """Let a user in, or keep him out from now on."""
    form = await form_of(request)
    return await in_thread(_change_user, request, identity, deed, form)


def _change_user(request: AnyRequest, identity: UUID, deed: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed=deed) as tx:
        require_administrator(tx)
        user = find(tx, "user", identity)
        if deed not in ("activate", "deactivate"):
            raise NotFound()
        if deed == "deactivate" and user.id == tx.principal.user_id:
            raise Refused("settings.not_yourself")
        save(tx, "user", {"active": deed == "activate"}, id=user.id)
        if deed == "deactivate":
            note_ended_sessions(tx, user.id, str(user["name"]), end_sessions(tx, user.id))
        return saved(request, tx, tx.say(f"settings.done.{deed}", name=user["name"]))


@get("/settings/users/{identity:uuid}/link", sync_to_thread=True)
def open_link(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """What the link is to be for."""
    with asked(request) as tx:
        require_administrator(tx)
        user = find(tx, "user", identity)
        field = plain_field(tx, "purpose", "choice", "invite", choices=PURPOSES, required=True)
        view = SettingsView(
            title=tx.say("settings.title"),
            url=f"/settings/users/{identity}/link",
            sections=(FormSection(label=tx.say("settings.link_for", name=user["name"]), fields=(field,)),),
            tabs=tabs_of(tx, "users"),
            submit=tx.say("settings.make_link"),
        )
        return show(request, tx, "settings", view, current="settings")


@post("/settings/users/{identity:uuid}/link")
async def make_link(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """Make a link with which a user chooses a password, and show it, this once."""
    form = await form_of(request)
    return await in_thread(_make_link, request, identity, form)


def _make_link(request: AnyRequest, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="link") as tx:
        require_administrator(tx)
        user = find(tx, "user", identity)
        purpose: Literal["invite", "reset"] = "reset" if form.get("purpose") == "reset" else "invite"
        link = f"{tx.settings.address}/invitation/{invite(tx, user.id, purpose)}"
        note(tx, Thing(WAY_IN, str(user.id), user["name"]), purpose, {})
        sent = user["active"] and mail_link(tx, user, purpose, link)
        return show(request, tx, "tables", users_view(tx, link, user["email"] if sent else ""), current="settings")


@get("/settings/rules", sync_to_thread=True)
def show_rules(request: AnyRequest) -> Response[str]:
    """The lists of what an administrator declares for everyone."""
    with asked(request) as tx:
        require_administrator(tx)
        entities = [tx.catalog.entity(name) for name in RULES if name in tx.catalog.entities]
        lines = tuple(
            Line(
                cells=(
                    Cell(text=each.plural.to(tx.language), url=f"/{each.definition.path}"),
                    Cell(text=str(count(tx, Ask(entity=each.name)).number), number=True),
                )
            )
            for each in entities
        )
        table = Table(headings=(tx.say("settings.head.name"), tx.say("settings.head.number")), lines=lines)
        view = Tables(title=tx.say("settings.title"), url="/settings/rules", tables=(table,), tabs=tabs_of(tx, "rules"))
        return show(request, tx, "tables", view, current="settings")
