"""Process models: imported, looked at version by version, deployed with all their problems in words, started."""

from collections.abc import Sequence
from urllib.parse import quote
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.http.headers import attachment
from entente.interfaces.html.views.frame import Action, Crumb, Empty, Tab
from entente.interfaces.html.views.processes import (
    DefinitionView,
    Diagram,
    ModelLine,
    ModelList,
    ProblemsView,
    ProblemView,
    StartView,
)
from entente.interfaces.html.views.variables import VariableRow
from entente.interfaces.web.around.journal import note_lines
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved, show
from entente.interfaces.web.inputs import errors_of
from entente.interfaces.web.pages.processes.course import kind_label
from entente.interfaces.web.pages.processes.dropped import take_file
from entente.interfaces.web.pages.processes.instances import tabs_of
from entente.interfaces.web.pages.processes.variables import read_rows, records_url, sent_rows, variables_view
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Forbidden, NotFound, Refused
from entente.kernel.records.query import titles
from entente.services.processes.definitions import (
    Definition,
    NotDeployable,
    definition_of,
    definitions_cared_for,
    deploy,
    graph_of,
    import_model,
    latest,
    may_design,
    model_of,
    problems_of,
)
from entente.services.processes.instances import start
from entente.services.processes.model.graph import Graph
from entente.services.processes.model.problems import Problem
from entente.services.processes.model.problems import shown as worded
from entente.services.processes.picture import name_of
from entente.services.processes.rights import require_level
from entente.services.processes.versions import versions_of
from entente.services.stream.noting import PROCESS, Thing, notes_on

START = "pages/process_start.html"
HERE = "/processes"
LONGEST = 200
HUES = {"deployed": "green", "draft": "amber"}


@get(HERE, sync_to_thread=True)
def show_models(request: AnyRequest) -> Response[str]:
    """All processes in their newest versions."""
    with asked(request) as tx:
        mine = definitions_cared_for(tx)
        view = ModelList(
            key="models",
            title=tx.say("nav.processes"),
            heading=tx.say("processes.model.name"),
            tabs=tabs_of(tx, "models"),
            import_url=f"{HERE}/import",
            drop=tx.say("processes.drop_model"),
            accept=".bpmn,.xml,application/xml",
            lines=tuple(_line(tx, each) for each in mine),
            actions=_new(tx) if may_design(tx) else (),
            empty=Empty(text=tx.say("processes.no_model"), icon="route"),
        )
        return show(request, tx, "process_models", view, current="processes")


def _new(tx: Tx) -> tuple[Action, ...]:
    return (Action(label=tx.say("processes.new"), url=f"{HERE}/new", way="go", icon="plus", tone="primary"),)


def _line(tx: Tx, made: Definition) -> ModelLine:
    runs = latest(tx, made.key)
    return ModelLine(
        name=made.name,
        keys=made.key,
        url=f"{HERE}/{made.id}",
        version=made.version,
        state=tx.say(f"processes.model.{made.state}"),
        hue=HUES[made.state],
        deployed=runs.version if runs else None,
        at=made.deployed_at or made.imported_at,
        actions=_start(tx, made) if runs else (),
    )


def _start(tx: Tx, made: Definition) -> tuple[Action, ...]:
    return (Action(label=tx.say("processes.start"), url=f"{HERE}/{made.id}/start", icon="player-play"),)


@post(f"{HERE}/import")
async def take_model(request: AnyRequest) -> Response[str]:
    """Import a file that was dropped or chosen; the browser goes to the page of its version."""
    return await take_file(request, "process.import", HERE, import_model)


@get(f"{HERE}/{{identity:uuid}}", sync_to_thread=True)
def show_model_page(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """One version: its diagram, what is wrong with it, its other versions."""
    with asked(request) as tx:
        made = definition_of(tx, identity)
        require_level(tx, made.key, "admin")
        return show(request, tx, "process_model", _view(tx, made), current="processes")


def _view(tx: Tx, made: Definition) -> DefinitionView:
    url = f"{HERE}/{made.id}"
    return DefinitionView(
        title=made.name,
        key=made.key,
        version=made.version,
        state=tx.say(f"processes.model.{made.state}"),
        hue=HUES[made.state],
        crumbs=(Crumb(label=tx.say("nav.processes"), url=HERE),),
        diagram=Diagram(
            key=f"diagram-{made.id}",
            model_url=f"{url}/file",
            label=tx.say("processes.diagram_of_model", name=made.name),
            tall=True,
        ),
        problems=problems_view(tx, graph_of(tx, made.id), problems_of(tx, made, recorded=made.recorded)),
        versions=tuple(
            (
                Tab(
                    label=tx.say("processes.version", number=each.version),
                    url=f"{HERE}/{each.id}",
                    current=each.id == made.id,
                ),
                tx.say(f"processes.model.{each.state}"),
                each.deployed_at or each.imported_at,
            )
            for each in versions_of(tx, made.key)
        ),
        notes=note_lines(tx, notes_on(tx, Thing(PROCESS, made.key))),
        actions=_actions(tx, made),
        instances_url=f"{HERE}/instances?process={quote(made.key)}",
    )


def _actions(tx: Tx, made: Definition) -> tuple[Action, ...]:
    url = f"{HERE}/{made.id}"
    found = [
        Action(label=tx.say("processes.edit"), url=f"{url}/edit", way="go", icon="pencil"),
        Action(label=tx.say("processes.download"), url=f"{url}/file?save=1", way="go", icon="download"),
        Action(label=tx.say("processes.rights"), url=f"{url}/rights", way="go", icon="shield-lock"),
    ]
    if made.state == "draft":
        found.append(
            Action(label=tx.say("processes.deploy"), url=f"{url}/deploy", way="post", icon="check", tone="primary")
        )
    else:
        found.append(Action(label=tx.say("processes.migrate"), url=f"{url}/migrate", way="go", icon="arrows-exchange"))
        found += _start(tx, made) if graph_of(tx, made.id).starts("") else ()
    return tuple(found)


def problems_view(tx: Tx, graph: Graph, found: list[Problem]) -> ProblemsView:
    """Problems in words, errors first, each with the name of its element."""
    lines = tuple(
        ProblemView(
            element=each.element,
            name=_called(tx, graph, each.element),
            message=worded(tx.words, tx.language, each)["message"],
            severity=each.severity,
        )
        for each in sorted(found, key=lambda each: each.severity)
    )
    return ProblemsView(problems=lines, may_deploy=all(each.severity != "error" for each in found))


def _called(tx: Tx, graph: Graph, element: str) -> str:
    if element in graph.elements:
        found = graph.elements[element]
        return name_of(found, tx.language) or f"{kind_label(tx, found.kind)} ({element})"
    flow = graph.flows.get(element)
    if flow is None:
        return element if element != graph.process else graph.name or element
    ends = (graph.elements.get(flow.source), graph.elements.get(flow.target))
    return flow.name or " → ".join(name_of(each, tx.language) or each.id for each in ends if each)


@get(f"{HERE}/{{identity:uuid}}/file", sync_to_thread=True)
def give_model(request: AnyRequest, identity: FromPath[UUID]) -> Response[bytes]:
    """The file of a version as it came, byte for byte: to be shown, or to be saved."""
    with asked(request) as tx:
        made = definition_of(tx, identity)
        require_level(tx, made.key, "admin")
        headers = dict(attachment(f"{made.key}-{made.version}.bpmn")) if request.query_params.get("save") else {}
        return Response(model_of(tx, identity), media_type="application/xml", headers=headers)


@post(f"{HERE}/{{identity:uuid}}/deploy")
async def deploy_model(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """Let a version be started from now on, or say everything that keeps it from being so."""
    form = await form_of(request)
    return await in_thread(_deploy, request, identity, form)


def _deploy(request: AnyRequest, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="process.deploy") as tx:
        made = definition_of(tx, identity)
        try:
            deploy(tx, identity)
        except NotDeployable as refusal:
            view = problems_view(tx, graph_of(tx, identity), refusal.problems)
            answer = part(request, tx, "pages/process_problems.html", view=view, status=422)
            answer.headers |= {"HX-Retarget": "#problems", "HX-Reswap": "outerHTML"}
            return answer
        text = tx.say("processes.deployed", name=made.name, number=made.version)
        return saved(request, tx, text, go=f"{HERE}/{identity}")


@get(f"{HERE}/{{identity:uuid}}/start", sync_to_thread=True)
def open_start(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """The dialog that starts a process by hand, on a record or on none."""
    with asked(request) as tx:
        require_level(tx, definition_of(tx, identity).key, "participate")
        proposed = str(request.query_params.get("record") or "")
        return part(request, tx, START, view=_start_view(tx, identity, proposed))


def _start_view(
    tx: Tx,
    identity: UUID,
    record: str = "",
    rows: Sequence[VariableRow] = (),
    refusal: Refused | None = None,
    key: str = "",
) -> StartView:
    url = f"{HERE}/{identity}/start"
    errors, others = errors_of(tx, refusal) if refusal else ({}, ())
    at_rows = {name: text for name, text in errors.items() if name.startswith("variable.")}
    return StartView(
        title=tx.say("processes.start_title", name=definition_of(tx, identity).name),
        url=url,
        lookup_url=records_url(tx),
        record=_proposed(tx, record),
        business_key=key,
        variables=variables_view(tx, url, records_url(tx), rows, at_rows),
        error=" ".join([*others, *(text for name, text in errors.items() if name not in at_rows)]),
    )


def _proposed(tx: Tx, record: str) -> tuple[tuple[str, str], ...]:
    """The record that is named, `lead:…` say, with its title; nothing when there is none or it may not be read."""
    entity, _, text = record.partition(":")
    identity = parse_id(text)
    if identity is None or entity not in tx.catalog.entities:
        return ()
    title = titles(tx, entity, [identity]).get(identity, "")
    return ((f"{entity}:{identity}", title),) if title else ()


@post(f"{HERE}/{{identity:uuid}}/start")
async def start_by_hand(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """Start the deployed version and go to the page of the instance."""
    form = await form_of(request)
    return await in_thread(_started, request, identity, form)


def _started(request: AnyRequest, identity: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="process.start") as tx:
        entity, _, identity_of = str(next((each for each in form.getall("record", []) if each), "")).partition(":")
        record = parse_id(identity_of)
        key = str(form.get("business_key") or "")[:LONGEST] or None
        on = (entity, record) if record and entity in tx.catalog.entities else (None, None)
        proposed = f"{entity}:{record}" if record else ""
        op = str(request.query_params.get("op") or "")
        rows = sent_rows(tx, form, op)
        if op:
            return part(request, tx, START, view=_start_view(tx, identity, proposed, rows, key=key or ""))
        try:
            values = read_rows(tx, rows) or None
            made = start(
                tx, definition_of(tx, identity).key, entity=on[0], record=on[1], business_key=key, values=values
            )
        except (NotFound, Forbidden):
            raise
        except Refused as refusal:
            view = _start_view(tx, identity, proposed, rows, refusal, key or "")
            return part(request, tx, START, view=view, status=422)
        return Response("", status_code=200, headers={"HX-Redirect": f"{HERE}/instances/{made.id}"})
