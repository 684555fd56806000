"""Reading regular expressions: the XPath subset without back-references and lookaround, to sets of characters."""

import re
from functools import cache

import msgspec

MAX_PATTERN = 200
MAX_REPEAT = 1_000
TOP = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]


class PatternError(ValueError):
    """The text is no pattern of our subset."""


class Chars(msgspec.Struct, frozen=True):
    """One character out of a set of code point ranges."""

    ranges: Ranges


class Anchor(msgspec.Struct, frozen=True):
    """The start (`^`) or the end (`$`) of the text, or of a line with flag m."""

    sign: str


class Sequence(msgspec.Struct, frozen=True):
    """One pattern after another."""

    items: tuple["Pattern", ...]


class Either(msgspec.Struct, frozen=True):
    """One of several patterns."""

    items: tuple["Pattern", ...]


class Group(msgspec.Struct, frozen=True):
    """A pattern in parentheses."""

    item: "Pattern"
    captures: bool


class Repeat(msgspec.Struct, frozen=True):
    """A pattern repeated from `low` to `high` times (no limit when absent)."""

    item: "Pattern"
    low: int
    high: int | None
    lazy: bool = False


Pattern = Chars | Anchor | Sequence | Either | Group | Repeat

_CLASSES: dict[str, Ranges] = {
    "d": ((48, 57),),
    "s": ((9, 10), (13, 13), (32, 32)),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
}
_ESCAPES = {"n": 10, "r": 13, "t": 9}
_BLOCKS = {"IsBasicLatin": ((0, 127),), "IsLatin-1Supplement": ((128, 255),)}
_QUANTIFIERS = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def merged(ranges: Ranges) -> Ranges:
    """The same set in order and without overlaps."""
    done: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if done and low <= done[-1][1] + 1:
            done[-1] = (done[-1][0], max(done[-1][1], high))
        else:
            done.append((low, high))
    return tuple(done)


def complement(ranges: Ranges) -> Ranges:
    """Every other character."""
    found, start = [], 0
    for low, high in merged(ranges):
        if low > start:
            found.append((start, low - 1))
        start = high + 1
    return (*found, (start, TOP)) if start <= TOP else tuple(found)


def without(ranges: Ranges, others: Ranges) -> Ranges:
    """The characters of one set that are not in another."""
    return complement(merged(complement(ranges) + others))


@cache
def _case_groups() -> dict[int, tuple[int, ...]]:
    groups: dict[str, list[int]] = {}
    for point in range(0x1_E944):
        character = chr(point)
        folded = character.casefold()
        if folded != character or character.upper() != character:
            groups.setdefault(folded, []).append(point)
    return {point: tuple(group) for group in groups.values() for point in group if len(group) > 1}


def caseless(ranges: Ranges) -> Ranges:
    """The set with the small and the capital form of each character."""
    groups = _case_groups()
    found = list(ranges)
    for low, high in ranges:
        if high - low > 0x3000:
            continue
        found.extend((other, other) for point in range(low, high + 1) for other in groups.get(point, ()))
    return merged(tuple(found))


def read(text: str, flags: str) -> Pattern:
    """The pattern that a text spells with flags s, m, i, x, q (PatternError when it is none of our subset)."""
    if len(text) > MAX_PATTERN or not set(flags) <= set("smixq"):
        raise PatternError(text)
    if "q" in flags:
        return _literally(text, flags)
    reader = _Reader(_without_spaces(text) if "x" in flags else text, flags)
    found = reader.either()
    if reader.rest():
        raise PatternError(text)
    return found


def _literally(text: str, flags: str) -> Pattern:
    points = [((ord(c), ord(c)),) for c in text]
    return Sequence(tuple(Chars(caseless(p) if "i" in flags else p) for p in points))


def _without_spaces(text: str) -> str:
    kept, inside = [], 0
    for character in text:
        inside += (character == "[") - (character == "]")
        if inside > 0 or not character.isspace():
            kept.append(character)
    return "".join(kept)


class _Reader:
    def __init__(self, text: str, flags: str) -> None:
        self.text = text
        self.flags = flags
        self.at = 0
        self.depth = 0

    def rest(self) -> str:
        return self.text[self.at :]

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self) -> str:
        if self.at >= len(self.text):
            raise PatternError(self.text)
        self.at += 1
        return self.text[self.at - 1]

    def either(self) -> Pattern:
        items = [self._sequence()]
        while self._peek() == "|":
            self._take()
            items.append(self._sequence())
        return items[0] if len(items) == 1 else Either(tuple(items))

    def _sequence(self) -> Pattern:
        items: list[Pattern] = []
        while self._peek() not in ("", "|", ")"):
            items.append(self._quantified(self._atom()))
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _quantified(self, item: Pattern) -> Pattern:
        sign = self._peek()
        if sign in _QUANTIFIERS and sign:
            self._take()
            low, high = _QUANTIFIERS[sign]
        elif sign == "{":
            low, high = self._counts()
        else:
            return item
        if isinstance(item, Anchor):
            raise PatternError(self.text)
        lazy = self._peek() == "?"
        self.at += lazy
        if self._peek() in ("*", "+", "?", "{") and self._peek():
            raise PatternError(self.text)
        return Repeat(item, low, high, lazy)

    def _counts(self) -> tuple[int, int | None]:
        match = re.compile(r"\{(\d{1,4})(,(\d{1,4})?)?\}").match(self.text, self.at)
        if match is None:
            raise PatternError(self.text)
        self.at = match.end()
        low = int(match.group(1))
        high = low if not match.group(2) else int(match.group(3)) if match.group(3) else None
        if max(low, high or 0) > MAX_REPEAT or (high is not None and high < low):
            raise PatternError(self.text)
        return low, high

    def _atom(self) -> Pattern:
        sign = self._take()
        if sign == "(":
            return self._group()
        if sign in "^$":
            return Anchor(sign)
        if sign == ".":
            return Chars(((0, TOP),) if "s" in self.flags else complement(((10, 10), (13, 13))))
        if sign == "[":
            return Chars(self._set())
        if sign == "\\":
            return Chars(self._cased(self._escape()))
        if sign in "*+?{}]":
            raise PatternError(self.text)
        return Chars(self._cased(((ord(sign), ord(sign)),)))

    def _cased(self, ranges: Ranges) -> Ranges:
        return caseless(ranges) if "i" in self.flags else ranges

    def _group(self) -> Pattern:
        self.depth += 1
        captures = not self.rest().startswith("?:")
        self.at += 0 if captures else 2
        if self.depth > 20 or self._peek() == "?":
            raise PatternError(self.text)
        item = self.either()
        if self._take() != ")":
            raise PatternError(self.text)
        self.depth -= 1
        return Group(item, captures)

    def _escape(self) -> Ranges:
        sign = self._take()
        if sign.lower() in _CLASSES:
            return _CLASSES[sign] if sign.islower() else complement(_CLASSES[sign.lower()])
        if sign in _ESCAPES:
            return ((_ESCAPES[sign], _ESCAPES[sign]),)
        if sign in "pP":
            match = re.compile(r"\{([^{}]*)\}").match(self.text, self.at)
            if match is None or match.group(1) not in _BLOCKS:
                raise PatternError(self.text)
            self.at = match.end()
            return _BLOCKS[match.group(1)] if sign == "p" else complement(_BLOCKS[match.group(1)])
        if sign.isalnum():
            raise PatternError(self.text)
        return ((ord(sign), ord(sign)),)

    def _set(self) -> Ranges:
        negated = self._peek() == "^"
        self.at += negated
        found: Ranges = ()
        minus: Ranges = ()
        while self._peek() != "]" or not found:
            if self.rest().startswith("-[") and found:
                self.at += 2
                minus = self._set()
                break
            found += self._member()
        if self._take() != "]":
            raise PatternError(self.text)
        cased = self._cased(found)
        return without(complement(cased) if negated else merged(cased), minus)

    def _member(self) -> Ranges:
        low = self._one()
        if len(low) != 1 or low[0][0] != low[0][1] or self._peek() != "-":
            return low
        if self.text[self.at + 1 : self.at + 2] in ("]", "["):
            return low
        self._take()
        high = self._one()
        if len(high) != 1 or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
            raise PatternError(self.text)
        return ((low[0][0], high[0][0]),)

    def _one(self) -> Ranges:
        sign = self._take()
        if sign == "\\":
            return self._escape()
        if sign == "[":
            raise PatternError(self.text)
        return ((ord(sign), ord(sign)),)
