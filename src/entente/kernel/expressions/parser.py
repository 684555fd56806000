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
from entente.kernel.expressions.reader import Reader, at_words, closes_after_bracket, type_name
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
    node = expression(parser)
    parser.finish()
    return within_limits(node)


def parse_tests(text: str, names: Iterable[str] = ()) -> Node:
    """The condition on `?` that the unary tests of a decision table spell: `-`, `> 5`, `not("a", "b")`, `[1..5]`."""
    if text.strip() == "-":
        return Boolean(True)
    parser = Parser(text, names)
    negated = at_words(parser, "not", "(")
    if negated:
        parser.skip(2)
    found = tests(parser)
    if negated:
        parser.expect(")")
    parser.finish()
    node: Node = In(Name("?"), found)
    return within_limits(Call(Name("not"), (node,)) if negated else node)


class Parser(Reader):
    """One pass over the tokens of a text."""

    def __init__(self, text: str, names: Iterable[str] = ()) -> None:
        super().__init__(text, tokens(text))
        self.names.add(SUBJECT)
        for name in names:
            self.names.add(name)
        self._depth = 0


def expression(reader: Parser, floor: int = 0) -> Node:
    """The expression at the present place, as far as operators bind tighter than the floor."""
    reader._depth += 1
    if reader._depth > MAX_DEPTH:
        raise Refused("expression_too_deep", limit=MAX_DEPTH)
    node = _operand(reader)
    while (power := _BINDING_POWER.get(reader.operator(), 0)) > floor:
        node = _infix(reader, node, power)
    reader._depth -= 1
    return node


def tests(reader: Parser) -> tuple[Node, ...]:
    """Tests separated by commas."""
    found = [_test(reader)]
    while reader.accept(","):
        found.append(_test(reader))
    return tuple(found)


def _infix(reader: Parser, left: Node, power: int) -> Node:
    op = reader.take().text
    if op in ("and", "or"):
        return both("and" if op == "and" else "or", left, expression(reader, power))
    if op == "between":
        low = expression(reader, power)
        reader.expect("and")
        return Between(left, low, expression(reader, power))
    if op == "in":
        return _in(reader, left)
    if op == "instance":
        reader.expect("of")
        return InstanceOf(left, type_name(reader))
    if power == 3:
        return Comparison(op, left, expression(reader, power))  # type: ignore[arg-type]
    return Arithmetic(op, left, expression(reader, power))  # type: ignore[arg-type]


def _in(reader: Parser, left: Node) -> Node:
    if not reader.sees("("):
        return In(left, (_test(reader),))
    start = reader.place
    reader.take()
    found = tests(reader)
    if reader.accept(")") and not _goes_on(reader):
        return In(left, found)
    # It was a range or a value in parentheses, with more behind it: `x in (1..5]`, `x in (a)[1]`.
    reader.place = start
    return In(left, (expression(reader, 3),))


def _goes_on(reader: Parser) -> bool:
    return reader.sees(".") or reader.sees("[")


def _test(reader: Parser) -> Node:
    if reader.token.kind == "sign" and reader.token.text in _TESTS:
        return _open_range(reader)
    node = expression(reader, 0 if not reader._depth else 3)
    return _bounds(reader, node) if reader.sees("..") else node


def _bounds(reader: Parser, low: Node) -> Node:
    reader.expect("..")
    return RangeOf(low, expression(reader, 3))


def _open_range(reader: Parser) -> Node:
    op = reader.take().text
    value = expression(reader, 3)
    if op == "=":
        return RangeOf(value, value)
    if op in ("<", "<="):
        return RangeOf(None, value, False, op == "<=")
    return RangeOf(value, None, op == ">=", False)


def _operand(reader: Parser) -> Node:
    if reader.accept("-"):
        reader._depth += 1
        if reader._depth > MAX_DEPTH:
            raise Refused("expression_too_deep", limit=MAX_DEPTH)
        node = _negative(_operand(reader))
        reader._depth -= 1
        return node
    return _parts(reader, _primary(reader))


def _negative(node: Node) -> Node:
    return Number(node.value.copy_negate()) if isinstance(node, Number) and node.value > 0 else Negative(node)


def _parts(reader: Parser, node: Node) -> Node:
    while True:
        if reader.accept("."):
            node = Member(node, reader.name(PARTS))
        elif reader.sees("[") and not _opens_next_range(reader):
            reader.take()
            node = Filter(node, expression(reader))
            reader.expect("]")
        elif reader.accept("("):
            node = _call(reader, node)
        else:
            return node


def _opens_next_range(reader: Parser) -> bool:
    """Whether `[` closes an interval that excludes its end: `[1..10[`."""
    return reader.in_range > 0 and closes_after_bracket(reader)


def _call(reader: Parser, of: Node) -> Node:
    arguments: list[Node] = []
    names: list[str] = []
    while not reader.accept(")"):
        if arguments:
            reader.expect(",")
        if (name := reader.label()) is not None:
            names.append(name)
        arguments.append(expression(reader))
    if names and len(names) != len(arguments):
        refuse(reader.text, reader.token.at)
    return Call(of, tuple(arguments), tuple(names))


def _primary(reader: Parser) -> Node:
    token = reader.token
    if token.kind == "number":
        return _number(reader)
    if token.kind == "string":
        return String(reader.take().text)
    if token.kind == "temporal":
        return Temporal(reader.take().text)
    if token.kind == "quoted":
        return Name(reader.take().text)
    if token.kind == "word":
        return _word(reader)
    if token.text == "{":
        return _context(reader)
    if token.text in ("[", "]", "("):
        return _bracket(reader)
    return refuse(reader.text, token.at)


def _number(reader: Parser) -> Node:
    token = reader.take()
    try:
        value = literals.number(token.text)
    except InvalidOperation:
        value = None
    return refuse(reader.text, token.at) if value is None else Number(Decimal(value))


def _word(reader: Parser) -> Node:
    length = reader.names.length(reader.found, reader.place)
    if not length and (length := LANGUAGE.length(reader.found, reader.place)):
        length = length if reader.found[reader.place + length].text == "(" else 0
    if length:
        return Name(reader.take_name(length))
    word = reader.token.text
    if word in _CONSTANTS:
        reader.take()
        return _CONSTANTS[word]
    reads = {"if": _if, "for": _for, "some": _some, "every": _every, "function": _function}
    if word in reads:
        reader.take()
        return reads[word](reader)
    if word in KEYWORDS:
        refuse(reader.text, reader.token.at)
    return Name(reader.take().text)


def _if(reader: Parser) -> Node:
    test = expression(reader)
    reader.expect("then")
    then = expression(reader)
    reader.expect("else")
    return If(test, then, expression(reader))


def _bindings(reader: Parser, end: str) -> tuple[Binding, ...]:
    found: list[Binding] = []
    while not found or reader.accept(","):
        name = reader.words_until("in")
        reader.expect("in")
        over = expression(reader, 3)
        found.append(Binding(name, _bounds(reader, over) if reader.sees("..") else over))
    reader.expect(end)
    return tuple(found)


def _for(reader: Parser) -> Node:
    return For(_bindings(reader, "return"), expression(reader))


def _some(reader: Parser) -> Node:
    return _quantified(reader, "some")


def _every(reader: Parser) -> Node:
    return _quantified(reader, "every")


def _quantified(reader: Parser, quantifier: Literal["some", "every"]) -> Node:
    return Quantified(quantifier, _bindings(reader, "satisfies"), expression(reader))


def _function(reader: Parser) -> Node:
    reader.expect("(")
    found: list[Parameter] = []
    while not reader.accept(")"):
        if found:
            reader.expect(",")
        name = reader.words_until(",", ":", ")")
        found.append(Parameter(name, type_name(reader)) if reader.accept(":") else Parameter(name))
    return FunctionOf(tuple(found), expression(reader))


def _context(reader: Parser) -> Node:
    reader.expect("{")
    found: list[Entry] = []
    while not reader.accept("}"):
        if found:
            reader.expect(",")
        key = reader.take().text if reader.token.kind in ("string", "quoted") else reader.words_until(":")
        reader.expect(":")
        reader.names.add_safely(key)
        found.append(Entry(key, expression(reader)))
    return ContextOf(tuple(found))


def _bracket(reader: Parser) -> Node:
    start = reader.take()
    if start.text == "[" and reader.accept("]"):
        return ListOf(())
    if start.text == "(" and reader.token.text in _TESTS and reader.token.kind == "sign":
        node = _open_range(reader)
        reader.expect(")")
        return node
    reader.in_range += 1
    first = expression(reader)
    if reader.accept(".."):
        return _range(reader, first, start.text == "[")
    reader.in_range -= 1
    if start.text == "(":
        reader.expect(")")
        return first
    if start.text == "]":
        refuse(reader.text, start.at)
    return _list(reader, first)


def _range(reader: Parser, low: Node, low_included: bool) -> Node:
    high = expression(reader)
    reader.in_range -= 1
    end = reader.take()
    if end.kind != "sign" or end.text not in ("]", ")", "["):
        refuse(reader.text, end.at)
    return RangeOf(low, high, low_included, end.text == "]")


def _list(reader: Parser, first: Node) -> Node:
    items = [first]
    while reader.accept(","):
        items.append(expression(reader))
    reader.expect("]")
    return ListOf(tuple(items))
