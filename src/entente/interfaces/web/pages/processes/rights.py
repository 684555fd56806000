"""Who may see, start and look after a process: one line for each user, team or role."""

from collections.abc import Mapping
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.frame import Crumb
from entente.interfaces.html.views.processes import HolderGroup, Option, RightLine, RightsView
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, saved, show
from entente.interfaces.web.fields import title_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, page, titles
from entente.services.processes.definitions import Definition, definition_of
from entente.services.processes.rights import KINDS, LEVELS, Kind, Level, Right, put_rights, rights_of

HERE = "/processes"
TEMPLATE = "process_rights"
MOST = 500


@get(f"{HERE}/{{identity:uuid}}/rights", sync_to_thread=True)
def show_rights(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """The lines of a process, for those who look after it."""
    with asked(request) as tx:
        return show(request, tx, TEMPLATE, _view(tx, definition_of(tx, identity)), current="processes")


@post(f"{HERE}/{{identity:uuid}}/rights")
async def change_rights(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """Give a right, change how far it goes, or take it away."""
    return await in_thread(_change, request, identity, await form_of(request))


def _change(request: AnyRequest, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="process.rights") as tx:
        made = definition_of(tx, identity)
        known = rights_of(tx, made.key)
        try:
            put_rights(tx, made.key, _changed(known, {name: str(value) for name, value in form.items()}))
        except Refused as refusal:
            view = _view(tx, made, tx.say(refusal.code, **refusal.values))
            return show(request, tx, TEMPLATE, view, current="processes", status=422)
        return saved(request, tx, tx.say("processes.rights_saved"), events=("list-changed",))


def _changed(known: list[Right], form: Mapping[str, str]) -> list[Right]:
    """The lines after what the form asks for; Refused when it names nobody or no level."""
    kind, identity = _holder(form.get("holder", ""))
    others = [each for each in known if (each.kind, each.holder) != (kind, identity)]
    if form.get("do") == "remove":
        return others
    level = next((each for each in LEVELS if each == form.get("level")), None)
    if level is None:
        raise Refused("field.required", field="level")
    return [*others, Right(kind, identity, level)]


def _holder(text: str) -> tuple[Kind, UUID]:
    said, _, number = text.partition(":")
    identity = parse_id(number)
    kind = next((each for each in KINDS if each == said), None)
    if identity is None or kind is None:
        raise Refused("process.holder_unknown", field="holder")
    return kind, identity


def _view(tx: Tx, made: Definition, error: str = "") -> RightsView:
    known = rights_of(tx, made.key)
    url = f"{HERE}/{made.id}"
    return RightsView(
        title=tx.say("processes.rights_of", name=made.name),
        crumbs=(Crumb(label=made.name, url=url),),
        url=f"{url}/rights",
        lines=tuple(_lines(tx, known)),
        holders=tuple(_offered(tx, kind, known) for kind in KINDS),
        levels=_levels(tx, "participate"),
        error=error,
    )


def _lines(tx: Tx, known: list[Right]) -> list[RightLine]:
    names: dict[UUID, str] = {}
    for kind in KINDS:
        names |= titles(tx, kind, [each.holder for each in known if each.kind == kind])
    lines = [
        RightLine(
            holder=f"{each.kind}:{each.holder}",
            name=names.get(each.holder) or tx.say("processes.holder_hidden"),
            kind=tx.say(f"processes.holder.{each.kind}"),
            levels=_levels(tx, each.level),
        )
        for each in known
    ]
    return sorted(lines, key=lambda each: (each.kind, each.name.casefold()))


def _levels(tx: Tx, chosen: Level) -> tuple[Option, ...]:
    return tuple(
        Option(value=each, label=tx.say(f"processes.level.{each}"), chosen=each == chosen) for each in LEVELS
    )  # fmt: skip


def _offered(tx: Tx, kind: Kind, known: list[Right]) -> HolderGroup:
    """Those of a kind who have no line yet."""
    has = {each.holder for each in known if each.kind == kind}
    found = page(tx, Ask(entity=kind, fields=("name",), sort=(Sort("name"),), limit=MOST)).records
    return HolderGroup(
        label=tx.catalog.entity(kind).plural.to(tx.language),
        options=tuple(
            Option(value=f"{kind}:{each.id}", label=title_of(tx, tx.catalog.entity(kind), each))
            for each in found
            if each.id not in has
        ),
    )
