"""What keeps a process from running as drawn: every problem at once, each on its element."""

from collections.abc import Callable, Collection, Iterator
from typing import Any, Literal

import msgspec

from entente.kernel.expressions.parser import parse
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import Words
from entente.services.connect.outgoing import proved_url
from entente.services.processes.engine.state import Fault
from entente.services.processes.engine.timers import is_iso, pauses_of
from entente.services.processes.model.graph import GATEWAYS, NODES, SCOPES, WORKING, Element, Event, Flow, Graph
from entente.services.processes.model.task_problems import task_faults

Severity = Literal["error", "warning"]
CATCHING = frozenset({"message", "signal", "timer", "conditional"})
FITTING = {
    "startEvent": CATCHING | {"none", "error", "escalation", "compensation"},
    "intermediateCatchEvent": CATCHING | {"none", "link"},
    "intermediateThrowEvent": frozenset({"none", "message", "signal", "escalation", "link", "compensation"}),
    "endEvent": frozenset({"none", "message", "signal", "escalation", "error", "terminate", "compensation", "cancel"}),
    "boundaryEvent": CATCHING | {"error", "escalation", "compensation", "cancel"},
}
UNSUPPORTED = frozenset({"complexGateway", "adHocSubProcess", "scriptTask"})
STARTING = frozenset({"none", "message", "signal", "timer", "conditional"})
BOUNDARY = CATCHING | {"error", "escalation", "compensation"}


class Problem(msgspec.Struct, frozen=True):
    """One problem of a model; an error keeps it from being deployed."""

    element: str
    code: str
    severity: Severity = "error"
    values: dict[str, str] = {}


def problems(
    graph: Graph,
    actions: Collection[str],
    *,
    decisions: Collection[str] = (),
    templates: Collection[str] = (),
    callable_processes: Collection[str] | None = None,
    recorded: bool = False,
) -> list[Problem]:
    """Everything that is wrong with a process; `recorded`: work is only written down, and so needs no action.

    Without `callable_processes` nobody knows which processes are deployed, and no call is doubted.
    """
    found = [*_of_process(graph), *_of_ttls(graph)]
    for flow in graph.flows.values():
        found += _of_flow(graph, flow)
    for element in graph.elements.values():
        for look in LOOKS:
            found += look(graph, element)
        found += _of_mails(element, templates)
        if callable_processes is not None:
            found += _of_call(graph, element, callable_processes)
        if element.kind in WORKING - {"scriptTask"} and not recorded:
            found += _of_work(element, actions, decisions)
    return found


def shown(words: Words, language: str, problem: Problem) -> dict[str, Any]:
    """A problem as people and programs read it, in the language asked for and in both."""
    said = {each: words.say(each, problem.code, **problem.values) for each in ("en", "fr")}
    return {
        "element": problem.element,
        "code": problem.code.rpartition(".")[2],
        "severity": problem.severity,
        "message": said["fr" if language == "fr" else "en"],
        "message_en": said["en"],
        "message_fr": said["fr"],
    }


def _problem(element: str, code: str, severity: Severity = "error", **values: str) -> Problem:
    return Problem(element, f"process.problem.{code}", severity, values)


def _of_process(graph: Graph) -> Iterator[Problem]:
    if not graph.executable:
        yield _problem(graph.process, "not_executable", "warning")
    inside = [each for each in graph.inside.get("", ()) if each.kind in NODES]
    if not inside:
        yield _problem(graph.process, "empty")
    plain = [each for each in graph.starts("") if each.kind == "startEvent"]
    if len(plain) > 1:
        yield _problem(graph.process, "several_starts")
    for each in inside:
        if each.kind == "startEvent" and each.event.kind not in STARTING:
            yield _problem(each.id, "unsupported", kind=each.event.kind)
        if each.kind == "startEvent" and each.event.kind == "conditional" and not each.settings.get("entity"):
            yield _problem(each.id, "no_entity")
    if inside and not graph.starts("") and not any(each.kind == "startEvent" for each in inside):
        yield _problem(graph.process, "no_start")


def _of_ttls(graph: Graph) -> Iterator[Problem]:
    for text in dict.fromkeys(graph.ttls.values()):
        if text and not is_iso("duration", text):
            yield _problem(graph.process, "ttl", text=text)


def _of_flow(graph: Graph, flow: Flow) -> Iterator[Problem]:
    source, target = graph.elements.get(flow.source), graph.elements.get(flow.target)
    if source is None or target is None:
        yield _problem(flow.id, "loose_flow")
        return
    if source.parent != target.parent:
        yield _problem(flow.id, "flow_crosses")
    if flow.condition:
        yield from _of_expression(graph, flow.id, flow.condition)
        if source.kind in ("parallelGateway", "eventBasedGateway"):
            yield _problem(flow.id, "condition_ignored", "warning")
    elif _lacks_condition(source, flow):
        yield _problem(flow.id, "no_condition")


def _lacks_condition(source: Element, flow: Flow) -> bool:
    choosing = source.kind in ("exclusiveGateway", "inclusiveGateway")
    return choosing and len(source.outgoing) > 1 and flow.id != source.default


def _of_expression(graph: Graph, element: str, text: str) -> Iterator[Problem]:
    try:
        parse(text, graph.names)
    except Refused:
        yield _problem(element, "expression", text=text)


def _unsupported(graph: Graph, element: Element) -> Iterator[Problem]:
    if element.kind in UNSUPPORTED:
        yield _problem(element.id, "unsupported", kind=element.kind)
    for event in element.events:
        if event.kind not in FITTING.get(element.kind, frozenset()):
            yield _problem(element.id, "unsupported", kind=event.kind)
    if element.parallel_multiple:
        yield _problem(element.id, "unsupported", kind="parallelMultiple")


def _of_events(graph: Graph, element: Element) -> Iterator[Problem]:
    for event in element.events:
        yield from _of_event(graph, element, event)
    thrown = element.kind == "intermediateThrowEvent" and element.event.kind == "link"
    if thrown and (element.parent, element.event.name) not in graph.links:
        yield _problem(element.id, "no_link", name=element.event.name)


def _of_compensation(graph: Graph, element: Element) -> Iterator[Problem]:
    kinds = {event.kind for event in element.events}
    around = graph.elements.get(element.attached_to or element.parent)
    if "compensation" in kinds and element.kind == "boundaryEvent" and element.handler not in graph.elements:
        yield _problem(element.id, "no_compensation")
    if "compensation" in kinds and element.kind == "startEvent" and (around is None or not around.parent):
        yield _problem(element.id, "compensates_nothing")
    if "cancel" in kinds and (around is None or around.kind != "transaction"):
        yield _problem(element.id, "no_transaction")
    for event in element.events:
        if event.activity and event.activity not in graph.elements:
            yield _problem(element.id, "unknown_activity", name=event.activity)


def _of_event(graph: Graph, element: Element, event: Event) -> Iterator[Problem]:
    if event.kind in ("message", "signal") and not event.name:
        yield _problem(element.id, f"no_{event.kind}")
    if event.kind == "timer":
        if event.timer is None:
            yield _problem(element.id, "no_timer")
        elif not is_iso(event.timer.kind, event.timer.text):
            if element.kind == "startEvent":
                yield _problem(element.id, "start_timer")
            yield from _of_expression(graph, element.id, event.timer.text)
    if event.kind == "conditional":
        yield from _of_expression(graph, element.id, event.condition)


def _of_boundary(graph: Graph, element: Element) -> Iterator[Problem]:
    if element.kind != "boundaryEvent":
        return
    if element.attached_to not in graph.elements:
        yield _problem(element.id, "not_attached")
    if element.incoming:
        yield _problem(element.id, "leads_into_event")
    if not element.events:
        yield _problem(element.id, "no_event")


def _of_gateway(graph: Graph, element: Element) -> Iterator[Problem]:
    if element.kind in GATEWAYS and not element.outgoing:
        yield _problem(element.id, "no_way_out", "warning")
    if element.kind != "eventBasedGateway":
        return
    for flow in element.outgoing:
        target = graph.elements.get(graph.flows[flow].target)
        waits = target is not None and (
            target.kind == "receiveTask" or (target.kind == "intermediateCatchEvent" and target.event.kind in CATCHING)
        )
        if not waits:
            yield _problem(flow, "no_event_behind")


def _of_scope(graph: Graph, element: Element) -> Iterator[Problem]:
    if element.kind not in SCOPES:
        return
    starts = [each for each in graph.inside.get(element.id, ()) if each.kind == "startEvent"]
    if element.by_event:
        if len(starts) != 1 or not {event.kind for event in starts[0].events} & BOUNDARY:
            yield _problem(element.id, "event_start")
    elif any(each.event.kind != "none" for each in starts):
        yield _problem(element.id, "plain_start")
    elif len(starts) > 1:
        yield _problem(element.id, "several_starts")


def _of_loop(graph: Graph, element: Element) -> Iterator[Problem]:
    loop = element.loop
    if loop is None:
        return
    if loop.kind == "loop":
        if not loop.condition and loop.most is None:
            yield _problem(element.id, "endless_loop")
    elif not loop.collection and not loop.cardinality:
        yield _problem(element.id, "no_cardinality")
    for text in (loop.cardinality, loop.collection, loop.completion, loop.condition):
        if text:
            yield from _of_expression(graph, element.id, text)


def _of_task(graph: Graph, element: Element) -> Iterator[Problem]:
    if element.kind == "userTask":
        yield from (_problem(element.id, code, text=text) for code, text in task_faults(element))


def _of_mails(element: Element, templates: Collection[str]) -> Iterator[Problem]:
    for name in {each.template for each in element.tasking.escalations} - {"", *templates}:
        yield Problem(element.id, "process.problem.task_template", "warning", {"text": name})


def _of_call(graph: Graph, element: Element, known: Collection[str]) -> Iterator[Problem]:
    """A warning only: the process that is called may be deployed after the one that calls it."""
    if element.called and element.called not in {graph.process, *known}:
        yield _problem(element.id, "unknown_process", "warning", name=element.called)


def _of_settings(graph: Graph, element: Element) -> Iterator[Problem]:
    if element.kind == "callActivity" and not element.called:
        yield _problem(element.id, "no_called")
    version = element.settings.get("version", "1")
    if not (version.isascii() and version.isdigit()):
        yield _problem(element.id, "version", text=version)
    try:
        pauses_of(element.settings.get("retries", ""))
    except Fault:
        yield _problem(element.id, "retries", text=element.settings["retries"])
    if element.kind == "receiveTask" and not element.message:
        yield _problem(element.id, "no_message")
    for name in ("input", "output", "collect", "correlation"):
        if name in element.settings:
            yield from _of_expression(graph, element.id, element.settings[name])


def _of_work(element: Element, actions: Collection[str], decisions: Collection[str]) -> Iterator[Problem]:
    action, decision = element.settings.get("action", ""), element.settings.get("decision", "")
    if decision:
        if decision not in decisions:
            yield _problem(element.id, "unknown_decision", name=decision)
        return
    if element.kind == "businessRuleTask" and not action:
        yield _problem(element.id, "no_decision")
        return
    if url := element.settings.get("url"):
        if not _is_address(url):
            yield _problem(element.id, "bad_address", name=url)
        return
    if action and action not in actions:
        yield _problem(element.id, "unknown_action", name=action)
    if not action and not (element.kind == "sendTask" and element.message):
        yield _problem(element.id, "no_action")


def _is_address(url: str) -> bool:
    try:
        proved_url(url)
    except Refused:
        return False
    return True


LOOKS: tuple[Callable[[Graph, Element], Iterator[Problem]], ...] = (
    _unsupported,
    _of_events,
    _of_compensation,
    _of_boundary,
    _of_gateway,
    _of_scope,
    _of_loop,
    _of_settings,
    _of_task,
)
