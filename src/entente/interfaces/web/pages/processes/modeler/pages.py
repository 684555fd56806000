"""The modeler: a page for a new or a known model, the server's checks while one edits, saving as a new version."""

from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.frame import Crumb
from entente.interfaces.html.views.processes import ModelerView, Option
from entente.interfaces.web.around.journal import note_lines
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, show
from entente.interfaces.web.pages.processes.dropped import file_in
from entente.interfaces.web.pages.processes.models import HERE, problems_view
from entente.interfaces.web.screens import action_label
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import new_id, parse_id
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, page
from entente.kernel.records.writing import title_of
from entente.services.processes.decisions.versions import deployed_decisions
from entente.services.processes.definitions import (
    Definition,
    cared_for,
    definition_of,
    definitions,
    graph_of,
    import_model,
    problems_in,
    require_right,
)
from entente.services.processes.model.comparing import differences
from entente.services.processes.model.reading import main_graph, read_graphs
from entente.services.processes.rights import require_level
from entente.services.processes.versions import versions_of
from entente.services.stream.noting import PROCESS, Thing, notes_on

WORDS = ("modeler.", "diagram.", "processes.kind.")
JSON = "application/json"
BLANK = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  xmlns:entente="urn:entente:bpmn:1.0" id="definitions" targetNamespace="urn:entente:processes">
  <bpmn:process id="{key}" name="{name}" isExecutable="true">
    <bpmn:startEvent id="start" name="{start}" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement="{key}">
      <bpmndi:BPMNShape id="start_di" bpmnElement="start">
        <dc:Bounds x="180" y="160" width="36" height="36" />
      </bpmndi:BPMNShape>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""

MOST_OFFERED = 200
MOST_TOLD = 12
# For each list of the panel: the entity, the field by which a model names its records, and which of them.
LISTS = {
    "forms": ("form", "key", 'kind = "named" and active and starts = "none"'),
    "users": ("user", "login", "active"),
    "teams": ("team", "name", ""),
    "roles": ("role", "key", ""),
    "templates": ("mail_template", "name", 'key = "escalation" and active'),
    "calendars": ("calendar", "key", "active"),
}


@get(f"{HERE}/new", sync_to_thread=True)
def open_new(request: AnyRequest) -> Response[str]:
    """The modeler with a start event and nothing else."""
    with asked(request) as tx:
        require_right(tx)
        return show(request, tx, "process_modeler", _view(tx, None), current="processes")


@get(f"{HERE}/{{identity:uuid}}/edit", sync_to_thread=True)
def open_edit(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """The modeler with a known version."""
    with asked(request) as tx:
        made = definition_of(tx, identity)
        require_level(tx, made.key, "admin")
        return show(request, tx, "process_modeler", _view(tx, made), current="processes")


def _view(tx: Tx, made: Definition | None) -> ModelerView:
    actions = sorted(tx.catalog.actions.values(), key=lambda each: each.key)
    return ModelerView(
        title=made.name if made else tx.say("processes.new"),
        crumbs=(Crumb(label=tx.say("nav.processes"), url=f"{HERE}/{made.id}" if made else HERE),),
        model_url=f"{HERE}/{made.id}/file" if made else f"{HERE}/blank",
        save_url=f"{HERE}/save",
        check_url=f"{HERE}/check",
        deploy_url=f"{HERE}/{made.id}/deploy" if made else "",
        version=made.version if made else 0,
        identity=str(made.id) if made else "",
        actions=tuple(Option(value=each.key, label=action_label(tx, each)) for each in actions),
        processes=tuple(Option(value=each.key, label=each.name) for each in definitions(tx)),
        decisions=tuple(Option(value=key, label=each.name) for key, each in deployed_decisions(tx).items()),
        lists={name: _offered(tx, name) for name in LISTS},
        words={key: tx.say(key) for key in sorted(tx.words.keys()) if key.startswith(WORDS)},
    )


def _offered(tx: Tx, name: str) -> tuple[Option, ...]:
    """The records of a list under the names by which a model means them, as far as they may be seen."""
    entity, key, where = LISTS[name]
    made = tx.catalog.entity(entity)
    if tx.principal.depth(entity, "read") == "none":
        return ()
    ask = Ask(entity=entity, filter=where, sort=(Sort(made.definition.title),), limit=MOST_OFFERED)
    found = page(tx, ask).records
    return tuple(Option(value=str(each[key]), label=title_of(made, each)) for each in found if each[key])


@get(f"{HERE}/blank", sync_to_thread=True)
def give_blank(request: AnyRequest) -> Response[str]:
    """A model to begin with, under a key of its own."""
    with asked(request) as tx:
        require_right(tx)
        key = f"process_{new_id().hex[-8:]}"
        text = BLANK.format(key=key, name=tx.say("processes.new"), start=tx.say("processes.kind.startEvent"))
        return Response(text, media_type="application/xml")


@post(f"{HERE}/check")
async def check_model(request: AnyRequest) -> Response[str]:
    """Everything that would keep a model from being deployed, as it is drawn now."""
    form = await form_of(request)
    return await in_thread(_check, request, form, await file_in(form))


def _check(request: AnyRequest, form: FormMultiDict, data: bytes) -> Response[str]:
    with asked(request, form) as tx:
        cared_for(tx)
        graphs = read_graphs(data)
        wanted = _key(tx, form)
        graph = main_graph(graphs, wanted if any(each.process == wanted for each in graphs) else "")
        view = problems_view(tx, graph, problems_in(tx, graph))
        return part(request, tx, "pages/process_problems.html", view=view)


def _key(tx: Tx, form: FormMultiDict) -> str:
    """The process that the model was opened for, which says which one is meant when a file holds several."""
    base = parse_id(str(form.get("base") or ""))
    return definition_of(tx, base).key if base else ""


@post(f"{HERE}/save")
async def save_model(request: AnyRequest) -> Response[str]:
    """Keep the model as a new version; the answer says where it is, or why not."""
    form = await form_of(request)
    return await in_thread(_save, request, form, await file_in(form))


def _save(request: AnyRequest, form: FormMultiDict, data: bytes) -> Response[str]:
    try:
        return _keep(request, form, data)
    except NewerVersionError as found:
        return _json({"text": found.text, "over": found.newest}, 409)


def _keep(request: AnyRequest, form: FormMultiDict, data: bytes) -> Response[str]:
    with asked(request, form, deed="process.import") as tx:
        try:
            wanted = _key(tx, form)
            known = any(each.process == wanted for each in read_graphs(data))
            made = import_model(tx, data, wanted if known else "")
        except Refused as refusal:
            return _json({"text": tx.say(refusal.code, **refusal.values)}, 422)
        _require_newest(tx, form, made)
        url = f"{HERE}/{made.id}"
        places = {"url": f"{url}/edit", "deploy": f"{url}/deploy", "model": f"{url}/file"}
        return _json({"id": str(made.id), "version": made.version, **places})


class NewerVersionError(Exception):
    """Somebody else saved a version that the sender has not seen; `newest` is its number, `text` says so."""

    def __init__(self, text: str, newest: int) -> None:
        super().__init__(text)
        self.text = text
        self.newest = newest


def _require_newest(tx: Tx, form: FormMultiDict, made: Definition) -> None:
    """Nothing when the sender knew of every version before his; `over` names one that he passes over knowingly."""
    base = parse_id(str(form.get("base") or ""))
    over = str(form.get("over") or "")
    opened = definition_of(tx, base) if base else None
    seen = int(over) if over.isdecimal() else opened.version if opened and opened.key == made.key else 0
    newest = made.version - 1
    if newest > seen:
        if opened is None or opened.key != made.key:
            raise NewerVersionError(tx.say("modeler.key_taken", next=made.version, key=made.key), newest)
        raise NewerVersionError(_meanwhile(tx, opened, made), newest)


def _meanwhile(tx: Tx, opened: Definition, made: Definition) -> str:
    """Who saved the newest version and what it has otherwise than the one that was opened."""
    other = next(each for each in versions_of(tx, made.key) if each.version == made.version - 1)
    noted = [each for each in notes_on(tx, Thing(PROCESS, made.key)) if each.version == other.version]
    (line, *_) = (*note_lines(tx, [each for each in noted if each.deed == "import"]), None)
    found = differences(graph_of(tx, opened.id), graph_of(tx, other.id), tx.language)
    said = [tx.say(f"modeler.differs.{each.kind}", name=each.name) for each in found[:MOST_TOLD]]
    more = [tx.say("modeler.differs.more", count=len(found) - MOST_TOLD)] if len(found) > MOST_TOLD else []
    told = "\n".join([*said, *more]) or tx.say("modeler.differs.drawing")
    who = line.who if line else ""
    return tx.say("modeler.saved_meanwhile", number=other.version, next=made.version, who=who, told=told)


def _json(found: dict[str, object], status: int = 200) -> Response[str]:
    return Response(msgspec.json.encode(found).decode(), status_code=status, media_type=JSON)
