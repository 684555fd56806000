"""Random terms of processes."""

from itertools import count
from random import Random

from tests.services.processes.calculus import (
    TERMINATE,
    Again,
    Box,
    Caught,
    Chosen,
    Copies,
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


class Chance:
    """Random numbers and rows of tasks, every name new."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self._numbers = count(1)
        self.codes: list[str] = []
        self.levels: list[str] = []

    def name(self, letter: str) -> str:
        return f"{letter}{next(self._numbers)}"

    def number(self, least: int, most: int) -> int:
        return self.random.randint(least, most)

    def row(self) -> Sequence:
        return Sequence(tuple(Task(self.name("t")) for _ in range(self.number(1, 2))))


class Leaves(Chance):
    """Thinks of what has no further terms in it."""

    def task(self, _: int) -> Term:
        return Task(self.name("t"))

    def message(self) -> str:
        """A name of its own, or a key of its own for the message that all of these have in common."""
        return self.name(self.random.choice("mk"))

    def heard(self, _: int) -> Term:
        return Heard(self.message())

    def raising(self, _: int) -> Term:
        """Somebody raises an escalation and has more to do: two of one moment would have no order."""
        code = self.random.choice([*self.levels, "nobody"])
        return Sequence((Task(self.name("t")), Raised(code), Task(self.name("t"))))

    def regretted(self, _: int) -> Term:
        rows = (tuple(self.name("t") for _ in range(self.number(1, 2))) for _ in range(self.number(1, 3)))
        return Regretted(self.name("u"), tuple(rows))

    def copies(self, _: int) -> Term:
        tasks = tuple(self.name("t") for _ in range(self.number(1, 2)))
        caught = Caught(self.name("m"), self.row(), bool(self.number(0, 1)), False) if self.number(0, 1) else None
        return Copies(self.name("c"), tasks, self.number(0, 3), bool(self.number(0, 1)), caught)


class Author(Leaves):
    """Thinks of random terms."""

    def term(self, depth: int) -> Term:
        leaves = [self.task, self.heard]
        nests = [
            self.task,
            self.sequence,
            self.chosen,
            self.fork,
            self.race,
            self.again,
            self.box,
            self.copies,
            self.regretted,
        ]
        if self.levels:
            leaves.append(self.raising)
        return self.random.choice([*nests, self.guarded, self.raising] if depth else leaves)(depth - 1)

    def sequence(self, depth: int) -> Term:
        return Sequence(tuple(self.term(depth) for _ in range(self.number(0, 3))))

    def branches(self, depth: int) -> tuple[Term, ...]:
        return tuple(self.term(depth) for _ in range(self.number(2, 3)))

    def chosen(self, depth: int) -> Term:
        branches = self.branches(depth)
        inclusive = bool(self.number(0, 1))
        last = len(branches) - 1
        several = self.random.sample(range(last), self.number(0, last if inclusive else 1))
        return Chosen(self.name("v"), branches, tuple(several) or (last,), inclusive)

    def fork(self, depth: int) -> Term:
        if self.number(0, 2):
            return Fork(self.name("f"), self.branches(depth))
        # One who has something to do leads to the fault: two faults of one moment would have no order.
        ending = Sequence((self.task(depth), self.term(depth), self.task(depth)))
        return Fork(self.name("f"), self.branches(depth), ending, self.random.choice([TERMINATE, *self.codes]))

    def race(self, depth: int) -> Term:
        return Race(self.name("r"), tuple((self.message(), each) for each in self.branches(depth)))

    def again(self, depth: int) -> Term:
        return Again(self.name("l"), self.term(depth))

    def box(self, depth: int) -> Box:
        match self.number(0, 4):
            case 4:
                return self.heeding(depth)
            case 0:
                name = self.name("e")
                return Box(self.name("b"), self.throwing(name, depth), Caught(name, self.term(depth), False, True))
            case 1:
                return Box(self.name("b"), self.term(depth), Caught(self.message(), self.row(), True, False))
            case 2:
                return Box(self.name("b"), self.term(depth), Caught(self.message(), self.term(depth), False, False))
            case _:
                return Box(self.name("b"), self.term(depth))

    def heeding(self, depth: int) -> Box:
        """A sub-process that hears an escalation out of itself: its own, or the code of one around it."""
        code, body = self.levelled(depth)
        beside = bool(self.number(0, 1))
        handler = self.row() if beside else self.term(depth)
        return Box(self.name("b"), body, Caught(code, handler, beside, False, True))

    def levelled(self, depth: int) -> tuple[str, Term]:
        """The code of an escalation and a term that may raise it."""
        code = self.random.choice([*self.levels, self.name("s")])
        self.levels.append(code)
        made = Sequence((self.term(depth), self.raising(depth), self.term(depth)))
        self.levels.pop()
        return code, made

    def throwing(self, code: str, depth: int) -> Term:
        """A term that may throw an error."""
        self.codes.append(code)
        made = self.fork(depth)
        self.codes.pop()
        return made

    def guarded(self, depth: int) -> Term:
        name = self.name("m")
        if self.number(0, 2) == 0:
            return Guarded(name, Box(self.name("b"), self.throwing(name, depth)), self.term(depth), False, True)
        if self.number(0, 2) == 0:
            code, body = self.levelled(depth)
            beside = bool(self.number(0, 1))
            handler = self.row() if beside else self.term(depth)
            return Guarded(code, Box(self.name("b"), body), handler, beside, False, True)
        host = self.box(depth) if self.number(0, 1) else Task(self.name("t"))
        if self.number(0, 1):
            return Guarded(name, host, self.term(depth), False, False)
        # What runs several times beside itself is a row: any of its equal turns may be the one that goes on.
        return Guarded(name, host, self.row(), True, False)
