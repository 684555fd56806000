"""Text to syntax tree: a Pratt parser for our FEEL subset."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Literal

from entente.kernel.expressions import literals
from entente.kernel.expressions.lexer import refuse, tokens
from entente.kernel.expressions.nodes import (
    MAX_DEPTH,
    Arithmetic,
    Between,
    Binding,
    Boolean,
    Call,
    Comparison,
    ContextOf,
    Entry,
    Filter,
    For,
    FunctionOf,
    If,
    In,
    InstanceOf,
    ListOf,
    Member,
    Name,
    Negative,
    Node,
    Null,
    Number,
    Parameter,
    Quantified,
    RangeOf,
    String,
    Temporal,
    both,
    within_limits,
)
from entente.kernel.expressions.reader import Reader
from entente.kernel.expressions.vocabulary import KEYWORDS, LANGUAGE, PARTS, SUBJECT
from entente.kernel.kit.refusal import Refused

_BINDING_POWER = {
    "or": 1,
    "and": 2,
    "=": 3,
    "!=": 3,
    "<": 3,
    "<=": 3,
    ">": 3,
    ">=": 3,
    "in": 3,
    "between": 3,
    "instance": 3,
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "**": 6,
}
_TESTS = ("<", "<=", ">", ">=", "=")
_CONSTANTS: dict[str, Node] = {"true": Boolean(True), "false": Boolean(False), "null": Null()}


def parse(text: str, names: Iterable[str] = ()) -> Node:
    """The tree of an expression; `names` declares names with spaces or signs.

    Raises Refused: `expression_syntax`, `expression_unfinished` (both with `at`, `line`, `column`),
    `expression_too_long`, `expression_too_deep`.
    """
    parser = Parser(text, names)
    node = parser.expression()
    parser.finish()
    return within_limits(node)


def parse_tests(text: str, names: Iterable[str] = ()) -> Node:
    """The condition on `?` that the unary tests of a decision table spell: `-`, `> 5`, `not("a", "b")`, `[1..5]`."""
    if text.strip() == "-":
        return Boolean(True)
    parser = Parser(text, names)
    negated = parser.at_words("not", "(")
    if negated:
        parser.skip(2)
    tests = parser.tests()
    if negated:
        parser.expect(")")
    parser.finish()
    node: Node = In(Name("?"), tests)
    return within_limits(Call(Name("not"), (node,)) if negated else node)


class Parser(Reader):
    """One pass over the tokens of a text."""

    def __init__(self, text: str, names: Iterable[str] = ()) -> None:
        super().__init__(text, tokens(text))
        self.names.add(SUBJECT)
        for name in names:
            self.names.add(name)
        self._depth = 0

    def expression(self, floor: int = 0) -> Node:
        """The expression at the present place, as far as operators bind tighter than the floor."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Refused("expression_too_deep", limit=MAX_DEPTH)
        node = self._operand()
        while (power := _BINDING_POWER.get(self.operator(), 0)) > floor:
            node = self._infix(node, power)
        self._depth -= 1
        return node

    def tests(self) -> tuple[Node, ...]:
        """Tests separated by commas."""
        found = [self._test()]
        while self.accept(","):
            found.append(self._test())
        return tuple(found)

    def _infix(self, left: Node, power: int) -> Node:
        op = self.take().text
        if op in ("and", "or"):
            return both("and" if op == "and" else "or", left, self.expression(power))
        if op == "between":
            low = self.expression(power)
            self.expect("and")
            return Between(left, low, self.expression(power))
        if op == "in":
            return self._in(left)
        if op == "instance":
            self.expect("of")
            return InstanceOf(left, self.type_name())
        if power == 3:
            return Comparison(op, left, self.expression(power))  # type: ignore[arg-type]
        return Arithmetic(op, left, self.expression(power))  # type: ignore[arg-type]

    def _in(self, left: Node) -> Node:
        if not self.sees("("):
            return In(left, (self._test(),))
        start = self.place
        self.take()
        found = self.tests()
        if self.accept(")") and not self._goes_on():
            return In(left, found)
        # It was a range or a value in parentheses, with more behind it: `x in (1..5]`, `x in (a)[1]`.
        self.place = start
        return In(left, (self.expression(3),))

    def _goes_on(self) -> bool:
        return self.sees(".") or self.sees("[")

    def _test(self) -> Node:
        if self.token.kind == "sign" and self.token.text in _TESTS:
            return self._open_range()
        node = self.expression(0 if not self._depth else 3)
        return self._bounds(node) if self.sees("..") else node

    def _bounds(self, low: Node) -> Node:
        self.expect("..")
        return RangeOf(low, self.expression(3))

    def _open_range(self) -> Node:
        op = self.take().text
        value = self.expression(3)
        if op == "=":
            return RangeOf(value, value)
        if op in ("<", "<="):
            return RangeOf(None, value, False, op == "<=")
        return RangeOf(value, None, op == ">=", False)

    def _operand(self) -> Node:
        if self.accept("-"):
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise Refused("expression_too_deep", limit=MAX_DEPTH)
            node = self._negative(self._operand())
            self._depth -= 1
            return node
        return self._parts(self._primary())

    @staticmethod
    def _negative(node: Node) -> Node:
        return Number(node.value.copy_negate()) if isinstance(node, Number) and node.value > 0 else Negative(node)

    def _parts(self, node: Node) -> Node:
        while True:
            if self.accept("."):
                node = Member(node, self.name(PARTS))
            elif self.sees("[") and not self._opens_next_range():
                self.take()
                node = Filter(node, self.expression())
                self.expect("]")
            elif self.accept("("):
                node = self._call(node)
            else:
                return node

    def _opens_next_range(self) -> bool:
        """Whether `[` closes an interval that excludes its end: `[1..10[`."""
        return self.in_range > 0 and self.closes_after_bracket()

    def _call(self, of: Node) -> Node:
        arguments: list[Node] = []
        names: list[str] = []
        while not self.accept(")"):
            if arguments:
                self.expect(",")
            if (name := self.label()) is not None:
                names.append(name)
            arguments.append(self.expression())
        if names and len(names) != len(arguments):
            refuse(self.text, self.token.at)
        return Call(of, tuple(arguments), tuple(names))

    def _primary(self) -> Node:
        token = self.token
        if token.kind == "number":
            return self._number()
        if token.kind == "string":
            return String(self.take().text)
        if token.kind == "temporal":
            return Temporal(self.take().text)
        if token.kind == "quoted":
            return Name(self.take().text)
        if token.kind == "word":
            return self._word()
        if token.text == "{":
            return self._context()
        if token.text in ("[", "]", "("):
            return self._bracket()
        return refuse(self.text, token.at)

    def _number(self) -> Node:
        token = self.take()
        try:
            value = literals.number(token.text)
        except InvalidOperation:
            value = None
        return refuse(self.text, token.at) if value is None else Number(Decimal(value))

    def _word(self) -> Node:
        length = self.names.length(self.found, self.place)
        if not length and (length := LANGUAGE.length(self.found, self.place)):
            length = length if self.found[self.place + length].text == "(" else 0
        if length:
            return Name(self.take_name(length))
        word = self.token.text
        if word in _CONSTANTS:
            self.take()
            return _CONSTANTS[word]
        reads = {"if": self._if, "for": self._for, "some": self._some, "every": self._every, "function": self._function}
        if word in reads:
            self.take()
            return reads[word]()
        if word in KEYWORDS:
            refuse(self.text, self.token.at)
        return Name(self.take().text)

    def _if(self) -> Node:
        test = self.expression()
        self.expect("then")
        then = self.expression()
        self.expect("else")
        return If(test, then, self.expression())

    def _bindings(self, end: str) -> tuple[Binding, ...]:
        found: list[Binding] = []
        while not found or self.accept(","):
            name = self.words_until("in")
            self.expect("in")
            over = self.expression(3)
            found.append(Binding(name, self._bounds(over) if self.sees("..") else over))
        self.expect(end)
        return tuple(found)

    def _for(self) -> Node:
        return For(self._bindings("return"), self.expression())

    def _some(self) -> Node:
        return self._quantified("some")

    def _every(self) -> Node:
        return self._quantified("every")

    def _quantified(self, quantifier: Literal["some", "every"]) -> Node:
        return Quantified(quantifier, self._bindings("satisfies"), self.expression())

    def _function(self) -> Node:
        self.expect("(")
        found: list[Parameter] = []
        while not self.accept(")"):
            if found:
                self.expect(",")
            name = self.words_until(",", ":", ")")
            found.append(Parameter(name, self.type_name()) if self.accept(":") else Parameter(name))
        return FunctionOf(tuple(found), self.expression())

    def _context(self) -> Node:
        self.expect("{")
        found: list[Entry] = []
        while not self.accept("}"):
            if found:
                self.expect(",")
            key = self.take().text if self.token.kind in ("string", "quoted") else self.words_until(":")
            self.expect(":")
            self.names.add_safely(key)
            found.append(Entry(key, self.expression()))
        return ContextOf(tuple(found))

    def _bracket(self) -> Node:
        start = self.take()
        if start.text == "[" and self.accept("]"):
            return ListOf(())
        if start.text == "(" and self.token.text in _TESTS and self.token.kind == "sign":
            node = self._open_range()
            self.expect(")")
            return node
        self.in_range += 1
        first = self.expression()
        if self.accept(".."):
            return self._range(first, start.text == "[")
        self.in_range -= 1
        if start.text == "(":
            self.expect(")")
            return first
        if start.text == "]":
            refuse(self.text, start.at)
        return self._list(first)

    def _range(self, low: Node, low_included: bool) -> Node:
        high = self.expression()
        self.in_range -= 1
        end = self.take()
        if end.kind != "sign" or end.text not in ("]", ")", "["):
            refuse(self.text, end.at)
        return RangeOf(low, high, low_included, end.text == "]")

    def _list(self, first: Node) -> Node:
        items = [first]
        while self.accept(","):
            items.append(self.expression())
        self.expect("]")
        return ListOf(tuple(items))
