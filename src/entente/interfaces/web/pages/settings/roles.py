"""Roles for administrators: a matrix of entities and privileges, rules for fields, global rights; and why."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.access import Choice, MatrixLine, RoleView, WhyView
from entente.interfaces.html.views.frame import Action, Crumb
from entente.interfaces.html.views.tables import Cell, Line, Table, Tables
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, show
from entente.interfaces.web.fields import title_of
from entente.interfaces.web.settings import require_administrator, tabs_of
from entente.kernel.access.why import Reason, why
from entente.kernel.db.tx import Tx
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.kit.grants import EVERY
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.principal import DEPTHS, FIELD_LEVELS, PRIVILEGES, Privilege
from entente.kernel.kit.refusal import NotFound, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.entity import Access
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save

RIGHTS = ("search", "import", "assign", "processes", "audit", "users", "settings", "design")
OFFERED: Mapping[Access, tuple[str, ...]] = {
    "owned": DEPTHS,
    "through": ("none", "own", "all"),
    "shared": ("none", "all"),
    "open": ("none", "all"),
}


@get("/settings/roles", sync_to_thread=True)
def show_roles(request: AnyRequest) -> Response[str]:
    """The roles."""
    with asked(request) as tx:
        require_administrator(tx)
        roles = page(tx, Ask(entity="role", sort=(Sort("name"),), limit=200)).records
        lines = tuple(
            Line(
                cells=(
                    Cell(text=title_of(tx, tx.catalog.entity("role"), role), url=f"/settings/roles/{role.id}"),
                    Cell(text=role["description"] or ""),
                    Cell(text=tx.say("settings.for_all"), hue="blue") if role["baseline"] else Cell(),
                )
            )
            for role in roles
        )
        new = Action(label=tx.say("settings.new_role"), url="/roles/new", icon="plus", tone="primary")
        heads = tuple(tx.say(f"settings.head.{name}") for name in ("name", "description", "scope"))
        view = Tables(
            title=tx.say("settings.title"),
            url="/settings/roles",
            tables=(Table(headings=heads, lines=lines),),
            actions=(new,),
            tabs=tabs_of(tx, "roles"),
            live_on="role",
        )
        return show(request, tx, "tables", view, current="settings")


@get("/settings/roles/{identity:uuid}", sync_to_thread=True)
def show_role(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """The matrix of a role."""
    with asked(request) as tx:
        require_administrator(tx)
        return show(request, tx, "role", role_view(tx, find(tx, "role", identity)), current="settings")


@post("/settings/roles/{identity:uuid}")
async def change_role(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """Keep the matrix; it counts from the next request of everyone on."""
    form = await form_of(request)
    return await in_thread(_change_role, request, identity, form)


def _change_role(request: AnyRequest, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="role") as tx:
        require_administrator(tx)
        role = find(tx, "role", identity)
        values = {
            "grants": _grants(tx, form),
            "field_rules": _rules(tx, role, form),
            "may": [right for right in _rights(role) if right in form.getall("may", [])],
            "baseline": "baseline" in form,
            "administrator": "administrator" in form,
        }
        try:
            with tx.connection.transaction():
                done = save(tx, "role", values, id=identity)
        except Refused as refusal:
            view = role_view(tx, role, error=tx.say(refusal.code, **refusal.values))
            return show(request, tx, "role", view, current="settings", status=422)
        return show(request, tx, "role", role_view(tx, done, saved=True), current="settings")


def _grants(tx: Tx, form: FormMultiDict) -> dict[str, dict[str, str]]:
    """What the matrix says; an entity without any privilege has no line of its own."""
    made: dict[str, dict[str, str]] = {}
    for name in (EVERY, *tx.catalog.entities):
        line: dict[str, str] = {
            privilege: str(depth)
            for privilege in PRIVILEGES
            if (depth := form.get(f"grant.{name}.{privilege}")) in DEPTHS[1:]
        }
        if line:
            made[name] = line
    return made


def _rules(tx: Tx, role: Record, form: FormMultiDict) -> dict[str, dict[str, str]]:
    made: dict[str, dict[str, str]] = {}
    wanted = {key: form.get(f"rule.{key}") for key in _ruled(role)}
    new = str(form.get("new_rule") or "")
    if new:
        wanted[new] = form.get("new_level")
    for key, level in wanted.items():
        entity, _, field = key.partition(".")
        known = entity in tx.catalog.entities and field in tx.catalog.entity(entity).fields
        if known and level in FIELD_LEVELS and level != "edit":
            made.setdefault(entity, {})[field] = str(level)
    return made


def _ruled(role: Record) -> dict[str, str]:
    """The fields with a rule as `entity.field`, and their levels."""
    rules: Mapping[str, Mapping[str, str]] = role["field_rules"] or {}
    return {f"{entity}.{field}": level for entity, lines in rules.items() for field, level in lines.items()}


def _rights(role: Record) -> list[str]:
    return list(dict.fromkeys([*RIGHTS, *(role["may"] or ())]))


def role_view(tx: Tx, role: Record, *, error: str = "", saved: bool = False) -> RoleView:
    """Everything that the matrix shows."""
    entities = sorted(tx.catalog.entities.values(), key=lambda each: each.plural.to(tx.language).casefold())
    ruled = _ruled(role)
    levels = tuple((level, tx.say(f"settings.level.{level}")) for level in FIELD_LEVELS)
    return RoleView(
        title=title_of(tx, tx.catalog.entity("role"), role),
        url=f"/settings/roles/{role.id}",
        headings=tuple(tx.say(f"settings.privilege.{each}") for each in PRIVILEGES),
        lines=(_line(tx, role, EVERY, None), *(_line(tx, role, each.name, each) for each in entities)),
        rules=tuple(
            Choice(name=f"rule.{key}", label=_field_label(tx, key), value=level, options=levels)
            for key, level in sorted(ruled.items())
        ),
        fields=tuple(_fields(tx, entities, ruled)),
        levels=levels[:-1],
        rights=tuple(
            (right, tx.say(f"settings.right.{right}"), right in (role["may"] or ())) for right in _rights(role)
        ),
        baseline=bool(role["baseline"]),
        administrator=bool(role["administrator"]),
        crumbs=(Crumb(label=tx.say("settings.roles"), url="/settings/roles"),),
        tabs=tabs_of(tx, "roles"),
        errors=(error,) if error else (),
        saved=saved,
    )


def _line(tx: Tx, role: Record, name: str, entity: Entity | None) -> MatrixLine:
    label = entity.plural.to(tx.language) if entity else tx.say("settings.every_entity")
    held: Mapping[str, str] = (role["grants"] or {}).get(name, {})
    offered = OFFERED[entity.definition.access] if entity else DEPTHS
    return MatrixLine(
        label=label, cells=tuple(_cell(tx, name, label, each, held.get(each, "none"), offered) for each in PRIVILEGES)
    )


def _cell(tx: Tx, name: str, label: str, privilege: Privilege, held: str, offered: Sequence[str]) -> Choice:
    depths = [depth for depth in DEPTHS if depth in offered or depth == held]
    return Choice(
        name=f"grant.{name}.{privilege}",
        label=f"{label} – {tx.say(f'settings.privilege.{privilege}')}",
        value=held,
        options=tuple((depth, tx.say(f"settings.depth.{depth}")) for depth in depths),
    )


def _fields(tx: Tx, entities: Sequence[Entity], ruled: Mapping[str, Any]) -> list[tuple[str, str]]:
    keys = [f"{entity.name}.{field}" for entity in entities for field in entity.definition.fields]
    return [(key, _field_label(tx, key)) for key in keys if key not in ruled]


def _field_label(tx: Tx, key: str) -> str:
    name, _, field = key.partition(".")
    entity = tx.catalog.entities.get(name)
    if entity is None or field not in entity.fields:
        return key
    return f"{entity.label.to(tx.language)} – {entity.fields[field].definition.label.to(tx.language)}"


@get("/{path:str}/{identity:uuid}/why", sync_to_thread=True)
def show_why(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """Why one may do something with a record; administrators may ask about others."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        record = find(tx, entity.name, identity)
        sent = request.query_params
        user = parse_id(sent.get("user", "")) or tx.principal.user_id
        if user != tx.principal.user_id:
            require_administrator(tx)
        privilege: Privilege = next((each for each in PRIVILEGES if each == sent.get("privilege")), "read")
        view = _why(tx, entity, record, user, privilege)
        return show(request, tx, "why", view, current=entity.name)


def _why(tx: Tx, entity: Entity, record: Record, user: UUID | None, privilege: Privilege) -> WhyView:
    person = principal_of(tx, user) if user else None
    if person is None:
        raise NotFound()
    answer = why(tx, person, entity, record.id, privilege)
    base = f"/{entity.definition.path}/{record.id}"
    title = title_of(tx, entity, record)
    return WhyView(
        title=tx.say("settings.why"),
        url=f"{base}/why",
        record=title or tx.say("record.untitled"),
        record_url=base,
        verdict=tx.say("settings.why_yes" if answer.allowed else "settings.why_no", name=person.name),
        allowed=answer.allowed,
        reasons=tuple((_sentence(tx, entity, each), each.grants) for each in answer.reasons),
        users=_askable(tx),
        user=str(user),
        privileges=tuple((each, tx.say(f"settings.privilege.{each}")) for each in PRIVILEGES),
        privilege=privilege,
    )


def _sentence(tx: Tx, entity: Entity, reason: Reason) -> str:
    field = entity.fields.get(reason.values.get("field", ""))
    label = {"field": field.definition.label.to(tx.language)} if field else {}
    return tx.say(reason.code, **{**reason.values, **label})


def _askable(tx: Tx) -> tuple[tuple[str, str], ...]:
    """Those about whom the principal may ask."""
    if not tx.principal.is_admin:
        return ((str(tx.principal.user_id), tx.principal.name),)
    found = page(tx, Ask(entity="user", fields=("name",), filter="active", sort=(Sort("name"),), limit=500)).records
    return tuple((str(each.id), str(each["name"] or "")) for each in found)
