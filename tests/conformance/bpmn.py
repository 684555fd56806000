"""The reference models of the BPMN interchange group: read without loss, and run to their end where they can be."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree

from entente.kernel.expressions.values import Moment
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import Words, load_words
from entente.services.processes.engine.course import advance, begin, fire
from entente.services.processes.engine.entering import complete
from entente.services.processes.engine.state import Instance, Outside, State
from entente.services.processes.expressions import value_of
from entente.services.processes.model.graph import NODES, Graph
from entente.services.processes.model.problems import problems
from entente.services.processes.model.reading import read_graphs

SPACE = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
SOURCE = Path(__file__).resolve().parents[2] / "src" / "entente"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MOST_DEEDS = 200
# What people answer in the models whose conditions ask for it.
ANSWERS: Mapping[str, Any] = {"approved": True, "clarified": "yes", "Vacation Approval": "Approved"}


def run(folder: Path) -> int:
    """Print which models were read and run, with the reasons for the rest; the number of models read with a loss."""
    words = load_words([SOURCE])
    read = ended = lost = 0
    reasons: Counter[str] = Counter()
    for file in sorted(folder.glob("*.bpmn")):
        data = file.read_bytes()
        faults = list(losses(data))
        lost += bool(faults)
        read += not faults
        for fault in faults:
            print(f"FAILED {file.name}: {fault}")
        for graph in [] if faults else read_graphs(data):
            why = hindrance(words, graph)
            ended += why is None
            if why is not None:
                reasons[why] += 1
                print(f"  {file.name} {graph.process}: {why}")
    print(f"BPMN: {read} models read without loss, {lost} not; {ended} processes run to their end")
    for reason, count in reasons.most_common():
        print(f"  {count:4} not run: {reason}")
    return lost + (read == 0)


def losses(data: bytes) -> Iterator[str]:
    """What stands in a file and not in its graphs: nodes, their types, flows and where they lead."""
    try:
        graphs = read_graphs(data)
    except Refused as refusal:
        yield refusal.code
        return
    nodes = {each.id: each.kind for graph in graphs for each in graph.elements.values()}
    flows = {each.id: (each.source, each.target) for graph in graphs for each in graph.flows.values()}
    for process in ElementTree.fromstring(data).iter(f"{SPACE}process"):
        for tag in process.iter():
            name, identity = tag.tag.removeprefix(SPACE), tag.get("id", "")
            if name in NODES and nodes.get(identity) != name:
                yield f"{name} {identity}"
            if name == "sequenceFlow" and flows.get(identity) != (tag.get("sourceRef"), tag.get("targetRef")):
                yield f"{name} {identity}"


def hindrance(words: Words, graph: Graph) -> str | None:
    """Why a process does not run to its end, its work recorded, its tasks and events answered; nothing when it does."""
    errors = [each for each in problems(graph, (), recorded=True) if each.severity == "error"]
    if errors:
        return words.say("en", errors[0].code, **errors[0].values)
    state = _played(graph)
    if state.incidents:
        first = next(iter(state.incidents.values()))
        return words.say("en", first.code, detail=first.detail)
    return None if state.instance.state == "completed" else "It goes round for ever when everything is answered alike."


def _played(graph: Graph) -> State:
    definition = UUID(int=1)
    state = State(Instance(id=uuid4(), definition=definition, started_at=NOON), _outside(NOON), {definition: graph})
    events = [each.id for each in graph.inside.get("", ()) if each.kind == "startEvent"]
    begin(state, ANSWERS, "" if graph.starts("") else events[0])
    for deed in range(MOST_DEEDS):
        state.outside = _outside(NOON + timedelta(days=deed))
        state.steps = 0
        advance(state)
        task = next((token for token in state.tokens.values() if token.task), None)
        wait = next(iter(state.waits.values()), None)
        if task is not None:
            complete(state, task, ANSWERS)
        elif wait is not None:
            fire(state, wait, {})
        else:
            break
    return state


def _outside(now: datetime) -> Outside:
    return Outside(
        now=now,
        evaluate=lambda text, names, lineage: value_of(text, names, Moment(now)),
        work=lambda state, token, element: None,
        called=lambda key, version, lineage: None,
    )
