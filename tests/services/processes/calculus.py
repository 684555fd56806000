"""Processes as terms: what they offer and what becomes of them when something is done, told without an engine.

The terms are those of a process algebra (Milner, A Calculus of Communicating Systems, 1980): one after the other, side
by side, a choice. A step takes one term to the next, as BPMN 2.0.2 section 13 words it for well-nested processes.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec


class Task(msgspec.Struct, frozen=True):
    """Somebody has to do something."""

    name: str


class Heard(msgspec.Struct, frozen=True):
    """A message is waited for."""

    name: str


class Sequence(msgspec.Struct, frozen=True):
    """One after the other."""

    parts: tuple["Term", ...]


class Chosen(msgspec.Struct, frozen=True):
    """Gateways of which these branches are taken; drawn are all."""

    name: str
    branches: tuple["Term", ...]
    taken: tuple[int, ...]
    inclusive: bool


class Fork(msgspec.Struct, frozen=True):
    """All at once; what is in `ending` terminates its scope when it has ended, and is not waited for."""

    name: str
    branches: tuple["Term", ...]
    ending: "Term | None" = None


class Race(msgspec.Struct, frozen=True):
    """The first message decides."""

    name: str
    branches: tuple[tuple[str, "Term"], ...]


class Again(msgspec.Struct, frozen=True):
    """Something that is done until somebody decides that it was done often enough."""

    name: str
    body: "Term"


class Decision(msgspec.Struct, frozen=True):
    """Somebody decides whether there is another turn."""

    name: str
    loop: Again


class Caught(msgspec.Struct, frozen=True):
    """An event sub-process: a message that is heard as long as its scope lives; it stops the rest or goes beside it."""

    name: str
    handler: "Term"
    beside: bool


class Box(msgspec.Struct, frozen=True):
    """A sub-process."""

    name: str
    body: "Term"
    caught: Caught | None = None


class Copies(msgspec.Struct, frozen=True):
    """A sub-process of tasks in a row, done several times, one after the other or at once."""

    name: str
    tasks: tuple[str, ...]
    times: int
    sequential: bool


class Guarded(msgspec.Struct, frozen=True):
    """An activity with a message at its boundary, which takes its place or goes beside it."""

    name: str
    host: Task | Box
    handler: "Term"
    beside: bool


Term = Task | Heard | Decision | Sequence | Chosen | Fork | Race | Again | Box | Copies | Guarded


class Scope(msgspec.Struct, frozen=True):
    """A scope under way: all that runs in it, and what it hears."""

    tokens: tuple["Running", ...]
    caught: Caught | None = None


class Then(msgspec.Struct, frozen=True):
    """Something under way, and what follows it."""

    now: "Running"
    rest: Term


class Together(msgspec.Struct, frozen=True):
    """Things under way that wait for each other."""

    all: tuple["Running", ...]


class Watched(msgspec.Struct, frozen=True):
    """An activity under way whose boundary listens."""

    now: "Running"
    by: Guarded


class Ending(msgspec.Struct, frozen=True):
    """Something under way that terminates its scope."""

    now: "Running"


Running = Task | Heard | Decision | Race | Scope | Then | Together | Watched | Ending
Turned = tuple[Running | None, tuple[Running, ...], bool]
DONE: Turned = (None, (), False)


def began(term: Term) -> Turned:
    """What is under way when a term begins, what it leaves beside, and whether its scope ends at once."""
    match term:
        case Task() | Heard() | Decision() | Race():
            return term, (), False
        case Sequence(parts):
            return followed(DONE, Sequence(parts[1:]), parts[0]) if parts else DONE
        case Chosen(_, branches, taken, _):
            return joined([began(branches[at]) for at in taken])
        case Fork(_, branches, ending):
            waited, beside, stopped = joined([began(each) for each in branches])
            last = finished(began(ending)) if ending else DONE
            return waited, beside + last[1], stopped or last[2]
        case Again(name, body):
            return began(Sequence((body, Decision(f"{name}d", term))))
        case Box(_, body, caught):
            return enclosed([began(body)], caught)
        case Copies():
            return began_copies(term)
        case Guarded(_, host, _, _):
            now, beside, stopped = began(host)
            return (Watched(now, term) if now else None), beside, stopped


def began_copies(term: Copies) -> Turned:
    copy = Box(term.name, Sequence(tuple(map(Task, term.tasks))))
    if term.sequential:
        return began(Sequence((copy,) * term.times))
    return joined([began(copy)] * term.times)


def joined(turns: list[Turned]) -> Turned:
    """Several things that wait for each other."""
    running = tuple(now for now, _, _ in turns if now)
    beside = tuple(each for _, more, _ in turns for each in more)
    return (Together(running) if running else None), beside, any(stopped for _, _, stopped in turns)


def followed(turn: Turned, rest: Term, first: Term | None = None) -> Turned:
    """What a turn leads to where a term follows."""
    now, beside, stopped = began(first) if first else turn
    if stopped:
        return None, (), True
    if now:
        return Then(now, rest), beside, False
    after = began(rest)
    return after[0], beside + after[1], after[2]


def finished(turn: Turned) -> Turned:
    """A branch that terminates the scope when it has come to its end: it runs beside."""
    now, beside, stopped = turn
    return None, (*beside, Ending(now)) if now else beside, stopped or now is None


def enclosed(turns: Iterable[Turned], caught: Caught | None = None) -> Turned:
    """A scope of its own: it is over when nothing runs in it any more, or when it was terminated."""
    tokens: list[Running] = []
    for now, beside, stopped in turns:
        if stopped:
            return DONE
        tokens += [now] if now else []
        tokens += beside
    return (Scope(tuple(tokens), caught) if tokens else None), (), False


def offered(now: Running) -> Counter[str]:
    """The tasks and, with a sign before them, the messages that are waited for."""
    match now:
        case Task(name) | Decision(name):
            return Counter([name])
        case Heard(name):
            return Counter(["!" + name])
        case Race(_, branches):
            return Counter("!" + message for message, _ in branches)
        case Scope(several, caught):
            return sum(map(offered, several), Counter(["!" + caught.name] if caught else []))
        case Together(several):
            return sum(map(offered, several), Counter())
        case Then(inner, _) | Ending(inner):
            return offered(inner)
        case Watched(inner, by):
            return offered(inner) + Counter(["!" + by.name])


def stepped(now: Running, what: str, again: bool) -> Turned:
    """What becomes of something under way when one of what it offers is done; a decision may want another turn."""
    match now:
        case Task() | Heard():
            return DONE
        case Decision(_, loop):
            return began(loop) if again else DONE
        case Race(_, branches):
            return began(next(branch for message, branch in branches if "!" + message == what))
        case Scope(tokens, caught):
            return stepped_scope(tokens, caught, what, again)
        case Together(several):
            return joined(stepped_first(several, what, again))
        case Then(inner, rest):
            return followed(stepped(inner, what, again), rest)
        case Ending(inner):
            return finished(stepped(inner, what, again))
        case Watched(inner, by):
            return stepped_watched(inner, by, what, again)


def stepped_scope(tokens: tuple[Running, ...], caught: Caught | None, what: str, again: bool) -> Turned:
    if not caught or what != "!" + caught.name:
        return enclosed(stepped_first(tokens, what, again), caught)
    handler = began(Box(caught.name, caught.handler))
    if not caught.beside:
        return enclosed([handler])
    return enclosed([*((each, (), False) for each in tokens), handler], caught)


def stepped_watched(inner: Running, by: Guarded, what: str, again: bool) -> Turned:
    if what != "!" + by.name:
        after, beside, stopped = stepped(inner, what, again)
        return (Watched(after, by) if after else None), beside, stopped
    if not by.beside:
        return began(by.handler)
    now, beside, stopped = began(by.handler)
    return Watched(inner, by), (now, *beside) if now else beside, stopped


def stepped_first(several: tuple[Running, ...], what: str, again: bool) -> list[Turned]:
    """Several things of which the first that offers it goes on."""
    at = next(at for at, each in enumerate(several) if what in offered(each))
    turn = stepped(several[at], what, again)
    return [turn if place == at else (each, (), False) for place, each in enumerate(several)]
