"""Running instances put on another version: the mapping edited, each instance looked at beforehand, then moved."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.frame import Crumb
from entente.interfaces.html.views.migration import MappingLine, MigrationLine, MigrationView
from entente.interfaces.html.views.processes import Option
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, show
from entente.interfaces.web.pages.processes.course import kind_label
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Invalid, Refused
from entente.services.processes.definitions import Definition, definition_of, graph_of
from entente.services.processes.listing import named_instances
from entente.services.processes.mapping import candidates, guess, homeless, running_on
from entente.services.processes.migrating import Migration, Result, migrate_instances
from entente.services.processes.model.graph import Element, Graph
from entente.services.processes.picture import name_of
from entente.services.processes.rights import require_level
from entente.services.processes.versions import versions_of

HERE = "/processes"
TEMPLATE = "process_migration"
MAP = "map."
HUES = {"ready": "blue", "migrated": "green", "refused": "red", "over": "gray"}


class _Wish(msgspec.Struct, frozen=True):
    """What the form says."""

    source: UUID | None
    mapping: Mapping[str, str]
    instances: tuple[UUID, ...]
    accept_losses: bool
    recalculate: bool


@get(f"{HERE}/{{identity:uuid}}/migrate", sync_to_thread=True)
def open_migration(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """The page that brings running instances to this version."""
    with asked(request) as tx:
        target = _target(tx, identity)
        wish = _wish(tx, target, parse_id(request.query_params.get("source")), {}, ())
        return show(request, tx, TEMPLATE, _view(tx, target, wish), current="processes")


def _target(tx: Tx, identity: UUID) -> Definition:
    made = definition_of(tx, identity)
    require_level(tx, made.key, "admin")
    return made


def _wish(tx: Tx, target: Definition, source: UUID | None, given: Mapping[str, str], instances: Sequence[str]) -> _Wish:
    """What the form says, the mapping guessed where it is shown for the first time."""
    offered = [each for each in running_on(tx, target.key) if each != target.id]
    chosen = source if source in offered else next(iter(offered), None)
    known = given.get("shown") == str(chosen)
    mapping = {name.removeprefix(MAP): to for name, to in given.items() if name.startswith(MAP) and to}
    if chosen is not None and not known:
        mapping = guess(graph_of(tx, chosen), graph_of(tx, target.id))
    return _Wish(
        source=chosen,
        mapping=mapping,
        instances=tuple(found for each in instances if (found := parse_id(each))) if known else (),
        accept_losses=given.get("accept_losses") == "on",
        recalculate=given.get("recalculate") == "on",
    )


@post(f"{HERE}/{{identity:uuid}}/migrate")
async def migrate(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """Choose another version to come from, look what a migration would do, or do it."""
    return await in_thread(_migrate, request, identity, await form_of(request))


def _migrate(request: AnyRequest, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="process.migrate") as tx:
        target = _target(tx, identity)
        given = {name: str(value) for name, value in form.items()}
        chosen = [str(each) for each in form.getall("instance", [])]
        wish = _wish(tx, target, parse_id(given.get("source")), given, chosen)
        then = given.get("then")
        if then not in ("look", "do") or wish.source is None or given.get("shown") != str(wish.source):
            return show(request, tx, TEMPLATE, _view(tx, target, wish), current="processes")
        try:
            if then == "do" and not wish.instances:
                raise Refused("processes.migrate_nobody")
            results = migrate_instances(tx, _migration(wish, target, look=then == "look"), preview=then == "look")
        except Refused as refusal:
            faults = refusal.faults if isinstance(refusal, Invalid) else [refusal]
            error = " ".join(tx.say(each.code, **each.values) for each in faults)
            return show(request, tx, TEMPLATE, _view(tx, target, wish, error=error), current="processes", status=422)
        view = _view(tx, target, wish, results, done=then == "do")
        return show(request, tx, TEMPLATE, view, current="processes")


def _migration(wish: _Wish, target: Definition, *, look: bool) -> Migration:
    assert wish.source is not None
    return Migration(
        source=wish.source,
        target=target.id,
        mapping=wish.mapping,
        instances=None if look else wish.instances,
        accept_losses=wish.accept_losses,
        recalculate=wish.recalculate,
    )


def _view(
    tx: Tx,
    target: Definition,
    wish: _Wish,
    results: Sequence[Result] | None = None,
    *,
    done: bool = False,
    error: str = "",
) -> MigrationView:
    url = f"{HERE}/{target.id}"
    found = Counter(each.state for each in results or ())
    said = [tx.say(f"processes.migrated.{state}", count=count) for state, count in found.items()]
    return MigrationView(
        title=tx.say("processes.migrate_to", name=target.name, number=target.version),
        crumbs=(Crumb(label=target.name, url=url),),
        url=f"{url}/migrate",
        sources=_sources(tx, target, wish),
        mapping=_mapping(tx, wish.source, target, wish.mapping) if wish.source and not done else (),
        accept_losses=wish.accept_losses,
        recalculate=wish.recalculate,
        results=None if results is None else tuple(_lines(tx, wish, target, results)),
        summary=" · ".join(said),
        done=done,
        error=error,
    )


def _sources(tx: Tx, target: Definition, wish: _Wish) -> tuple[Option, ...]:
    running = running_on(tx, target.key)
    return tuple(
        Option(
            value=str(each.id),
            label=tx.say("processes.migrate_source", number=each.version, count=running[each.id]),
            chosen=each.id == wish.source,
        )
        for each in versions_of(tx, target.key)
        if each.id in running and each.id != target.id
    )


def _mapping(tx: Tx, source: UUID, target: Definition, chosen: Mapping[str, str]) -> tuple[MappingLine, ...]:
    old, new = graph_of(tx, source), graph_of(tx, target.id)
    return tuple(
        MappingLine(
            element=each.id,
            name=_called(tx, each),
            kind=kind_label(tx, each.kind),
            options=tuple(
                Option(value=other.id, label=_called(tx, other), chosen=chosen.get(each.id) == other.id)
                for other in candidates(old, new, each)
            ),
        )
        for each in homeless(old, new)
    )


def _called(tx: Tx, element: Element) -> str:
    return name_of(element, tx.language) or element.id


def _lines(tx: Tx, wish: _Wish, target: Definition, results: Sequence[Result]) -> list[MigrationLine]:
    names = named_instances(tx, [each.instance for each in results])
    old, new = graph_of(tx, wish.source or target.id), graph_of(tx, target.id)

    def said(graph: Graph, elements: Sequence[str]) -> str:
        return ", ".join(dict.fromkeys(_called(tx, graph.elements[each]) for each in elements))

    lines = []
    for each in results:
        out = each.outlook
        state = "loses" if each.state == "ready" and out.loses else each.state
        lines.append(
            MigrationLine(
                id=str(each.instance),
                url=f"{HERE}/instances/{each.instance}",
                title=names.get(each.instance, "") or str(each.instance)[:8],
                state=tx.say(f"processes.migration.{state}"),
                hue="amber" if state == "loses" else HUES[state],
                chosen=state == "ready" or (state == "loses" and wish.accept_losses),
                unmapped=said(old, [place.element for place in out.unmapped]),
                lost=said(old, [*out.lost_timers, *out.lost_subscriptions, *out.lost_compensations]),
                added=said(new, out.added),
            )
        )
    return lines
