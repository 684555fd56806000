"""Migration of an instance to another version: what goes along, what is lost, what is new."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from entente.services.processes.engine.state import State, Subscription, Token, forget_completed
from entente.services.processes.engine.waiting import arm, arm_again
from entente.services.processes.model.graph import Element, Graph


class Place(msgspec.Struct, frozen=True):
    """A token and its element."""

    token: int
    element: str


class Outlook(msgspec.Struct):
    """What a migration leaves behind, by element of the source, and what waits anew, by element of the target."""

    unmapped: list[Place] = []
    lost_timers: list[str] = []
    lost_subscriptions: list[str] = []
    lost_compensations: list[str] = []
    added: list[str] = []

    @property
    def loses(self) -> bool:
        """Whether something that waits would not go along."""
        return bool(self.lost_timers or self.lost_subscriptions or self.lost_compensations)


class Route(msgspec.Struct, frozen=True):
    """From one version to another, and where elements go whose ids differ."""

    source: UUID
    target: UUID
    old: Graph
    new: Graph
    mapping: Mapping[str, str] = {}

    def name_of(self, element: str) -> str:
        """The id that an element of the source has in the target."""
        return self.mapping.get(element, element)

    def target_of(self, element: str) -> Element | None:
        """The element of the same kind in the same sub-process of the target; nothing when there is none."""
        here, there = self.old.elements.get(element), self.new.elements.get(self.name_of(element))
        if here is None or there is None or here.kind != there.kind or (here.loop is None) != (there.loop is None):
            return None
        if [event.kind for event in here.events] != [event.kind for event in there.events]:
            return None
        attached = self.name_of(here.attached_to) == there.attached_to if here.attached_to else not there.attached_to
        return there if attached and self._path(here) == _path(self.new, there) else None

    def _path(self, element: Element) -> list[str]:
        return [self.name_of(each) for each in _path(self.old, element)]


def _path(graph: Graph, element: Element) -> list[str]:
    path = []
    while element.parent:
        path.append(element.parent)
        element = graph.elements[element.parent]
    return path


def migrate(state: State, route: Route, *, recalculate: bool = False) -> Outlook:
    """What became of an instance that was put on another version; nothing is changed while a token has no place there.

    Timers keep the moment when they are due unless they are worked out anew.
    """
    found = Outlook([], [], [], [], [])
    scopes = {each.number for each in state.scopes.values() if each.definition == route.source}
    tokens = [each for each in state.tokens.values() if each.scope in scopes]
    found.unmapped = [Place(each.number, each.element) for each in tokens if not _fits(state, route, each)]
    if found.unmapped:
        return found
    state.graphs[route.target] = route.new
    _move_waits(state, route, scopes, found, recalculate=recalculate)
    _move_completed(state, route, found)
    for incident in state.incidents.values():
        if incident.token in {each.number for each in tokens}:
            incident.element = route.name_of(incident.element)
    for token in tokens:
        token.element = route.name_of(token.element)
    for number in scopes:
        scope = state.scopes[number]
        scope.definition, scope.element = route.target, route.name_of(scope.element)
    if state.instance.definition == route.source:
        state.instance.definition = route.target
    _arm_new(state, route, scopes, tokens, found)
    return found


def _fits(state: State, route: Route, token: Token) -> bool:
    target = route.target_of(token.element)
    if target is None or (token.state == "at_join" and token.flow not in target.incoming):
        return False
    own = [each for each in state.waits.values() if each.token == token.number and not _at_boundary(route, each)]
    return all(_target(route, each, token) is not None for each in own)


def _at_boundary(route: Route, wait: Subscription) -> bool:
    return bool(route.old.elements[wait.element].attached_to)


def _target(route: Route, wait: Subscription, token: Token) -> Element | None:
    """Where the target waits for the same; behind a gateway only if that still leads there."""
    found = route.target_of(wait.element)
    if found is None or wait.element == token.element:
        return found
    gateway = route.new.elements[route.name_of(token.element)]
    behind = {route.new.flows[flow].target for flow in gateway.outgoing}
    return found if found.id in behind else None


def _move_waits(state: State, route: Route, scopes: set[int], found: Outlook, *, recalculate: bool) -> None:
    for wait in [each for each in state.waits.values() if each.scope in scopes]:
        target = route.target_of(wait.element)
        if target is None:
            del state.waits[wait.number]
            lost = found.lost_timers if wait.kind == "timer" else found.lost_subscriptions
            lost.append(wait.element)
            continue
        wait.element = target.id
        if wait.kind != "retry" and (wait.kind != "timer" or recalculate):
            arm_again(state, wait, target)


def _move_completed(state: State, route: Route, found: Outlook) -> None:
    for each in [each for each in state.completed.values() if each.definition == route.source]:
        target = route.target_of(each.element)
        within = any(inner.within == each.number for inner in state.completed.values())
        undone = target is not None and (target.id in route.new.undone_by or target.id in route.new.undo_starts)
        if target is None or not (undone or within):
            found.lost_compensations.append(each.element)
            forget_completed(state, each)
        else:
            each.element, each.definition = target.id, route.target


def _arm_new(state: State, route: Route, scopes: set[int], tokens: list[Token], found: Outlook) -> None:
    """Wait for what only the target waits for, on behalf of the activities that are under way."""
    known = {route.name_of(each) for each in route.old.elements}
    for token in tokens:
        if token.phase == "begun" and state.scopes[token.scope].kind != "body":
            for boundary in route.new.boundaries.get(token.element, ()):
                if boundary.id not in known:
                    arm(state, token.scope, token.number, boundary)
                    found.added.append(boundary.id)
    for number in scopes:
        scope = state.scopes[number]
        container = "" if scope.kind in ("process", "called") else scope.element
        for start in route.new.event_starts(container) if scope.kind not in ("body", "undo") else ():
            if start.id not in known:
                arm(state, number, 0, start)
                found.added.append(start.id)
