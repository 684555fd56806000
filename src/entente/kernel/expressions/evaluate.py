"""Syntax tree to Python closures, with SQL's three-valued logic and limits on steps, lists and strings."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from entente.kernel.expressions import literals
from entente.kernel.expressions.frame import Context, Frame, Run
from entente.kernel.expressions.functions.table import BUILTINS, call, undefined
from entente.kernel.expressions.instances import instance_of, typed
from entente.kernel.expressions.membership import at_position, both_of, elements, limited, passes
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
    size,
)
from entente.kernel.expressions.operators import ORDERS, arithmetic, member, negative
from entente.kernel.expressions.values import (
    Function,
    Range,
    Value,
    at_least,
    comparable,
    equal,
    normal,
)

Step = Callable[[Frame], Value]
Test = Callable[[Value, Frame], bool | None]


def compile_python(node: Node) -> Callable[[Context], Value]:
    """A function that evaluates a tree in a context.

    The function raises Refused `expression_step_limit`, `expression_list_limit`, `expression_string_limit`,
    `expression_too_deep` or `expression_pattern_costly`; whatever has no meaning is null.
    """
    step = build(node)

    def evaluate(context: Context) -> Value:
        run = Run(context)
        return step(Frame(run, context.values, None))

    return evaluate


def build(node: Node) -> Step:
    """The closure of a tree."""
    return _BUILDERS[type(node)](node)


def _constant(value: Value) -> Step:
    return lambda frame: value


def _literal(node: Number | String | Boolean) -> Step:
    return _constant(node.value)


def _null(node: Null) -> Step:
    return _constant(None)


def _temporal(node: Temporal) -> Step:
    return _constant(literals.read_temporal(node.text))


def _name(node: Name) -> Step:
    name = node.name

    def read(frame: Frame) -> Value:
        found = frame.lookup(name)
        return undefined(frame, name) if found is None else found

    return read


def _member(node: Member) -> Step:
    of, name = build(node.of), node.name

    def read(frame: Frame) -> Value:
        return normal(member(of(frame), name), frame.run.zone)

    return read


def _list(node: ListOf) -> Step:
    items = [build(item) for item in node.items]
    return lambda frame: [item(frame) for item in items]


def _context(node: ContextOf) -> Step:
    entries = [(entry.key, build(entry.value)) for entry in node.entries]
    if len({key for key, _ in entries}) < len(entries):
        return _constant(None)

    def make(frame: Frame) -> Value:
        found: dict[str, Value] = {}
        inner = frame.inner(found)
        for key, value in entries:
            found[key] = value(inner)
        return found

    return make


def _range(node: RangeOf) -> Step:
    low, high = _bound(node.low), _bound(node.high)

    def make(frame: Frame) -> Value:
        first, last = low(frame), high(frame)
        absent = (first is None and node.low is not None) or (last is None and node.high is not None)
        return None if absent else Range(first, last, node.low_included, node.high_included)

    return make


def _bound(node: Node | None) -> Step:
    return _constant(None) if node is None else build(node)


def _negative(node: Negative) -> Step:
    of = build(node.of)
    return lambda frame: negative(of(frame))


def _arithmetic(node: Arithmetic) -> Step:
    op, left, right = node.op, build(node.left), build(node.right)
    return lambda frame: arithmetic(op, left(frame), right(frame))


def _comparison(node: Comparison) -> Step:
    left, right = build(node.left), build(node.right)
    if node.op == "=":
        return lambda frame: equal(left(frame), right(frame))
    if node.op == "!=":

        def differ(frame: Frame) -> Value:
            same = equal(left(frame), right(frame))
            return None if same is None else not same

        return differ
    order = ORDERS[node.op]

    def compare(frame: Frame) -> Value:
        pair = comparable(left(frame), right(frame))
        return None if pair is None else bool(order(*pair))

    return compare


def _logic(node: Logic) -> Step:
    items = [build(item) for item in node.items]
    decisive = node.op == "or"

    def decide(frame: Frame) -> Value:
        known = True
        for item in items:
            value = item(frame)
            if value is decisive:
                return decisive
            known = known and isinstance(value, bool)
        return (not decisive) if known else None

    return decide


def _between(node: Between) -> Step:
    of, test = build(node.of), _range_test(RangeOf(node.low, node.high))
    return lambda frame: test(of(frame), frame)


def _range_test(node: RangeOf) -> Test:
    """The test of a range whose bounds may turn out null: then nothing is known, unless the other bound excludes."""
    low, high = _bound(node.low), _bound(node.high)

    def passed(value: Value, frame: Frame) -> bool | None:
        above = node.low is None or at_least(value, low(frame), node.low_included)
        below = node.high is None or at_least(high(frame), value, node.high_included)
        return both_of(above, below)

    return passed


def _value_test(node: Node) -> Test:
    of = build(node)
    return lambda value, frame: passes(value, of(frame))


def _in(node: In) -> Step:
    of = build(node.of)
    tests = [_range_test(test) if isinstance(test, RangeOf) else _value_test(test) for test in node.tests]

    def decide(frame: Frame) -> Value:
        value = of(frame)
        found: bool | None = False
        for test in tests:
            passed = test(value, frame)
            if passed is True:
                return True
            found = None if passed is None else found
        return found

    return decide


def _if(node: If) -> Step:
    test, then, otherwise = build(node.test), build(node.then), build(node.otherwise)

    def choose(frame: Frame) -> Value:
        value = test(frame)
        if value is True:
            return then(frame)
        return otherwise(frame) if value is False or value is None else None

    return choose


def _loops(bindings: Sequence[Binding]) -> Callable[[Frame], Iterator[Frame] | None]:
    """The frames of all combinations, later variables turning fastest; nothing when one has no elements to give."""
    name, over = bindings[0].name, build(bindings[0].over)
    rest = _loops(bindings[1:]) if len(bindings) > 1 else None

    def frames(frame: Frame) -> Iterator[Frame] | None:
        items = elements(over(frame))
        if items is None:
            return None
        if rest is None:
            return (frame.inner({name: item}) for item in items)
        return _nested(frame, name, items, rest)

    return frames


def _nested(
    frame: Frame, name: str, items: Sequence[Value], rest: Callable[[Frame], Iterator[Frame] | None]
) -> Iterator[Frame]:
    for item in items:
        yield from rest(frame.inner({name: item})) or ()


def _for(node: For) -> Step:
    frames, body, weight = _loops(node.bindings), build(node.body), size(node.body)

    def run(frame: Frame) -> Value:
        partial: list[Value] = []
        inner = frames(frame.inner({"partial": partial}))
        if inner is None:
            return None
        for each in inner:
            frame.run.spend(weight)
            partial.append(body(each))
            limited(len(partial))
        return list(partial)

    return run


def _quantified(node: Quantified) -> Step:
    frames, test, weight = _loops(node.bindings), build(node.test), size(node.test)
    decisive = node.quantifier == "some"

    def decide(frame: Frame) -> Value:
        inner = frames(frame)
        if inner is None:
            return None
        known = True
        for each in inner:
            frame.run.spend(weight)
            value = test(each)
            if value is decisive:
                return decisive
            known = known and isinstance(value, bool)
        return (not decisive) if known else None

    return decide


def _filter(node: Filter) -> Step:
    of, weight = build(node.of), size(node.test)
    test = build(node.test)
    if isinstance(node.test, Number):
        return _positioned(of, node.test.value)

    def select(frame: Frame) -> Value:
        value = of(frame)
        items = value if isinstance(value, list) else [] if value is None else [value]
        chosen: list[Value] = []
        for item in items:
            frame.run.spend(weight)
            passed = test(frame.of_item(item))
            if isinstance(passed, Decimal):
                return at_position(items, passed)
            if passed is not None and not isinstance(passed, bool):
                return None
            if passed is True:
                chosen.append(item)
        return chosen

    return select


def _positioned(of: Step, position: Decimal) -> Step:
    def select(frame: Frame) -> Value:
        value = of(frame)
        return at_position(value if isinstance(value, list) else [value], position)

    return select


def _call(node: Call) -> Step:
    arguments = [build(argument) for argument in node.arguments]
    names = node.names
    of = build(node.of)
    builtin = node.of.name if isinstance(node.of, Name) and node.of.name in BUILTINS else None

    def invoke(frame: Frame) -> Value:
        values = [argument(frame) for argument in arguments]
        function = of(frame) if builtin is None or frame.defines(builtin) else None
        if builtin is not None and not isinstance(function, Function):
            # A field may bear a function's name (a meeting's `duration`): called, the name means the function.
            return call(builtin, frame, values, names)
        return function.apply(values, names) if isinstance(function, Function) else None

    return invoke


def _function(node: FunctionOf) -> Step:
    body = build(node.body)
    names = tuple(parameter.name for parameter in node.parameters)

    def make(frame: Frame) -> Value:
        def run(*values: Value) -> Value:
            given = [typed(value, parameter.type) for value, parameter in zip(values, node.parameters, strict=True)]
            if any(value is None and was is not None for value, was in zip(given, values, strict=True)):
                return None
            frame.run.enter()
            frame.run.spend(1)
            result = body(frame.inner(dict(zip(names, given, strict=True))))
            frame.run.calls -= 1
            return result

        return Function(run, names)

    return make


def _instance_of(node: InstanceOf) -> Step:
    of, type_name = build(node.of), node.type
    return lambda frame: instance_of(of(frame), type_name, frame)


_BUILDERS: dict[type, Callable[[Any], Step]] = {
    Number: _literal,
    String: _literal,
    Boolean: _literal,
    Null: _null,
    Temporal: _temporal,
    Name: _name,
    Member: _member,
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
