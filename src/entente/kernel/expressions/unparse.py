"""Syntax tree to text; parsing the text gives the same tree."""

import re
from collections.abc import Callable
from typing import Any

from entente.kernel.expressions import literals
from entente.kernel.expressions.nodes import (
    Arithmetic,
    Between,
    Binding,
    Boolean,
    Call,
    Comparison,
    ContextOf,
    Filter,
    For,
    FunctionOf,
    If,
    In,
    InstanceOf,
    ListOf,
    Logic,
    Member,
    Name,
    Negative,
    Node,
    Null,
    Number,
    Quantified,
    RangeOf,
    String,
    Temporal,
)
from entente.kernel.expressions.vocabulary import FUNCTIONS, KEYWORDS, MEMBERS, SUBJECT

_POWERS = {"+": 4, "-": 4, "*": 5, "/": 5, "**": 6}
_PLAIN = re.compile(r"[^\W\d][\w]*")
_SPACED = frozenset((*FUNCTIONS, *MEMBERS, SUBJECT))
_ATOM = 9


def unparse(node: Node) -> str:
    """The text of a tree, with only the parentheses it needs and those that other FEEL engines need after `in`."""
    return _WRITERS[type(node)](node)


def _power(node: Node) -> int:
    if isinstance(node, If | For | Quantified | FunctionOf):
        return 0
    if isinstance(node, Logic):
        return 1 if node.op == "or" else 2
    # `a in [..] or b` is read differently by others: an `in` inside anything else stands in parentheses.
    if isinstance(node, In):
        return 0
    if isinstance(node, Comparison | Between | InstanceOf):
        return 3
    if isinstance(node, Arithmetic):
        return _POWERS[node.op]
    if isinstance(node, Negative) or (isinstance(node, Number) and node.value < 0):
        return 7
    return _ATOM


def _inside(node: Node, floor: int) -> str:
    text = unparse(node)
    return f"({text})" if _power(node) < floor else text


def _name(name: str) -> str:
    plain = _PLAIN.fullmatch(name) is not None and name not in KEYWORDS
    return name if plain or name in _SPACED or name == "?" else f"`{name}`"


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return '"' + escaped.replace("\t", "\\t") + '"'


def _list(node: ListOf) -> str:
    return "[" + ", ".join(unparse(item) for item in node.items) + "]"


def _context(node: ContextOf) -> str:
    return "{" + ", ".join(f"{_string(entry.key)}: {unparse(entry.value)}" for entry in node.entries) + "}"


def _range(node: RangeOf) -> str:
    if node.low is None or node.high is None:
        return f"({_open(node)})"
    opening, closing = "[" if node.low_included else "(", "]" if node.high_included else ")"
    return f"{opening}{unparse(node.low)}..{unparse(node.high)}{closing}"


def _open(node: RangeOf) -> str:
    if node.high is not None:
        return ("<= " if node.high_included else "< ") + _inside(node.high, 4)
    return (">= " if node.low_included else "> ") + _inside(node.low or Null(), 4)


def _negative(node: Negative) -> str:
    return "-" + _inside(node.of, 7 if not isinstance(node.of, Number) or node.of.value == 0 else _ATOM + 1)


def _arithmetic(node: Arithmetic) -> str:
    power = _POWERS[node.op]
    return f"{_inside(node.left, power)} {node.op} {_inside(node.right, power + 1)}"


def _comparison(node: Comparison) -> str:
    return f"{_inside(node.left, 3)} {node.op} {_inside(node.right, 4)}"


def _logic(node: Logic) -> str:
    power = 2 if node.op == "or" else 3
    return f" {node.op} ".join(_inside(item, power) for item in node.items)


def _between(node: Between) -> str:
    return f"{_inside(node.of, 3)} between {_inside(node.low, 4)} and {_inside(node.high, 4)}"


def _in(node: In) -> str:
    if len(node.tests) == 1 and isinstance(node.tests[0], ListOf | RangeOf | Name | Member | Filter | Call):
        return f"{_inside(node.of, 3)} in {unparse(node.tests[0])}"
    return f"{_inside(node.of, 3)} in (" + ", ".join(_inside(test, 4) for test in node.tests) + ")"


def _if(node: If) -> str:
    return f"if {unparse(node.test)} then {unparse(node.then)} else {unparse(node.otherwise)}"


def _bindings(bindings: tuple[Binding, ...]) -> str:
    return ", ".join(f"{_name(binding.name)} in {_inside(binding.over, 4)}" for binding in bindings)


def _for(node: For) -> str:
    return f"for {_bindings(node.bindings)} return {unparse(node.body)}"


def _quantified(node: Quantified) -> str:
    return f"{node.quantifier} {_bindings(node.bindings)} satisfies {unparse(node.test)}"


def _filter(node: Filter) -> str:
    return f"{_inside(node.of, _ATOM)}[{unparse(node.test)}]"


def _call(node: Call) -> str:
    parts = [unparse(argument) for argument in node.arguments]
    if node.names:
        parts = [f"{name}: {part}" for name, part in zip(node.names, parts, strict=True)]
    return f"{_inside(node.of, _ATOM)}({', '.join(parts)})"


def _function(node: FunctionOf) -> str:
    parameters = (p.name if p.type == "Any" else f"{p.name}: {p.type}" for p in node.parameters)
    return f"function({', '.join(parameters)}) {unparse(node.body)}"


def _instance_of(node: InstanceOf) -> str:
    return f"{_inside(node.of, 3)} instance of {node.type}"


def _boolean(node: Boolean) -> str:
    return "true" if node.value else "false"


_WRITERS: dict[type, Callable[[Any], str]] = {
    Number: lambda node: literals.write_number(node.value),
    String: lambda node: _string(node.value),
    Boolean: _boolean,
    Null: lambda node: "null",
    Temporal: lambda node: f'@"{node.text}"',
    Name: lambda node: _name(node.name),
    Member: lambda node: f"{_inside(node.of, _ATOM)}.{_name(node.name)}",
    ListOf: _list,
    ContextOf: _context,
    RangeOf: _range,
    Negative: _negative,
    Arithmetic: _arithmetic,
    Comparison: _comparison,
    Logic: _logic,
    Between: _between,
    In: _in,
    If: _if,
    For: _for,
    Quantified: _quantified,
    Filter: _filter,
    Call: _call,
    FunctionOf: _function,
    InstanceOf: _instance_of,
}
