"""Linear-time search for a pattern: a Thompson automaton, made deterministic only as far as a text needs."""

from bisect import bisect_right

from entente.kernel.expressions.pattern_syntax import (
    Anchor,
    Chars,
    Either,
    Group,
    Pattern,
    PatternError,
    Ranges,
    Repeat,
    Sequence,
)

MAX_STATES = 3_000
MAX_REMEMBERED = 20_000

States = frozenset[int]


class Automaton:
    """A searcher for one pattern."""

    def __init__(self, pattern: Pattern, multiline: bool) -> None:
        self._multiline = multiline
        self._moves: list[tuple[Ranges, int] | None] = []
        self._free: list[list[tuple[str, int]]] = []
        self._accept = self._state()
        self._start = self._build(pattern, self._accept)
        self._known: dict[tuple[States, bool, str], tuple[bool, States]] = {}

    def search(self, text: str) -> bool:
        """Whether the pattern occurs in the text, in time proportional to the text."""
        states: States = frozenset((self._start,))
        at_start = True
        for character in text:
            step = self._known.get((states, at_start, character))
            if step is None:
                step = self._step(states, at_start, character)
            if step[0]:
                return True
            states = step[1]
            at_start = self._multiline and character == "\n"
        return self._accept in self._closure(states, at_start, True)

    def _state(self) -> int:
        if len(self._free) >= MAX_STATES:
            raise PatternError("too many states")
        self._moves.append(None)
        self._free.append([])
        return len(self._free) - 1

    def _build(self, pattern: Pattern, then: int) -> int:
        """The state that finds a pattern and goes on to another state."""
        if isinstance(pattern, Sequence):
            for item in reversed(pattern.items):
                then = self._build(item, then)
            return then
        if isinstance(pattern, Group):
            return self._build(pattern.item, then)
        if isinstance(pattern, Repeat):
            return self._repeat(pattern, then)
        state = self._state()
        if isinstance(pattern, Chars):
            self._moves[state] = (pattern.ranges, then)
        elif isinstance(pattern, Anchor):
            self._free[state].append((pattern.sign, then))
        elif isinstance(pattern, Either):
            self._free[state].extend([("", self._build(item, then)) for item in pattern.items])
        return state

    def _repeat(self, pattern: Repeat, then: int) -> int:
        if pattern.high is None:
            loop = self._state()
            self._free[loop].extend((("", self._build(pattern.item, loop)), ("", then)))
            then = loop
        else:
            end = then
            for _ in range(pattern.high - pattern.low):
                choice = self._state()
                self._free[choice].extend((("", self._build(pattern.item, then)), ("", end)))
                then = choice
        for _ in range(pattern.low):
            then = self._build(pattern.item, then)
        return then

    def _closure(self, states: States, at_start: bool, at_end: bool) -> set[int]:
        open_ways = {"": True, "^": at_start, "$": at_end}
        found = set(states)
        left = list(states)
        while left:
            for sign, state in self._free[left.pop()]:
                if open_ways[sign] and state not in found:
                    found.add(state)
                    left.append(state)
        return found

    def _step(self, states: States, at_start: bool, character: str) -> tuple[bool, States]:
        reached = self._closure(states, at_start, self._multiline and character == "\n")
        following = {self._start}
        for state in reached:
            move = self._moves[state]
            if move is not None and has(move[0], ord(character)):
                following.add(move[1])
        step = self._accept in reached, frozenset(following)
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[states, at_start, character] = step
        return step


def has(ranges: Ranges, point: int) -> bool:
    """Whether a code point lies in a set."""
    at = bisect_right(ranges, (point, 0x110000)) - 1
    return at >= 0 and ranges[at][0] <= point <= ranges[at][1]
