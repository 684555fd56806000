"""A process played in memory: what waits where, tasks done by hand, messages sent, the clock moved."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid4

from tests.services.processes.drawing import drawn

from entente.kernel.expressions.values import Moment
from entente.services.processes.engine.course import advance, begin, fire, retry
from entente.services.processes.engine.entering import complete
from entente.services.processes.engine.state import Instance, Outside, State, Token, put_values
from entente.services.processes.expressions import value_of
from entente.services.processes.model.graph import Element, Graph
from entente.services.processes.model.problems import problems
from entente.services.processes.model.reading import main_graph, read_graphs

Work = Callable[[State, Token, Element], Any]
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Play:
    """One instance of a drawing, running."""

    def __init__(
        self,
        text: str,
        values: Mapping[str, Any] | None = None,
        *,
        work: Work | None = None,
        called: Mapping[str, str] | None = None,
        start: str = "",
    ) -> None:
        self.now = NOON
        self.work = work or (lambda state, token, element: None)
        self.others = {key: (uuid4(), graph(other, key)) for key, other in (called or {}).items()}
        definition = UUID(int=1)
        instance = Instance(id=uuid4(), definition=definition, started_at=self.now)
        self.state = State(instance, self.outside(), {definition: graph(text)})
        begin(self.state, values or {}, start)
        self.go()

    def outside(self) -> Outside:
        return Outside(
            now=self.now,
            evaluate=lambda text, names, lineage: value_of(text, names, Moment(self.now)),
            work=lambda state, token, element: self.work(state, token, element),
            called=lambda key, version, lineage: self.others.get(f"{key}/{version}" if version else key),
        )

    def go(self) -> "Play":
        self.state.outside = self.outside()
        self.state.steps = 0
        advance(self.state)
        return self

    @property
    def at(self) -> list[str]:
        """Where tokens stand that wait for no scope within."""
        hosts = {scope.host for scope in self.state.scopes.values()}
        return sorted(each.element for each in self.state.tokens.values() if each.number not in hosts)

    @property
    def ended(self) -> bool:
        return self.state.instance.state == "completed"

    @property
    def trail(self) -> list[str]:
        """The elements that were completed, in order."""
        return [each.element for each in self.state.history if each.outcome == "completed"]

    @property
    def incidents(self) -> list[tuple[str, str]]:
        return [(each.element, each.code.rpartition(".")[2]) for each in self.state.incidents.values()]

    @property
    def values(self) -> dict[str, Any]:
        return next(each for each in self.state.scopes.values() if each.kind == "process").values

    def do(self, element: str, **values: Any) -> "Play":
        """Complete the first task at an element."""
        complete(self.state, next(each for each in self.state.tokens.values() if self.is_leaf(each, element)), values)
        return self.go()

    def is_leaf(self, token: Token, element: str) -> bool:
        return token.element == element and token.number not in {each.host for each in self.state.scopes.values()}

    def set(self, **values: Any) -> "Play":
        put_values(self.state, next(iter(self.state.scopes)), values)
        return self.go()

    def hear(self, name: str, correlation: str = "", **values: Any) -> "Play":
        """Let the first who waits for a message, of this key if one is given, or for a signal have it."""
        waits = (each for each in self.state.waits.values() if each.name == name)
        fire(self.state, next(each for each in waits if each.key == correlation or not correlation), values)
        return self.go()

    def waits_for(self, name: str) -> bool:
        return any(each.name == name for each in self.state.waits.values())

    def later(self, **by: Any) -> "Play":
        """Move the clock, and let everything be that became due, in its order."""
        self.now += timedelta(**by)
        self.state.outside = self.outside()
        while due := [
            (each.due_at, each) for each in self.state.waits.values() if each.due_at and each.due_at <= self.now
        ]:
            fire(self.state, min(due, key=itemgetter(0))[1], {})
            self.go()
        return self

    def retry(self, element: str) -> "Play":
        retry(self.state, next(each.token for each in self.state.incidents.values() if each.element == element))
        return self.go()


def faults(text: str) -> list[tuple[str, str]]:
    """What keeps a drawing from being deployed, its work recorded."""
    return [(each.element, each.code.rpartition(".")[2]) for each in problems(graph(text), (), recorded=True)]


def graph(text: str, key: str = "p") -> Graph:
    return main_graph(read_graphs(drawn(text, key)))
