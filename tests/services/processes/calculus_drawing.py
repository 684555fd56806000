"""Terms of processes drawn as BPMN."""

from itertools import count, pairwise

from tests.services.processes.calculus import (
    TERMINATE,
    Again,
    Box,
    Caught,
    Chosen,
    Copies,
    Decision,
    Fork,
    Guarded,
    Heard,
    Race,
    Raised,
    Regretted,
    Sequence,
    Task,
    Term,
)

# Messages of names that begin so are one message, told apart by its key.
KEYED, POST = "k", "post"
Ends = tuple[str, str]  # the first and the last element of what was drawn


class Sheet:
    """Lines of a drawing, and the variables on which its gateways decide."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.values: dict[str, int] = {}
        self._numbers = count(1)

    def whole(self, term: Term) -> str:
        """The drawing of a process."""
        self._scope(term)
        return "\n".join(self.lines)

    def _scope(self, term: Term, trigger: str = "") -> None:
        start, end = self._node("start", trigger), self._node("end")
        first, last = self._draw(term)
        self.lines += [f"{start} > {first}", f"{last} > {end}"]

    def _node(self, kind: str, words: str = "") -> str:
        name = f"{kind}_{next(self._numbers)}"
        self.lines.append(f"{kind} {name} {words}")
        return name

    def _draw(self, term: Term) -> Ends:
        match term:
            case Task(name) | Decision(name):
                self.lines.append(f"user {name}")
                return name, name
            case Heard(name):
                return (self._node("catch", posted(name)),) * 2
            case Raised(code):
                return (self._node("throw", f"escalation={code}"),) * 2
            case Sequence(parts):
                return self._sequence(parts)
            case Race(_, branches):
                return self._race(branches)
            case Chosen() | Fork() | Again():
                return self._gateways(term)
            case Box() | Copies() | Regretted() | Guarded():
                return self._activity(term)

    def _gateways(self, term: Chosen | Fork | Again) -> Ends:
        match term:
            case Chosen():
                return self._chosen(term)
            case Fork():
                return self._fork(term)
            case Again():
                return self._again(term)

    def _activity(self, term: Box | Copies | Regretted | Guarded) -> Ends:
        match term:
            case Box(name, body, caught):
                return self._box(name, "", body, caught)
            case Copies(name, tasks, times, sequential, caught):
                words = f"times={times} {'sequential' if sequential else ''}"
                return self._box(name, words, Sequence(tuple(map(Task, tasks))), caught)
            case Regretted(name, rows):
                return self._regretted(name, rows)
            case Guarded():
                return self._guarded(term)

    def _sequence(self, parts: tuple[Term, ...]) -> Ends:
        ends = [self._draw(part) for part in parts] or [(self._node("manual"),) * 2]
        self.lines += [f"{last} > {first}" for (_, last), (first, _) in pairwise(ends)]
        return ends[0][0], ends[-1][1]

    def _chosen(self, term: Chosen) -> Ends:
        kind = "or" if term.inclusive else "xor"
        split, join = self._node(kind), self._node(kind)
        for at, branch in enumerate(term.branches):
            first, last = self._draw(branch)
            variable = f"{term.name}_{at}"
            self.values[variable] = int(at in term.taken)
            default = at == len(term.branches) - 1
            self.lines += [f"{split} >{'*' if default else f'[{variable} = 1]'} {first}", f"{last} > {join}"]
        return split, join

    def _fork(self, term: Fork) -> Ends:
        split, join = self._node("and"), self._node("and")
        for branch in term.branches:
            first, last = self._draw(branch)
            self.lines += [f"{split} > {first}", f"{last} > {join}"]
        if term.ending:
            fault = term.fault if term.fault == TERMINATE else f"error={term.fault}"
            first, last = self._draw(term.ending)
            self.lines += [f"{split} > {first}", f"{last} > {self._node('end', fault)}"]
        return split, join

    def _race(self, branches: tuple[tuple[str, Term], ...]) -> Ends:
        split, join = self._node("choice"), self._node("xor")
        for message, branch in branches:
            caught = self._node("catch", posted(message))
            first, last = self._draw(branch)
            self.lines += [f"{split} > {caught} > {first}", f"{last} > {join}"]
        return split, join

    def _again(self, term: Again) -> Ends:
        top, bottom, decision = self._node("xor"), self._node("xor"), f"{term.name}d"
        first, last = self._draw(term.body)
        self.lines += [f"user {decision}", f"{top} > {first}", f"{last} > {decision} > {bottom}"]
        self.values[term.name] = 0
        after = self._node("manual")
        self.lines += [f"{bottom} >[{term.name} = 1] {top}", f"{bottom} >* {after}"]
        return top, after

    def _box(self, name: str, words: str, body: Term, caught: Caught | None = None) -> Ends:
        self.lines.append(f"sub {name} {words} {{")
        self._scope(body)
        if caught:
            self.lines.append(f"sub {name}_event event {{")
            self._scope(caught.handler, listening(caught))
            self.lines.append("}")
        self.lines.append("}")
        return name, name

    def _regretted(self, name: str, rows: tuple[tuple[str, ...], ...]) -> Ends:
        self.lines.append(f"sub {name} {{")
        start, end, split, join = self._node("start"), self._node("end"), self._node("and"), self._node("and")
        back = self._node("throw", "undo")
        self.lines += [f"{start} > {split}", f"{join} > {back} > {end}"]
        for row in rows:
            self.lines.append(" > ".join((split, *row, join)))
            for task in row:
                self.lines += [
                    f"user {task}",
                    f"boundary {task}_undo on={task} undo",
                    f"user {task}u undoes={task}_undo",
                ]
        self.lines.append("}")
        return name, name

    def _guarded(self, term: Guarded) -> Ends:
        host, _ = self._draw(term.host)
        boundary = self._node("boundary", f"on={host} {listening(term)}")
        first, last = self._draw(term.handler)
        join = self._node("end" if term.beside else "xor")
        self.lines += [f"{boundary} > {first}", f"{last} > {join}"]
        if term.beside:
            return host, host
        self.lines.append(f"{host} > {join}")
        return host, join


def listening(by: Caught | Guarded) -> str:
    """What an event listens to, as words of a drawing."""
    kept = "keep" if by.beside else ""
    if by.error or by.raised:
        return f"{'error' if by.error else 'escalation'}={by.name} {kept}"
    return f"{posted(by.name)} {kept}"


def posted(name: str) -> str:
    """A message that is waited for: by its own name, or by that of all and a key."""
    return f"message={POST} correlation='\"{name}\"'" if name.startswith(KEYED) else f"message={name}"
