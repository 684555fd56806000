"""OData 4.01 `$filter` to the same tree as our own language."""

import re
from typing import Literal, NoReturn

import msgspec

from entente.kernel.expressions import literals
from entente.kernel.expressions.lexer import MAX_LENGTH
from entente.kernel.expressions.nodes import (
    MAX_DEPTH,
    MAX_TOKENS,
    Arithmetic,
    Binding,
    Boolean,
    Call,
    Comparison,
    In,
    ListOf,
    Member,
    Name,
    Negative,
    Node,
    Null,
    Number,
    Quantified,
    String,
    Temporal,
    both,
    within_limits,
)
from entente.kernel.kit.refusal import Refused

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<guid>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})
  | (?P<moment>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?)
  | (?P<clock>\d\d:\d\d(?::\d\d(?:\.\d+)?)?)
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<duration>duration'[^']*')
  | (?P<string>'(?:[^']|'')*')
  | (?P<word>[^\W\d]\w*)
  | (?P<sign>[(),/:\-*])
    """,
    re.VERBOSE,
)
_COMPARISONS: dict[str, Literal["=", "!=", "<", "<=", ">", ">="]] = {
    "eq": "=",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}
_ARITHMETIC: dict[str, Literal["+", "-", "*", "/"]] = {"add": "+", "sub": "-", "mul": "*", "div": "/", "divby": "/"}
_POWER = {"or": 1, "and": 2, **dict.fromkeys(_COMPARISONS, 3), "in": 3, "has": 3, "add": 4, "sub": 4}
_POWER |= {"mul": 5, "div": 5, "divby": 5, "mod": 5}
_FUNCTIONS: dict[str, tuple[str, int]] = {
    "contains": ("contains", 2),
    "startswith": ("starts with", 2),
    "endswith": ("ends with", 2),
    "tolower": ("lower case", 1),
    "toupper": ("upper case", 1),
    "length": ("string length", 1),
    "matchespattern": ("matches", 2),
    "floor": ("floor", 1),
    "ceiling": ("ceiling", 1),
    "date": ("date", 1),
    "now": ("now", 0),
}
_PARTS = ("year", "month", "day", "hour", "minute")
_CONSTANTS: dict[str, Node] = {"true": Boolean(True), "false": Boolean(False), "null": Null()}


class _Token(msgspec.Struct, frozen=True):
    kind: str
    text: str
    at: int


def parse_odata(text: str) -> Node:
    """The tree of a `$filter`.

    Raises Refused `odata_syntax` or `odata_unsupported` (both with `at`), `expression_too_long`, `expression_too_deep`.
    """
    parser = _Parser(text, _tokens(text))
    node = parser.expression(0)
    if parser.token.kind != "end":
        parser.refuse()
    return within_limits(node)


def _tokens(text: str) -> list[_Token]:
    if len(text) > MAX_LENGTH:
        raise Refused("expression_too_long", limit=MAX_LENGTH)
    found: list[_Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Refused("odata_syntax", at=at + 1, near=text[at : at + 20])
        if match.lastgroup != "space":
            found.append(_Token(match.lastgroup or "", match.group(), at))
        at = match.end()
    if len(found) > MAX_TOKENS:
        raise Refused("expression_too_long", limit=MAX_TOKENS)
    return [*found, _Token("end", "", len(text))]


class _Parser:
    def __init__(self, text: str, found: list[_Token]) -> None:
        self.text = text
        self.found = found
        self.place = 0
        self.depth = 0

    @property
    def token(self) -> _Token:
        return self.found[self.place]

    def refuse(self) -> NoReturn:
        at = self.token.at
        raise Refused("odata_syntax", at=at + 1, near=self.text[at : at + 20])

    def take(self) -> _Token:
        token = self.token
        if token.kind == "end":
            self.refuse()
        self.place += 1
        return token

    def accept(self, text: str) -> bool:
        found = self.token.text == text and self.token.kind in ("sign", "word")
        self.place += found
        return found

    def expect(self, text: str) -> None:
        if not self.accept(text):
            self.refuse()

    def expression(self, floor: int) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Refused("expression_too_deep", limit=MAX_DEPTH)
        node = self._operand()
        while self.token.kind == "word" and (power := _POWER.get(self.token.text, 0)) > floor:
            node = self._infix(node, self.take(), power)
        self.depth -= 1
        return node

    def _infix(self, left: Node, token: _Token, power: int) -> Node:
        op = token.text
        if op in ("and", "or"):
            return both("and" if op == "and" else "or", left, self.expression(power))
        if op == "in":
            self.expect("(")
            return In(left, (ListOf(self._arguments()),))
        right = self.expression(power)
        if op in _COMPARISONS:
            return Comparison(_COMPARISONS[op], left, right)
        if op == "has":
            return Call(Name("list contains"), (left, right))
        return Call(Name("modulo"), (left, right)) if op == "mod" else Arithmetic(_ARITHMETIC[op], left, right)

    def _operand(self) -> Node:
        if self.accept("not"):
            return Call(Name("not"), (self.expression(5),))
        if self.accept("-"):
            of = self.expression(5)
            return Number(of.value.copy_negate()) if isinstance(of, Number) and of.value > 0 else Negative(of)
        if self.accept("("):
            node = self.expression(0)
            self.expect(")")
            return node
        token = self.take()
        if token.kind == "word":
            return self._word(token)
        found = _literal(token)
        if found is None:
            self.place -= 1
            self.refuse()
        return found

    def _word(self, token: _Token) -> Node:
        if token.text in _CONSTANTS:
            return _CONSTANTS[token.text]
        if self.accept("("):
            return self._function(token)
        node: Node = Name(token.text)
        while self.accept("/"):
            part = self.take()
            if part.kind != "word":
                self.place -= 1
                self.refuse()
            if part.text in ("any", "all") and self.token.text == "(":
                return self._lambda(node, part.text)
            node = Member(node, part.text)
        return node

    def _lambda(self, over: Node, which: str) -> Node:
        self.expect("(")
        if which == "any" and self.accept(")"):
            return Quantified("some", (Binding("each", over),), Boolean(True))
        variable = self.take().text
        self.expect(":")
        test = self.expression(0)
        self.expect(")")
        return Quantified("some" if which == "any" else "every", (Binding(variable, over),), test)

    def _arguments(self) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self.accept(")"):
            if found:
                self.expect(",")
            found.append(self.expression(0))
        return tuple(found)

    def _function(self, token: _Token) -> Node:
        arguments = self._arguments()
        if token.text in _PARTS and len(arguments) == 1:
            return Member(arguments[0], token.text)
        if token.text == "concat" and len(arguments) == 2:
            return Arithmetic("+", *arguments)
        name, count = _FUNCTIONS.get(token.text, ("", -1))
        if len(arguments) != count:
            raise Refused("odata_unsupported", name=f"{token.text}()", at=token.at + 1)
        return Call(Name(name), arguments)


def _literal(token: _Token) -> Node | None:
    text = token.text
    if token.kind == "string":
        return String(text[1:-1].replace("''", "'"))
    if token.kind == "guid":
        return String(text.lower())
    if token.kind == "number":
        number = literals.number(text)
        return None if number is None else Number(number)
    if token.kind == "duration":
        text = text.removeprefix("duration")[1:-1]
    elif token.kind in ("moment", "clock"):
        text = _with_seconds(text)
    else:
        return None
    return None if literals.read_temporal(text) is None else Temporal(text)


def _with_seconds(text: str) -> str:
    return re.sub(r"((?:^|T)\d\d:\d\d)(?!:)", r"\1:00", text)
