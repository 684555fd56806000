"""A process as the engine sees it: elements, flows and what happens where; frozen, without positions and lanes."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal

import msgspec

from entente.kernel.kit.words import LANGUAGES
from entente.services.processes.model.tasking import Tasking

LoopKind = Literal["parallel", "sequential", "loop"]

PASSIVE = frozenset({"task", "manualTask"})
WORKING = frozenset({"serviceTask", "sendTask", "businessRuleTask", "scriptTask"})
SCOPES = frozenset({"subProcess", "transaction"})
TASKS = PASSIVE | WORKING | {"userTask", "receiveTask"}
ACTIVITIES = TASKS | SCOPES | {"callActivity", "adHocSubProcess"}
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
NODES = ACTIVITIES | GATEWAYS | EVENTS


class Timer(msgspec.Struct, frozen=True):
    """When: a moment (`date`), after a duration, or in a cycle; ISO 8601 or an expression."""

    kind: Literal["date", "duration", "cycle"]
    text: str


class Event(msgspec.Struct, frozen=True):
    """What an event waits for or throws; `name` is the message's or signal's name, or the error or escalation code."""

    kind: str
    name: str = ""
    timer: Timer | None = None
    condition: str = ""
    activity: str = ""


class Loop(msgspec.Struct, frozen=True):
    """How often an activity is done: over a list or a number of times, or while a condition holds."""

    kind: LoopKind
    cardinality: str = ""
    collection: str = ""
    item: str = "item"
    completion: str = ""
    condition: str = ""
    test_before: bool = False
    most: int | None = None


class Flow(msgspec.Struct, frozen=True):
    """A sequence flow; an empty condition is none."""

    id: str
    source: str
    target: str
    condition: str = ""
    name: str = ""


class Element(msgspec.Struct, frozen=True):
    """A node of a process; `parent` is the sub-process that it lies in, `settings` our own attributes.

    `handler` is the activity that undoes the one to which a boundary event for compensation is attached.
    """

    id: str
    kind: str
    name: str = ""
    parent: str = ""
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    default: str = ""
    events: tuple[Event, ...] = ()
    parallel_multiple: bool = False
    attached_to: str = ""
    interrupting: bool = True
    by_event: bool = False
    for_compensation: bool = False
    loop: Loop | None = None
    called: str = ""
    message: str = ""
    handler: str = ""
    settings: Mapping[str, str] = {}
    tasking: Tasking = Tasking()

    @property
    def event(self) -> Event:
        """The one event of an event element; `none` for a plain one."""
        return self.events[0] if self.events else Event("none")


def names_of(settings: Mapping[str, str], of: str = "name") -> dict[str, str]:
    """What something is called by language, as far as its own attributes `name_en` and `name_fr` say it.

    The same for another text of it, `subject` for instance.
    """
    return {language: name for language in LANGUAGES if (name := settings.get(f"{of}_{language}"))}


class Graph(msgspec.Struct, frozen=True, dict=True):
    """One process: its elements and flows by id, in the order of the file.

    `ttls`: how long a message is kept for which nobody waits yet, by its name, as an ISO duration; `names`: those of
    its data that contain more than letters and digits; `settings`: our own attributes of the process.
    """

    process: str
    name: str
    executable: bool
    elements: Mapping[str, Element]
    flows: Mapping[str, Flow]
    ttls: Mapping[str, str] = {}
    names: tuple[str, ...] = ()
    settings: Mapping[str, str] = {}

    @cached_property
    def boundaries(self) -> Mapping[str, tuple[Element, ...]]:
        """The boundary events by the activity that they are attached to."""
        return _grouped((each.attached_to, each) for each in self.elements.values() if each.attached_to)

    @cached_property
    def undone_by(self) -> Mapping[str, Element]:
        """What undoes an activity, by the activity: the handler at its boundary."""
        return {
            each.attached_to: self.elements[each.handler]
            for each in self.elements.values()
            if each.attached_to and each.event.kind == "compensation" and each.handler in self.elements
        }

    @cached_property
    def undo_starts(self) -> Mapping[str, Element]:
        """The start of the event sub-process that undoes a sub-process, by the sub-process."""
        return {
            sub.parent: start
            for sub in self.elements.values()
            if sub.by_event and sub.parent
            for start in self.inside.get(sub.id, ())
            if start.kind == "startEvent" and start.event.kind == "compensation"
        }

    @cached_property
    def inside(self) -> Mapping[str, tuple[Element, ...]]:
        """The elements by the sub-process that they lie in; those of the process itself under an empty name."""
        return _grouped((each.parent, each) for each in self.elements.values())

    @cached_property
    def links(self) -> Mapping[tuple[str, str], Element]:
        """The catching link events by container and name."""
        return {
            (each.parent, each.event.name): each
            for each in self.elements.values()
            if each.kind == "intermediateCatchEvent" and each.event.kind == "link"
        }

    @cached_property
    def reaching(self) -> Mapping[str, frozenset[str]]:
        """By incoming flow of an inclusive join: the elements from which a token can reach it, not through the join."""
        return _leading(self, "inclusiveGateway")

    @cached_property
    def leading(self) -> Mapping[str, frozenset[str]]:
        """The same by incoming flow of a parallel join."""
        return _leading(self, "parallelGateway")

    @cached_property
    def looping(self) -> frozenset[str]:
        """The elements to which their own token can come back, as far as an inclusive join can be reached from them."""
        before = _predecessors(self)
        asked = frozenset[str]().union(*self.reaching.values())
        return frozenset(each for each in asked if any(each in _led_to(before, one) for one in before.get(each, ())))

    def starts(self, container: str) -> list[Element]:
        """Where a container begins: its plain start events, else every node that nothing leads to."""
        inside = [each for each in self.inside.get(container, ()) if each.kind in NODES]
        events = [each for each in inside if each.kind == "startEvent"]
        if events:
            return [each for each in events if each.event.kind == "none"]
        return [each for each in inside if is_implicit_start(each)]

    def event_starts(self, container: str) -> list[Element]:
        """The start events of the event sub-processes that lie in a container."""
        subs = [each for each in self.inside.get(container, ()) if each.by_event]
        return [each for sub in subs for each in self.inside.get(sub.id, ()) if each.kind == "startEvent"]


def is_implicit_start(element: Element) -> bool:
    """Whether a node starts its container because nothing leads to it."""
    if element.incoming or element.attached_to or element.by_event or element.for_compensation:
        return False
    return not (element.kind == "intermediateCatchEvent" and element.event.kind == "link")


def _grouped(pairs: Iterable[tuple[str, Element]]) -> dict[str, tuple[Element, ...]]:
    found: dict[str, list[Element]] = {}
    for key, each in pairs:
        found.setdefault(key, []).append(each)
    return {key: tuple(each) for key, each in found.items()}


def _leading(graph: Graph, kind: str) -> dict[str, frozenset[str]]:
    before = _predecessors(graph)
    joins = [each for each in graph.elements.values() if each.kind == kind and len(each.incoming) > 1]
    return {flow: _led_to(before, graph.flows[flow].source, join.id) for join in joins for flow in join.incoming}


def _predecessors(graph: Graph) -> dict[str, list[str]]:
    before: dict[str, list[str]] = {}
    for flow in graph.flows.values():
        before.setdefault(flow.target, []).append(flow.source)
    for each in graph.elements.values():
        if each.attached_to:
            before.setdefault(each.id, []).append(each.attached_to)
        target = graph.links.get((each.parent, each.event.name)) if each.event.kind == "link" else None
        if target is not None and each.kind == "intermediateThrowEvent":
            before.setdefault(target.id, []).append(each.id)
    return before


def _led_to(steps: Mapping[str, list[str]], start: str, stop: str = "") -> frozenset[str]:
    found: set[str] = set()
    left = [start]
    while left:
        each = left.pop()
        if each != stop and each not in found:
            found.add(each)
            left += steps.get(each, [])
    return frozenset(found)
