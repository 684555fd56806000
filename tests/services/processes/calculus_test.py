"""The engine does with a well-nested process what process algebra says, in whatever order its tasks are done."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest
from tests.services.processes.authoring import Author
from tests.services.processes.calculus import began, enclosed, offered, stepped
from tests.services.processes.calculus_drawing import KEYED, POST, Sheet
from tests.services.processes.drawing import drawn
from tests.services.processes.playing import Play, faults
from tests.world.cast import World

from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.early import Message
from entente.services.processes.instances import start
from entente.services.processes.keeping import load
from entente.services.processes.running import correlate
from entente.services.processes.showing import open_tasks
from entente.services.processes.tasks import complete_task
from entente.services.worklist.declared import Given

PROCESSES = 800
STORED = 30
DEPTH = 5
STEPS = 200
Plays = Callable[[str, dict[str, int]], Play]


class Stored(Play):
    """The same in the database: every step is read from it and kept in it, in a transaction of its own."""

    def __init__(self, world: World, text: str, values: dict[str, int]) -> None:
        self.world, self.key = world, f"stored_{uuid4().hex}"
        with world.acts("admin") as tx:
            deploy(tx, import_model(tx, drawn(text, self.key)).id)
            self.instance = start(tx, self.key, business_key=self.key, values=values).id
        self.read()

    def read(self) -> None:
        """See what is kept."""
        with self.world.acts("admin") as tx:
            self.state = load(tx, self.instance).state

    def do(self, element: str, **values: int) -> Play:
        with self.world.acts("admin") as tx:
            task = next(each["id"] for each in open_tasks(tx, self.instance) if each["element"] == element)
            complete_task(tx, task, Given(values=values))
        self.read()
        return self

    def hear(self, name: str, correlation: str = "", **values: int) -> Play:
        with self.world.acts("admin") as tx:
            correlate(tx, Message(name=name, correlation=correlation, business_key=self.key, values=values))
        self.read()
        return self


def seen(play: Play) -> Counter[str]:
    """What the engine offers, in the signs of the terms."""
    tasks = (each for each in play.at if each[0] in "tl")
    return Counter([*tasks, *("!" + (each.key or each.name) for each in play.state.waits.values())])


def move(play: Play, what: str, again: bool) -> None:
    """Do it in the engine."""
    if what.startswith("!"):
        name = what[1:]
        if name.startswith(KEYED):
            play.hear(POST, name)
        else:
            play.hear(name)
    elif what.startswith("l"):
        play.do(what, **{what.removesuffix("d"): int(again)})
    else:
        play.do(what)


def live(seed: int, plays: Plays) -> int:
    """Live one random process to its end, the engine and the algebra step by step; how many steps it had."""
    author, sheet = Author(seed), Sheet()
    term = author.term(DEPTH)
    drawing = sheet.whole(term)
    assert faults(drawing) == []
    play, now = plays(drawing, sheet.values), enclosed([began(term)])[0]
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
    steps = [live(seed, Play) for seed in range(PROCESSES)]
    assert sum(steps) > 4 * PROCESSES


def test_what_is_kept_between_steps_agrees_too(world: World) -> None:
    steps = [live(seed, partial(Stored, world)) for seed in range(STORED)]
    assert sum(steps) > 4 * STORED
