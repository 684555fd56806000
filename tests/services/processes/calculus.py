"""Processes as terms: what they offer and what becomes of them when something is done, told without an engine.

The terms are those of a process algebra (Milner, A Calculus of Communicating Systems, 1980): one after the other, side
by side, a choice. A step takes one term to the next, as BPMN 2.0.2 section 13 words it for well-nested processes.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

TERMINATE = "terminate"


class Task(msgspec.Struct, frozen=True):
    """Somebody has to do something."""

    name: str


class Heard(msgspec.Struct, frozen=True):
    """A message is waited for; of those with a key all have one name, and only the key tells them apart."""

    name: str


class Raised(msgspec.Struct, frozen=True):
    """An escalation: the nearest that listens for it hears it, nobody else; what raised it goes on unless stopped."""

    code: str


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
    """All at once; what is in `ending` is not waited for: with its end it terminates its scope or throws an error."""

    name: str
    branches: tuple["Term", ...]
    ending: "Term | None" = None
    fault: str = TERMINATE


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
    """An event sub-process: a message that is heard as long as its scope lives, an error or escalation out of it.

    It stops the rest of the scope, or goes beside it.
    """

    name: str
    handler: "Term"
    beside: bool
    error: bool
    raised: bool = False


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
    caught: Caught | None = None


class Regretted(msgspec.Struct, frozen=True):
    """Rows of tasks side by side in a sub-process, undone one after the other, the last that was done first."""

    name: str
    rows: tuple[tuple[str, ...], ...]


class Guarded(msgspec.Struct, frozen=True):
    """An activity with a message, error or escalation at its boundary, which takes its place or goes beside it."""

    name: str
    host: Task | Box
    handler: "Term"
    beside: bool
    error: bool
    raised: bool = False


Term = Task | Heard | Raised | Decision | Sequence | Chosen | Fork | Race | Again | Box | Copies | Regretted | Guarded


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


class Doing(msgspec.Struct, frozen=True):
    """Tasks under way that will be undone, after those that were done."""

    now: "Running"
    done: tuple[str, ...] = ()


class Ending(msgspec.Struct, frozen=True):
    """Something under way that terminates its scope or throws an error."""

    now: "Running"
    fault: str


Running = Task | Heard | Raised | Decision | Race | Scope | Then | Together | Watched | Doing | Ending
Turned = tuple[Running | None, tuple[Running, ...], str]
DONE: Turned = (None, (), "")


def began(term: Term) -> Turned:
    """What is under way when a term begins, what it leaves beside, and the fault that it leaves with."""
    match term:
        case Task() | Heard() | Decision() | Race():
            return term, (), ""
        case Raised():
            return None, (term,), ""
        case Sequence(parts):
            return followed(DONE, Sequence(parts[1:]), parts[0]) if parts else DONE
        case Chosen(_, branches, taken, _):
            return joined([began(branches[at]) for at in taken])
        case Fork(_, branches, ending, fault):
            turns = [began(each) for each in branches]
            return joined([*turns, finished(began(ending), fault)] if ending else turns)
        case Again(name, body):
            return began(Sequence((body, Decision(f"{name}d", term))))
        case Box(_, body, caught):
            return enclosed([began(body)], caught)
        case Copies() | Regretted():
            return began_activity(term)
        case Guarded(_, host):
            return watched(began(host), term)


def began_activity(term: Copies | Regretted) -> Turned:
    if isinstance(term, Regretted):
        return regretted(joined([began(Sequence(tuple(map(Task, row)))) for row in term.rows]), ())
    copy = Box(term.name, Sequence(tuple(map(Task, term.tasks))), term.caught)
    if term.sequential:
        return began(Sequence((copy,) * term.times))
    return joined([began(copy)] * term.times)


def regretted(turn: Turned, done: tuple[str, ...]) -> Turned:
    """What was done is undone in the reverse order once all of it is done."""
    now = turn[0]
    if now:
        return Doing(now, done), (), ""
    return began(Sequence(tuple(Task(f"{each}u") for each in reversed(done))))


def joined(turns: list[Turned]) -> Turned:
    """Several things that wait for each other."""
    running = tuple(now for now, _, _ in turns if now)
    beside = tuple(each for _, more, _ in turns for each in more)
    return (Together(running) if running else None), beside, next((fault for _, _, fault in turns if fault), "")


def followed(turn: Turned, rest: Term, first: Term | None = None) -> Turned:
    """What a turn leads to where a term follows."""
    now, beside, fault = began(first) if first else turn
    if fault:
        return None, (), fault
    if now:
        return Then(now, rest), beside, ""
    after = began(rest)
    return after[0], beside + after[1], after[2]


def finished(turn: Turned, fault: str) -> Turned:
    """A branch that leaves with a fault when it has come to its end: it runs beside."""
    now, beside, earlier = turn
    if now:
        return None, (*beside, Ending(now, fault)), earlier
    return None, beside, earlier or fault


def enclosed(turns: Iterable[Turned], caught: Caught | None = None) -> Turned:
    """A scope of its own: it is over when nothing runs in it any more, when it was terminated, or left by an error."""
    now, beside, fault = joined(list(turns))
    if caught and caught.error and caught.name == fault:
        return enclosed([began(Box(caught.name, caught.handler))])
    if fault:
        return None, (), "" if fault == TERMINATE else fault
    raised = tuple(each for each in beside if isinstance(each, Raised))
    tokens = (*(now.all if isinstance(now, Together) else ()), *(each for each in beside if each not in raised))
    if caught and caught.raised and Raised(caught.name) in raised:
        handler = began(Box(caught.name, caught.handler))
        if not caught.beside:
            return enclosed([handler])
        return enclosed([*((each, (), "") for each in tokens), handler], caught)
    return (Scope(tokens, caught) if tokens else None), raised, ""


def watched(turn: Turned, by: Guarded) -> Turned:
    """An activity with what listens at its boundary."""
    now, beside, fault = turn
    if by.error and by.name == fault:
        return began(by.handler)
    if not (by.raised and Raised(by.name) in beside):
        return (Watched(now, by) if now else None), beside, fault
    if not by.beside:
        return began(by.handler)
    others = tuple(each for each in beside if each != Raised(by.name))
    handler, more, _ = began(by.handler)
    return (Watched(now, by) if now else None), (*others, *((handler,) if handler else ()), *more), fault


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
            return sum(map(offered, several), Counter(heard(caught)))
        case Together(several):
            return sum(map(offered, several), Counter())
        case Raised():
            return Counter()
        case Then(inner, _) | Ending(inner) | Doing(inner):
            return offered(inner)
        case Watched(inner, by):
            return offered(inner) + Counter(heard(by))


def heard(by: Caught | Guarded | None) -> list[str]:
    """The message that is listened to."""
    return ["!" + by.name] if by and not by.error and not by.raised else []


def stepped(now: Running, what: str, again: bool) -> Turned:
    """What becomes of something under way when one of what it offers is done; a decision may want another turn."""
    match now:
        case Task() | Heard() | Raised():
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
        case Doing(inner, done):
            return regretted(stepped(inner, what, again), (*done, what))
        case Ending(inner, fault):
            return finished(stepped(inner, what, again), fault)
        case Watched(inner, by):
            return stepped_watched(inner, by, what, again)


def stepped_scope(tokens: tuple[Running, ...], caught: Caught | None, what: str, again: bool) -> Turned:
    if not caught or what not in heard(caught):
        return enclosed(stepped_first(tokens, what, again), caught)
    handler = began(Box(caught.name, caught.handler))
    if not caught.beside:
        return enclosed([handler])
    return enclosed([*((each, (), "") for each in tokens), handler], caught)


def stepped_watched(inner: Running, by: Guarded, what: str, again: bool) -> Turned:
    if what not in heard(by):
        return watched(stepped(inner, what, again), by)
    if not by.beside:
        return began(by.handler)
    now, beside, fault = began(by.handler)
    return Watched(inner, by), (now, *beside) if now else beside, fault


def stepped_first(several: tuple[Running, ...], what: str, again: bool) -> list[Turned]:
    """Several things of which the first that offers it goes on."""
    at = next(at for at, each in enumerate(several) if what in offered(each))
    turn = stepped(several[at], what, again)
    return [turn if place == at else (each, (), "") for place, each in enumerate(several)]
