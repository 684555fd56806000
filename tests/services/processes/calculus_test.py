"""The engine does with a well-nested process what process algebra says, in whatever order its tasks are done."""

from collections import Counter
from itertools import count
from random import Random

import pytest
from tests.services.processes.calculus import (
    Again,
    Box,
    Caught,
    Chosen,
    Copies,
    Fork,
    Guarded,
    Heard,
    Race,
    Sequence,
    Task,
    Term,
    began,
    enclosed,
    offered,
    stepped,
)
from tests.services.processes.calculus_drawing import Sheet
from tests.services.processes.playing import Play, faults

PROCESSES = 800
DEPTH = 5
STEPS = 200


class Chance:
    """Random numbers and rows of tasks, every name new."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self._numbers = count(1)

    def name(self, letter: str) -> str:
        return f"{letter}{next(self._numbers)}"

    def number(self, least: int, most: int) -> int:
        return self.random.randint(least, most)

    def row(self) -> Sequence:
        return Sequence(tuple(Task(self.name("t")) for _ in range(self.number(1, 2))))


class Author(Chance):
    """Thinks of random terms."""

    def term(self, depth: int) -> Term:
        leaves = [self.task, self.heard]
        nests = [self.task, self.sequence, self.chosen, self.fork, self.race, self.again, self.box, self.copies]
        return self.random.choice([*nests, self.guarded] if depth else leaves)(depth - 1)

    def task(self, _: int) -> Term:
        return Task(self.name("t"))

    def heard(self, _: int) -> Term:
        return Heard(self.name("m"))

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
        ending = None if self.number(0, 3) else self.term(depth)
        return Fork(self.name("f"), self.branches(depth), ending)

    def race(self, depth: int) -> Term:
        return Race(self.name("r"), tuple((self.name("m"), each) for each in self.branches(depth)))

    def again(self, depth: int) -> Term:
        return Again(self.name("l"), self.term(depth))

    def box(self, depth: int) -> Box:
        return Box(self.name("b"), self.term(depth), self.caught(depth) if self.number(0, 1) else None)

    def caught(self, depth: int) -> Caught:
        beside = bool(self.number(0, 1))
        return Caught(self.name("m"), self.row() if beside else self.term(depth), beside)

    def copies(self, _: int) -> Term:
        tasks = tuple(self.name("t") for _ in range(self.number(1, 2)))
        return Copies(self.name("c"), tasks, self.number(0, 3), bool(self.number(0, 1)))

    def guarded(self, depth: int) -> Term:
        host = self.box(depth) if self.number(0, 1) else Task(self.name("t"))
        beside = bool(self.number(0, 1))
        # What runs several times beside itself is a row: any of its equal turns may be the one that goes on.
        return Guarded(self.name("m"), host, self.row() if beside else self.term(depth), beside)


def seen(play: Play) -> Counter[str]:
    """What the engine offers, in the signs of the terms."""
    tasks = (each for each in play.at if each[0] in "tl")
    return Counter([*tasks, *("!" + each.name for each in play.state.waits.values())])


def move(play: Play, what: str, again: bool) -> None:
    """Do it in the engine."""
    if what.startswith("!"):
        play.hear(what[1:])
    elif what.startswith("l"):
        play.do(what, **{what.removesuffix("d"): int(again)})
    else:
        play.do(what)


def live(seed: int) -> int:
    """Live one random process to its end, the engine and the algebra step by step; how many steps it had."""
    author, sheet = Author(seed), Sheet()
    term = author.term(DEPTH)
    drawing = sheet.whole(term)
    assert faults(drawing) == []
    play, now = Play(drawing, sheet.values), enclosed([began(term)])[0]
    for steps in range(STEPS):
        wanted = offered(now) if now else Counter[str]()
        assert (play.incidents, seen(play), play.ended) == ([], wanted, now is None), f"seed {seed}\n{drawing}"
        if now is None:
            return steps
        what, again = author.random.choice(sorted(wanted)), author.random.random() < 0.4
        move(play, what, again)
        now = stepped(now, what, again)[0]
    return STEPS


@pytest.mark.slow
def test_engine_agrees_with_the_algebra() -> None:
    steps = [live(seed) for seed in range(PROCESSES)]
    assert sum(steps) > 4 * PROCESSES
