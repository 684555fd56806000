"""From a BPMN file to graphs: any file that the schema allows, whether it can run or not."""

import re
from collections.abc import Iterator, Mapping
from itertools import count

import msgspec

from entente.kernel.kit.refusal import Refused
from entente.services.processes.model.graph import NODES, SCOPES, Element, Event, Flow, Graph, Loop, Timer
from entente.services.processes.model.tasking import Tasking, read_tasking
from entente.services.processes.model.xml import Tag, read_xml

CONTAINERS = SCOPES | {"adHocSubProcess"}
DATA = frozenset({"dataObject", "dataObjectReference", "property", "dataInput", "dataOutput"})
DEFINITION = "EventDefinition"
TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
KINDS = {"compensate": "compensation"}
FOREIGN = re.compile(r"[$#]\{([^{}]*)\}")
FOREIGN_WORDS = (("==", "="), ("&&", " and "), (r"\|\|", " or "), (r"!(?!=)\s*([\w.]+)", r"not(\1)"))
TTL = "entente:ttl"
NAMED = {"message": "name", "signal": "name", "error": "errorCode", "escalation": "escalationCode"}


def read_graphs(data: bytes) -> list[Graph]:
    """Every process of a file, in its order; Refused when it is no BPMN 2.0."""
    root = read_xml(data)
    if root.name != "definitions":
        raise Refused("process.not_bpmn")
    names = _names(root)
    ttls = {names.get(tag.attributes.get("id", ""), ""): tag.attributes.get(TTL, "") for tag in root.all("message")}
    return [_graph(tag, names, ttls) for tag in root.all("process")]


def main_graph(graphs: list[Graph], wanted: str = "") -> Graph:
    """The process of the wanted id, else the first executable one, else the first with elements; Refused for none."""
    fitting = [graph for graph in graphs if graph.process == wanted] if wanted else graphs
    full = [graph for graph in fitting if graph.elements]
    found = [graph for graph in full if graph.executable] or full or fitting
    if not found:
        raise Refused("process.no_process")
    return found[0]


def _names(root: Tag) -> dict[str, str]:
    """What messages, signals, errors and escalations are called, by id."""
    return {
        tag.attributes.get("id", ""): tag.attributes.get(NAMED[tag.name]) or tag.attributes.get("name", "")
        for tag in root.children
        if tag.name in NAMED
    } | {
        definition.attributes["id"]: f"#{definition.attributes['id']}"
        for definition in root.children
        if definition.name.endswith(DEFINITION) and "id" in definition.attributes
    }


def _graph(process: Tag, names: Mapping[str, str], ttls: Mapping[str, str]) -> Graph:
    flows = list(_flows(process, count(1)))
    elements = {each.id: each for each in _elements(process, "", names)}
    handlers = dict(_associations(process))
    incoming: dict[str, list[str]] = {}
    outgoing: dict[str, list[str]] = {}
    for flow in flows:
        incoming.setdefault(flow.target, []).append(flow.id)
        outgoing.setdefault(flow.source, []).append(flow.id)
    joined = {
        each.id: msgspec.structs.replace(
            each,
            incoming=tuple(incoming.get(each.id, ())),
            outgoing=tuple(outgoing.get(each.id, ())),
            handler=handlers.get(each.id, "") if each.attached_to else "",
        )
        for each in elements.values()
    }
    return Graph(
        process=process.attributes.get("id", "process"),
        name=process.attributes.get("name", ""),
        executable=process.attributes.get("isExecutable") == "true",
        elements=joined,
        flows={flow.id: flow for flow in flows},
        names=tuple(sorted({name for name in _data(process) if name and not name.isidentifier()})),
        ttls={name: ttl or process.attributes.get(TTL, "") for name, ttl in ttls.items()},
        settings=_own(process.attributes),
    )


def _flows(container: Tag, numbers: Iterator[int]) -> Iterator[Flow]:
    for tag in container.children:
        if tag.name == "sequenceFlow":
            condition = tag.first("conditionExpression")
            yield Flow(
                id=tag.attributes.get("id") or f"flow-{next(numbers)}",
                source=tag.attributes.get("sourceRef", ""),
                target=tag.attributes.get("targetRef", ""),
                condition=_expression(condition),
                name=tag.attributes.get("name", ""),
            )
        elif tag.name in CONTAINERS:
            yield from _flows(tag, numbers)


def _associations(container: Tag) -> Iterator[tuple[str, str]]:
    """What is drawn together without a flow, such as an event at a boundary and the activity that undoes."""
    for tag in container.children:
        if tag.name == "association":
            yield _local(tag.attributes.get("sourceRef", "")), _local(tag.attributes.get("targetRef", ""))
        elif tag.name in CONTAINERS:
            yield from _associations(tag)


def _data(container: Tag) -> Iterator[str]:
    """What the data of a process is called."""
    for tag in container.children:
        if tag.name in DATA:
            yield tag.attributes.get("name", "").strip()
        elif tag.name in CONTAINERS or tag.name == "ioSpecification":
            yield from _data(tag)


def _expression(tag: Tag | None) -> str:
    """The expression of a tag; what other engines write as `${…}` is put into our words, as far as it has some."""
    text = tag.text.strip().removeprefix("=").strip() if tag is not None else ""
    found = FOREIGN.fullmatch(text)
    if found is None:
        return text
    text = re.sub(r"'([^']*)'", r'"\1"', found[1].strip())
    for theirs, ours in FOREIGN_WORDS:
        text = re.sub(theirs, ours, text)
    return text


def _elements(container: Tag, parent: str, names: Mapping[str, str]) -> Iterator[Element]:
    for place, tag in enumerate(container.children):
        if tag.name in NODES:
            made = _element(tag, parent, names, f"{parent or 'element'}-{place}")
            yield made
            if tag.name in CONTAINERS:
                yield from _elements(tag, made.id, names)


def _own(given: Mapping[str, str]) -> dict[str, str]:
    """The attributes that are ours."""
    return {key.removeprefix("entente:"): text for key, text in given.items() if key.startswith("entente:")}


def _element(tag: Tag, parent: str, names: Mapping[str, str], spare: str) -> Element:
    given = tag.attributes
    settings = _own(given)
    interrupting = given.get("cancelActivity", given.get("isInterrupting", "true")) != "false"
    return Element(
        id=given.get("id") or spare,
        kind=tag.name,
        name=given.get("name", ""),
        parent=parent,
        default=given.get("default", ""),
        events=tuple(_event(each, names) for each in _definitions(tag)),
        parallel_multiple=given.get("parallelMultiple") == "true",
        attached_to=given.get("attachedToRef", ""),
        interrupting=interrupting,
        by_event=given.get("triggeredByEvent") == "true",
        for_compensation=given.get("isForCompensation") == "true",
        loop=_loop(tag),
        called=_local(given.get("calledElement", "")),
        message=names.get(_local(given.get("messageRef", "")), ""),
        settings=settings,
        tasking=read_tasking(tag, settings) if tag.name == "userTask" else Tasking(),
    )


def _definitions(tag: Tag) -> list[Tag]:
    """The event definitions within an event, and a stand-in for each that it refers to."""
    inside = [each for each in tag.children if each.name.endswith(DEFINITION)]
    return inside + [Tag("referred" + DEFINITION, {}, [], each.text) for each in tag.all("eventDefinitionRef")]


def _event(tag: Tag, names: Mapping[str, str]) -> Event:
    plain = tag.name.removesuffix(DEFINITION)
    kind = KINDS.get(plain, plain)
    if kind == "link":
        return Event(kind, tag.attributes.get("name", ""))
    refers = _local(tag.attributes.get(f"{plain}Ref", ""))
    return Event(
        kind=kind,
        name=names.get(refers, refers),
        timer=_timer(tag),
        condition=_expression(tag.first("condition")),
        activity=_local(tag.attributes.get("activityRef", "")),
    )


def _timer(tag: Tag) -> Timer | None:
    for child in tag.children:
        if child.name in TIMERS and child.text.strip():
            return msgspec.convert({"kind": TIMERS[child.name], "text": _expression(child)}, Timer)
    return None


def _loop(tag: Tag) -> Loop | None:
    given = tag.first("multiInstanceLoopCharacteristics")
    if given is not None:
        return Loop(
            kind="sequential" if given.attributes.get("isSequential") == "true" else "parallel",
            cardinality=_expression(given.first("loopCardinality")),
            collection=given.attributes.get("entente:collection", ""),
            item=given.attributes.get("entente:item", "item"),
            completion=_expression(given.first("completionCondition")),
        )
    given = tag.first("standardLoopCharacteristics")
    if given is None:
        return None
    most = given.attributes.get("loopMaximum", "")
    return Loop(
        kind="loop",
        condition=_expression(given.first("loopCondition")),
        test_before=given.attributes.get("testBefore") == "true",
        most=int(most) if most.isascii() and most.isdigit() else None,
    )


def _local(name: str) -> str:
    """The part of a qualified name behind its prefix."""
    return name.rpartition(":")[2].strip()
