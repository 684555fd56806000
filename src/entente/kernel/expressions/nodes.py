"""The syntax tree of expressions: frozen structs that are their own JSON form (`node` names the kind)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

import msgspec

from entente.kernel.kit.refusal import Refused

MAX_TOKENS = 1_500
MAX_DEPTH = 60


class Base(msgspec.Struct, frozen=True, tag_field="node", forbid_unknown_fields=True, omit_defaults=True):
    """What all nodes share."""


class Number(Base, frozen=True, tag="number"):
    """A decimal literal."""

    value: Decimal


class String(Base, frozen=True, tag="string"):
    """A text literal."""

    value: str


class Boolean(Base, frozen=True, tag="boolean"):
    """`true` or `false`."""

    value: bool


class Null(Base, frozen=True, tag="null"):
    """`null`."""


class Temporal(Base, frozen=True, tag="temporal"):
    """A date, time, date-time or duration literal: `@"2026-03-31"`."""

    text: str


class Name(Base, frozen=True, tag="name"):
    """A field of the record, a variable or a function."""

    name: str


class Member(Base, frozen=True, tag="member"):
    """A part of a value: `account.country`."""

    of: "Node"
    name: str


class ListOf(Base, frozen=True, tag="list"):
    """A list literal."""

    items: tuple["Node", ...]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of a context literal; later entries may read earlier ones."""

    key: str
    value: "Node"


class ContextOf(Base, frozen=True, tag="context"):
    """A context literal: `{a: 1, b: a + 1}`."""

    entries: tuple[Entry, ...]


class RangeOf(Base, frozen=True, tag="range"):
    """An interval: `[1..5)`, or open-ended as a unary test: `< 5`."""

    low: "Node | None"
    high: "Node | None"
    low_included: bool = True
    high_included: bool = True


class Negative(Base, frozen=True, tag="negative"):
    """Unary minus."""

    of: "Node"


class Arithmetic(Base, frozen=True, tag="arithmetic"):
    """A sum, difference, product, quotient or power."""

    op: Literal["+", "-", "*", "/", "**"]
    left: "Node"
    right: "Node"


class Comparison(Base, frozen=True, tag="comparison"):
    """A comparison of two values."""

    op: Literal["=", "!=", "<", "<=", ">", ">="]
    left: "Node"
    right: "Node"


class Logic(Base, frozen=True, tag="logic"):
    """A conjunction or disjunction of two or more conditions."""

    op: Literal["and", "or"]
    items: tuple["Node", ...]


class Between(Base, frozen=True, tag="between"):
    """`value between low and high`, bounds included."""

    of: "Node"
    low: "Node"
    high: "Node"


class In(Base, frozen=True, tag="in"):
    """`value in (test, …)`: a test is a range, a list or a value."""

    of: "Node"
    tests: tuple["Node", ...]


class If(Base, frozen=True, tag="if"):
    """A choice between two values."""

    test: "Node"
    then: "Node"
    otherwise: "Node"


class Binding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A variable that runs over a list or a range."""

    name: str
    over: "Node"


class For(Base, frozen=True, tag="for"):
    """A list computed from others."""

    bindings: tuple[Binding, ...]
    body: "Node"


class Quantified(Base, frozen=True, tag="quantified"):
    """Whether some or every combination satisfies a condition."""

    quantifier: Literal["some", "every"]
    bindings: tuple[Binding, ...]
    test: "Node"


class Filter(Base, frozen=True, tag="filter"):
    """The elements that satisfy a condition, or the element at a position (1 is the first, -1 the last)."""

    of: "Node"
    test: "Node"


class Call(Base, frozen=True, tag="call"):
    """A function call; with `names` the arguments are named."""

    of: "Node"
    arguments: tuple["Node", ...] = ()
    names: tuple[str, ...] = ()


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A parameter of a function literal, with its declared type."""

    name: str
    type: str = "Any"


class FunctionOf(Base, frozen=True, tag="function"):
    """A function literal."""

    parameters: tuple[Parameter, ...]
    body: "Node"


class InstanceOf(Base, frozen=True, tag="instance_of"):
    """Whether a value is of a type."""

    of: "Node"
    type: str


Node = (
    Number
    | String
    | Boolean
    | Null
    | Temporal
    | Name
    | Member
    | ListOf
    | ContextOf
    | RangeOf
    | Negative
    | Arithmetic
    | Comparison
    | Logic
    | Between
    | In
    | If
    | For
    | Quantified
    | Filter
    | Call
    | FunctionOf
    | InstanceOf
)
Literals = Number | String | Boolean | Null | Temporal


def children(node: Node) -> Iterator[Node]:
    """The direct sub-expressions of a node."""
    for field in node.__struct_fields__:
        yield from _nodes(getattr(node, field))


def _nodes(part: Any) -> Iterator[Node]:
    if isinstance(part, Base):
        yield part  # type: ignore[misc]
    elif isinstance(part, tuple):
        for item in part:
            yield from _nodes(item)
    elif isinstance(part, Entry):
        yield part.value
    elif isinstance(part, Binding):
        yield part.over


def size(node: Node) -> int:
    """How many nodes a tree has."""
    return 1 + sum(size(child) for child in children(node))


def within_limits(node: Node) -> Node:
    """The same tree, when it is neither too deep nor too large (refused with `expression_too_deep`/`_too_long`)."""
    count, level = 0, [node]
    for _ in range(MAX_DEPTH):
        count += len(level)
        level = [child for parent in level for child in children(parent)]
        if not level:
            break
    if level:
        raise Refused("expression_too_deep", limit=MAX_DEPTH)
    if count > MAX_TOKENS:
        raise Refused("expression_too_long", limit=MAX_TOKENS)
    return node


def to_json(node: Node) -> Any:
    """The tree as plain JSON values."""
    return msgspec.to_builtins(node)


def from_json(body: Any) -> Node:
    """The tree that plain JSON values spell, within the limits (refused with `expression_malformed`)."""
    try:
        node: Node = msgspec.convert(body, type=Node)
    except (msgspec.ValidationError, RecursionError) as fault:
        raise Refused("expression_malformed", detail=str(fault)) from None
    return within_limits(node)


def path_of(node: Node) -> tuple[str, ...] | None:
    """The names of a plain path (`account.country`; a leading `record` is dropped), or nothing."""
    names: list[str] = []
    while isinstance(node, Member):
        names.append(node.name)
        node = node.of
    if not isinstance(node, Name):
        return None
    names.append(node.name)
    if names[-1] == "record" and len(names) > 1:
        names.pop()
    return tuple(reversed(names))


def path(*names: str) -> Node:
    """The node that reads a path."""
    node: Node = Name(names[0])
    for name in names[1:]:
        node = Member(node, name)
    return node


def both(op: Literal["and", "or"], *items: Node) -> Node:
    """The conjunction or disjunction of conditions, flat; of one condition, that condition."""
    flat: list[Node] = []
    for item in items:
        flat.extend(item.items if isinstance(item, Logic) and item.op == op else (item,))
    return flat[0] if len(flat) == 1 else Logic(op, tuple(flat))
