"""The state of one instance in memory: what is there and what was added to its history, not how it is kept."""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from entente.kernel.kit.cron import home
from entente.kernel.kit.refusal import Refused
from entente.services.processes.engine.words import kept
from entente.services.processes.model.graph import Element, Graph

ScopeKind = Literal["process", "sub", "called", "event", "body", "undo"]
TokenState = Literal["ready", "waiting", "at_join", "failed"]
Phase = Literal["arrived", "begun", "leaving"]
# A version, and those that called it, from the inside out.
Lineage = tuple[UUID, ...]
WaitKind = Literal["message", "signal", "timer", "retry", "condition", "answer"]


class Token(msgspec.Struct):
    """Where work stands: at which element of which scope, and over which flow it came; `task`: a person has to act."""

    number: int
    scope: int
    element: str
    flow: str
    entered_at: datetime
    state: TokenState = "ready"
    phase: Phase = "arrived"
    attempts: int = 0
    task: bool = False


class Scope(msgspec.Struct):
    """A frame of variables: process, sub-process, called process, event sub-process, a turn of a loop, an undoing.

    `host` is the token that waits for its end; an event sub-process has none and belongs to its parent.
    """

    number: int
    kind: ScopeKind
    definition: UUID
    parent: int = 0
    element: str = ""
    host: int = 0
    values: dict[str, Any] = {}


class Subscription(msgspec.Struct):
    """What is waited for, by a token or (event sub-processes) by a scope; `turns_left` counts those of a timer."""

    number: int
    scope: int
    token: int
    element: str
    kind: WaitKind
    name: str = ""
    key: str = ""
    due_at: datetime | None = None
    cycle: str = ""
    turns_left: int | None = None


class Incident(msgspec.Struct):
    """What stops a token until a person decides; `detail` holds values for the text of the code."""

    number: int
    token: int
    element: str
    code: str
    at: datetime
    detail: str = ""


class Completed(msgspec.Struct):
    """An activity that was completed and can be undone, with the variables that it saw then.

    `within`: the completed sub-process around it; `by`: the token that has it undone; `run`: the scope that does it.
    """

    number: int
    definition: UUID
    element: str
    scope: int = 0
    within: int = 0
    by: int = 0
    run: int = 0
    values: dict[str, Any] = {}


class Passage(msgspec.Struct, frozen=True):
    """One line of history: a token was at an element from then to then, and what came of it."""

    scope: int
    definition: UUID
    element: str
    flow: str
    entered_at: datetime
    left_at: datetime
    outcome: str
    actor: UUID | None = None
    detail: str = ""


class Sent(msgspec.Struct, frozen=True):
    """A message or signal that a version throws, and that leaves the instance once its step is kept."""

    kind: Literal["message", "signal"]
    name: str
    values: dict[str, Any]
    lineage: Lineage
    key: str = ""


class Instance(msgspec.Struct):
    """One run of a process, on a record or on none; `last` is the number given out last."""

    id: UUID
    definition: UUID
    started_at: datetime
    entity: str | None = None
    record: UUID | None = None
    business_key: str | None = None
    started_by: UUID | None = None
    state: Literal["running", "completed", "cancelled"] = "running"
    ended_at: datetime | None = None
    last: int = 0


class BusinessError(Exception):
    """The work of an element ended with an error of the business, which the model may catch by its code.

    `message` is what the model gets, `told` the same for readers of any language.
    """

    def __init__(self, code: str, message: str = "", told: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.told = told or message


class Fault(Exception):  # noqa: N818 - named after what a person has to look at
    """Something in the model or its data is at fault; the token stops with an incident of the code."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class Failed(Exception):  # noqa: N818 - what happened to the work, not to the engine
    """Work failed for a reason that may pass: it is tried again later."""


class Awaited(msgspec.Struct, frozen=True):
    """Work that somebody else does: its token waits for the answer to the call of this key."""

    call: str


class Outside(msgspec.Struct, frozen=True):
    """Everything that the engine needs from outside.

    `evaluate` gives the value of an expression over names, as versions say it (Refused when it has none); `work`
    does what an element is bound to and gives its result, or Awaited when that comes later (BusinessError when the
    business says no, Failed when it may be tried again, Fault when it may not); `called` finds the process that a call
    names for those who call it, its newest version unless one is pinned.
    """

    now: datetime
    evaluate: Callable[[str, Mapping[str, Any], Lineage], Any]
    work: Callable[["State", Token, Element], Any]
    called: Callable[[str, int | None, Lineage], tuple[UUID, Graph] | None]
    actor: UUID | None = None
    zone: Callable[[], ZoneInfo] = home


class State(msgspec.Struct):
    """An instance with all that it consists of at the moment, and what happened since it was read."""

    instance: Instance
    outside: Outside
    graphs: dict[UUID, Graph]
    scopes: dict[int, Scope] = {}
    tokens: dict[int, Token] = {}
    waits: dict[int, Subscription] = {}
    incidents: dict[int, Incident] = {}
    completed: dict[int, Completed] = {}
    history: list[Passage] = []
    sent: list[Sent] = []
    ready: deque[int] = msgspec.field(default_factory=deque)
    live: Counter[int] = msgspec.field(default_factory=Counter)
    steps: int = 0


def next_number(state: State) -> int:
    """A number that nothing else in the instance has had."""
    state.instance.last += 1
    return state.instance.last


def graph_of(state: State, scope: int) -> Graph:
    """The graph that a scope runs."""
    return state.graphs[state.scopes[scope].definition]


def element_of(state: State, token: Token) -> Element:
    """The element at which a token stands."""
    return graph_of(state, token.scope).elements[token.element]


def put_token(state: State, scope: int, element: str, flow: str = "") -> Token:
    """A fresh token, ready for its step after all that are ready already."""
    token = Token(next_number(state), scope, element, flow, state.outside.now)
    state.tokens[token.number] = token
    state.live[scope] += 1
    state.ready.append(token.number)
    return token


def take_token(state: State, token: Token) -> None:
    """Remove a token with what it waits for and its incidents."""
    del state.tokens[token.number]
    state.live[token.scope] -= 1
    drop_waits(state, token)
    for incident in [each for each in state.incidents.values() if each.token == token.number]:
        del state.incidents[incident.number]
    for completed in [each for each in state.completed.values() if each.by == token.number]:
        forget_completed(state, completed)


def forget_completed(state: State, completed: Completed) -> None:
    """What was completed can no longer be undone, nor what is inside it."""
    state.completed.pop(completed.number, None)
    for each in [each for each in state.completed.values() if each.within == completed.number]:
        forget_completed(state, each)


def drop_waits(state: State, token: Token) -> None:
    """Forget what a token waits for."""
    for wait in [each for each in state.waits.values() if each.token == token.number]:
        del state.waits[wait.number]


def wake(state: State, token: Token) -> None:
    """Let a token take its next step."""
    token.state = "ready"
    state.ready.append(token.number)


def note(state: State, token: Token, outcome: str, detail: str = "") -> None:
    """Write down that a token's stay at its element came to an end."""
    now, definition = state.outside.now, state.scopes[token.scope].definition
    state.history.append(
        Passage(
            token.scope, definition, token.element, token.flow, token.entered_at, now, outcome,
            state.outside.actor, detail,
        )
    )  # fmt: skip


def fail(state: State, token: Token, code: str, detail: str = "") -> None:
    """Stop a token with an incident; it stays where it is."""
    token.state = "failed"
    number = next_number(state)
    state.incidents[number] = Incident(number, token.number, token.element, code, state.outside.now, detail[:500])


def names_in(state: State, scope: int) -> dict[str, Any]:
    """The variables that are visible in a scope, inner ones before outer ones; a called process sees its own only."""
    chain = [state.scopes[scope]]
    while not _is_outermost(state, chain[-1]):
        chain.append(state.scopes[chain[-1].parent])
    names: dict[str, Any] = {}
    for each in reversed(chain):
        names.update(each.values)
    return names


def put_values(state: State, scope: int, values: Mapping[str, Any]) -> None:
    """Set variables where they are known, else in the process that the scope belongs to.

    An undoing works on a copy of the variables: what it sets is set behind the copy as well.
    """
    for name, value in values.items():
        at = state.scopes[scope]
        while not _is_outermost(state, at) and (name not in at.values or at.kind == "undo"):
            if at.kind == "undo":
                at.values = {**at.values, name: value}
            at = state.scopes[at.parent]
        at.values = {**at.values, name: value}


def _is_outermost(state: State, scope: Scope) -> bool:
    """Whether no variables of another scope are visible in a scope."""
    if scope.kind == "undo":
        return state.scopes[scope.parent].definition != scope.definition
    return scope.kind in ("process", "called")


def lineage(state: State, scope: int) -> Lineage:
    """The version that a scope runs, and those by which it was called, each once."""
    found: dict[UUID, None] = {}
    at: Scope | None = state.scopes[scope]
    while at is not None:
        found[at.definition] = None
        at = state.scopes.get(at.parent)
    return tuple(found)


def evaluate(state: State, scope: int, text: str) -> Any:
    """The value of an expression in a scope; Fault `expression` when it cannot be worked out."""
    try:
        return state.outside.evaluate(text, names_in(state, scope), lineage(state, scope))
    except Refused as refusal:
        raise Fault("process.incident.expression", f"{text}: {kept(refusal.code, refusal.values)}") from None
