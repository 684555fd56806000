"""What one version of a process has otherwise than another: its steps and flows, not its drawing."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from entente.services.processes.model.graph import Element, Flow, Graph


class Difference(msgspec.Struct, frozen=True):
    """A step or flow that two versions do not have alike, as people call it in the newer one that has it."""

    kind: Literal["added", "removed", "changed"]
    name: str


def differences(before: Graph, after: Graph, language: str) -> list[Difference]:
    """The process itself, steps that were added, removed or changed, then flows between steps that both have."""
    alike = (before.name, before.settings) == (after.name, after.settings)
    own = (
        [] if alike else [Difference("changed", after.settings.get(f"name_{language}") or after.name or after.process)]
    )
    return [*own, *_of_steps(before, after, language), *_of_flows(before, after, language)]


def _of_steps(before: Graph, after: Graph, language: str) -> Iterator[Difference]:
    for identity, element in after.elements.items():
        known = before.elements.get(identity)
        if known is None:
            yield Difference("added", _called(element, language))
        elif _alone(known) != _alone(element):
            yield Difference("changed", _called(element, language))
    for identity, element in before.elements.items():
        if identity not in after.elements:
            yield Difference("removed", _called(element, language))


def _alone(element: Element) -> Element:
    return msgspec.structs.replace(element, incoming=(), outgoing=())


def _called(element: Element, language: str) -> str:
    return element.settings.get(f"name_{language}") or element.name or element.id


def _of_flows(before: Graph, after: Graph, language: str) -> Iterator[Difference]:
    for identity, flow in after.flows.items():
        known = before.flows.get(identity)
        if known != flow and _in_both(before, after, flow):
            yield Difference("changed" if known else "added", _path(after, flow, language))
    for identity, flow in before.flows.items():
        if identity not in after.flows and _in_both(before, after, flow):
            yield Difference("removed", _path(before, flow, language))


def _in_both(before: Graph, after: Graph, flow: Flow) -> bool:
    return {flow.source, flow.target} <= before.elements.keys() & after.elements.keys()


def _path(graph: Graph, flow: Flow, language: str) -> str:
    source, target = (_called(graph.elements[each], language) for each in (flow.source, flow.target))
    return flow.name or f"{source} → {target}"
