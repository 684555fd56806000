"""Regular expressions that can neither hang nor differ: one reading, for our matcher, for `re` and for PostgreSQL."""

import re
from functools import lru_cache

from entente.kernel.expressions.automaton import Automaton
from entente.kernel.expressions.pattern_syntax import (
    TOP,
    Anchor,
    Chars,
    Either,
    Group,
    Pattern,
    PatternError,
    Ranges,
    Repeat,
    Sequence,
    complement,
    merged,
    read,
)
from entente.kernel.kit.refusal import Refused

# Backtracking of `re` is bounded by the number of ways to match, times the length of the text.
MAX_WAYS = 100_000_000


def matches(text: str, pattern: str, flags: str) -> bool | None:
    """Whether a pattern occurs in a text, in linear time; nothing when it is no pattern of our subset."""
    automaton = _automaton(pattern, flags)
    return None if automaton is None else automaton.search(text)


@lru_cache(maxsize=256)
def _automaton(pattern: str, flags: str) -> Automaton | None:
    try:
        return Automaton(_sorted(read(pattern, flags)), "m" in flags)
    except PatternError:
        return None


def _sorted(pattern: Pattern) -> Pattern:
    """The pattern with its sets in order, as the matcher's binary search needs them."""
    if isinstance(pattern, Chars):
        return Chars(merged(pattern.ranges))
    if isinstance(pattern, Group):
        return Group(_sorted(pattern.item), pattern.captures)
    if isinstance(pattern, Repeat):
        return Repeat(_sorted(pattern.item), pattern.low, pattern.high, pattern.lazy)
    if isinstance(pattern, Sequence | Either):
        return type(pattern)(tuple(_sorted(item) for item in pattern.items))
    return pattern


def compiled(pattern: str, flags: str, length: int) -> re.Pattern[str] | None:
    """The pattern for Python's `re`, or nothing when it is none of our subset.

    Raises Refused `expression_pattern_costly` when matching a text of that length could take too many steps.
    """
    try:
        found = read(pattern, flags)
    except PatternError:
        return None
    if _ways(found, length) * (length + 1) > MAX_WAYS:
        raise Refused("expression_pattern_costly", pattern=pattern)
    return re.compile(written(found), re.MULTILINE if "m" in flags else 0)


def _ways(pattern: Pattern, length: int) -> int:
    """An upper bound of the ways in which a pattern can match at one place, capped."""
    ways = 1
    if isinstance(pattern, Group):
        ways = _ways(pattern.item, length)
    elif isinstance(pattern, Either):
        ways = sum(_ways(item, length) for item in pattern.items)
    elif isinstance(pattern, Sequence):
        for item in pattern.items:
            ways = min(ways * _ways(item, length), MAX_WAYS + 1)
    elif isinstance(pattern, Repeat):
        ways = _ways_to_repeat(pattern, length)
    return min(ways, MAX_WAYS + 1)


def _ways_to_repeat(pattern: Repeat, length: int) -> int:
    high = length if pattern.high is None else min(pattern.high, length)
    inner = _ways(pattern.item, length)
    return (max(0, high - pattern.low) + 1) * (inner ** min(high, 40) if inner > 1 else 1)


def replace_all(text: str, pattern: str, replacement: str, flags: str) -> str | None:
    """The text with every match replaced (`$0`, `$1`… stand for groups); nothing for a wrong pattern or flag."""
    found = compiled(pattern, flags, len(text))
    if found is None:
        return None
    return found.sub(lambda match: _filled(match, replacement), text)


def _filled(match: re.Match[str], replacement: str) -> str:
    def group(reference: re.Match[str]) -> str:
        number = int(reference.group(1))
        return match.group(number) or "" if number <= (match.re.groups or 0) else ""

    return re.sub(r"\$(\d)", group, replacement)


def for_postgres(pattern: str, flags: str) -> str | None:
    """The pattern for PostgreSQL's `~`, or nothing when it has no equal there (flag m, a wrong pattern)."""
    if "m" in flags:
        return None
    try:
        return "***:" + written(read(pattern, flags), lines=False)
    except PatternError:
        return None


def written(pattern: Pattern, *, lines: bool = True) -> str:
    """The pattern in the syntax that Python (and, without `lines`, PostgreSQL) reads."""
    if isinstance(pattern, Chars):
        return _set(pattern.ranges, 0 if lines else 1)
    if isinstance(pattern, Anchor):
        return pattern.sign if lines or pattern.sign == "^" else "$"
    if isinstance(pattern, Group):
        return ("(" if pattern.captures and lines else "(?:") + written(pattern.item, lines=lines) + ")"
    if isinstance(pattern, Sequence):
        return "".join(
            f"(?:{written(item, lines=lines)})" if isinstance(item, Either) else written(item, lines=lines)
            for item in pattern.items
        )
    if isinstance(pattern, Either):
        return "|".join(written(item, lines=lines) for item in pattern.items)
    return _repeated(pattern, lines)


def _repeated(pattern: Repeat, lines: bool) -> str:
    high = "" if pattern.high is None else str(pattern.high)
    # PostgreSQL takes at most 255 repetitions; our matcher and `re` take more.
    if not lines and max(pattern.low, pattern.high or 0) > 255:
        raise PatternError("too many repetitions")
    return f"{written(pattern.item, lines=lines)}{{{pattern.low},{high}}}" + ("?" if pattern.lazy and lines else "")


def _set(ranges: Ranges, lowest: int) -> str:
    found = merged(ranges)
    if found and found[0][0] == 0 and found[-1][1] == TOP:
        rest = complement(found)
        return f"[^{_inside(rest)}]" if rest else f"[{_code(lowest)}-{_code(TOP)}]"
    if not found:
        return f"[^{_code(lowest)}-{_code(TOP)}]"
    return f"[{_inside(tuple((max(low, lowest), high) for low, high in found))}]"


def _inside(ranges: Ranges) -> str:
    return "".join(_code(low) if low == high else f"{_code(low)}-{_code(high)}" for low, high in ranges)


def _code(point: int) -> str:
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
