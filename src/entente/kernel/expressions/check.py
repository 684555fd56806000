"""The static check of an expression against the fields that there are."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from entente.kernel.expressions import literals
from entente.kernel.expressions.functions.table import BUILTINS
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
    path_of,
)
from entente.kernel.expressions.types import (
    ANY,
    BOOLEAN,
    CONTEXT,
    DURATION,
    FUNCTION,
    LIST,
    MONTHS,
    NULL,
    NUMBER,
    STRING,
    Type,
    fits,
    joined,
    list_of,
)
from entente.kernel.expressions.typing_rules import part, result
from entente.kernel.expressions.unparse import unparse
from entente.kernel.expressions.values import kind
from entente.kernel.kit.refusal import Invalid, Refused

Path = tuple[str, ...]


class Scope(Protocol):
    """The fields that an expression may read."""

    def type_of(self, path: tuple[str, ...]) -> Type | None:
        """The type of a field; of a field behind a list, the type it has in each element; nothing when unknown."""
        ...


def check(node: Node, scope: Scope, *, expect: Type = ANY, forbid: Collection[str] = ()) -> Type:
    """The type of an expression whose names, types and functions are right.

    Raises Refused `expression_unknown_field`, `expression_unknown_function`, `expression_function_forbidden` (one
    of `forbid`), `expression_arguments`, `expression_wrong_type` or `expression_types_differ`; Invalid when several.
    """
    checker = _Checker(scope, forbid)
    found = checker.type(node)
    if not checker.faults:
        checker.wants(node, found, expect)
    if len(checker.faults) > 1:
        raise Invalid(checker.faults)
    if checker.faults:
        raise checker.faults[0]
    return found


class _Checker:
    def __init__(self, scope: Scope, forbid: Collection[str]) -> None:
        self.scope = scope
        self.forbid = forbid
        self.faults: list[Refused] = []
        self.bound: list[tuple[str, Type, Path | None]] = []  # an empty name opens the fields of a filter's element

    def type(self, node: Node) -> Type:
        """The type of a node; any when it is at fault."""
        found: Type = _RULES[type(node)](self, node)
        return found

    def fault(self, code: str, **values: Any) -> Type:
        """Note a fault once."""
        if all((fault.code, fault.values) != (code, values) for fault in self.faults):
            self.faults.append(Refused(code, **values))
        return ANY

    def wants(self, node: Node, given: Type, *wanted: Type) -> None:
        """Note a fault unless the type fits one of those wanted."""
        if not any(fits(given, one) for one in wanted):
            self.fault(
                "expression_wrong_type", part=unparse(node), given=str(given), wanted=" / ".join(map(str, wanted))
            )

    def under(self, names: Sequence[tuple[str, Type, Path | None]], node: Node) -> Type:
        """The type of a node that sees more names."""
        self.bound.extend(names)
        found = self.type(node)
        del self.bound[len(self.bound) - len(names) :]
        return found

    def path(self, path: Path) -> Type | None:
        """The type of a path: of a variable, of a filter's element, or of the scope."""
        for name, of, base in reversed(self.bound):
            if name == path[0]:
                return self._stepwise(base, of, path[1:])
            if not name and (found := self._stepwise(base, of, path)) is not None:
                return found
        if path[0] == "old":
            return CONTEXT if len(path) == 1 else self.path(path[1:])
        if path[0] in ("record", "current user") and len(path) == 1:
            return CONTEXT
        head = ("user", *path[1:]) if path[0] == "current user" else path
        root = self.scope.type_of(head[:1])
        return None if root is None else self._stepwise(head[:1], root, head[1:])

    def _stepwise(self, base: Path | None, of: Type, rest: Path) -> Type | None:
        found: Type | None = of
        for name in rest:
            base = None if base is None else (*base, name)
            known = self._known(base)
            if found is not None and found.kind == "list":
                inner = known or part(found.of or ANY, name)
                found = None if inner is None else list_of(inner)
            else:
                found = known or (None if found is None else part(found, name))
        return found

    def _known(self, base: Path | None) -> Type | None:
        return None if base is None else self.scope.type_of(base)

    def list_path(self, node: Node) -> Path | None:
        """The path of the list that a node walks over, through its filters and variables."""
        names: list[str] = []
        while isinstance(node, Member | Filter):
            if isinstance(node, Member):
                names.insert(0, node.name)
            node = node.of
        if not isinstance(node, Name):
            return None
        for name, _, base in reversed(self.bound):
            if name == node.name:
                return None if base is None else (*base, *names)
        return (node.name, *names) if node.name != "record" else tuple(names)


def _plain(of: Type) -> Callable[[_Checker, Node], Type]:
    return lambda checker, node: of


def _temporal(checker: _Checker, node: Temporal) -> Type:
    value = literals.read_temporal(node.text)
    if value is None:
        return checker.fault("expression_wrong_type", part=unparse(node), given="any", wanted="date / time / duration")
    return Type(kind(value))


def _path(checker: _Checker, node: Name | Member) -> Type:
    path = path_of(node)
    if path is not None:
        found = checker.path(path)
        if found is None and len(path) == 1 and path[0] in BUILTINS:
            return FUNCTION
        return found or checker.fault("expression_unknown_field", name=".".join(path))
    if not isinstance(node, Member):
        return ANY
    of = checker.type(node.of)
    base = checker.list_path(node)
    known = None if base is None else checker.scope.type_of(base)
    if of.kind == "list":
        inner = known or part(of.of or ANY, node.name)
        return list_of(inner) if inner else checker.fault("expression_unknown_field", name=node.name)
    return part(of, node.name) or checker.fault("expression_unknown_field", name=node.name)


def _common(checker: _Checker, nodes: Sequence[Node]) -> Type:
    """The type that all of some nodes have; any when they have none in common."""
    found: Type | None = NULL
    for node in nodes:
        of = checker.type(node)
        found = None if found is None else joined(found, of)
    return found or ANY


def _list(checker: _Checker, node: ListOf) -> Type:
    return list_of(_common(checker, node.items)) if node.items else LIST


def _context(checker: _Checker, node: ContextOf) -> Type:
    fields: list[tuple[str, Type]] = []
    for entry in node.entries:
        fields.append((entry.key, checker.under([(key, of, None) for key, of in fields], entry.value)))
    return Type("context", None, tuple(fields))


def _range(checker: _Checker, node: RangeOf) -> Type:
    ends = [end for end in (node.low, node.high) if end is not None]
    types = [checker.type(end) for end in ends]
    shared = joined(types[0], types[-1])
    if shared is None:
        return checker.fault("expression_types_differ", part=unparse(node), left=str(types[0]), right=str(types[1]))
    return Type("range", shared)


def _negative(checker: _Checker, node: Negative) -> Type:
    of = checker.type(node.of)
    checker.wants(node.of, of, NUMBER, DURATION, MONTHS)
    return of


def _arithmetic(checker: _Checker, node: Arithmetic) -> Type:
    left, right = checker.type(node.left), checker.type(node.right)
    if "any" in (left.kind, right.kind) or "null" in (left.kind, right.kind):
        return ANY
    found = result(node.op, left.kind, right.kind)
    return found or checker.fault("expression_types_differ", part=unparse(node), left=str(left), right=str(right))


_ORDERED = frozenset(("number", "string", "date", "datetime", "time", "duration", "months", "any", "null"))


def _compared(checker: _Checker, node: Node, left: Type, right: Type, *, ordered: bool) -> None:
    alike = joined(left, right) is not None and (not ordered or {left.kind, right.kind} <= _ORDERED)
    linked = {left.kind, right.kind} in ({"id", "context"}, {"string", "context"}) and not ordered
    if not alike and not linked:
        checker.fault("expression_types_differ", part=unparse(node), left=str(left), right=str(right))


def _comparison(checker: _Checker, node: Comparison) -> Type:
    left, right = checker.type(node.left), checker.type(node.right)
    _compared(checker, node, left, right, ordered=node.op not in ("=", "!="))
    return BOOLEAN


def _between(checker: _Checker, node: Between) -> Type:
    of = checker.type(node.of)
    for end in (node.low, node.high):
        _compared(checker, node, of, checker.type(end), ordered=True)
    return BOOLEAN


def _in(checker: _Checker, node: In) -> Type:
    of = checker.type(node.of)
    for test in node.tests:
        found = checker.type(test)
        inside = found.of or ANY if found.kind in ("list", "range") and of.kind != found.kind else found
        inside = inside.of or ANY if inside.kind == "range" else inside
        _compared(checker, node, of, inside, ordered=found.kind == "range")
    return BOOLEAN


def _logic(checker: _Checker, node: Logic) -> Type:
    for item in node.items:
        checker.wants(item, checker.type(item), BOOLEAN)
    return BOOLEAN


def _if(checker: _Checker, node: If) -> Type:
    checker.wants(node.test, checker.type(node.test), BOOLEAN)
    then, otherwise = checker.type(node.then), checker.type(node.otherwise)
    shared = joined(then, otherwise)
    return shared or checker.fault("expression_types_differ", part=unparse(node), left=str(then), right=str(otherwise))


def _elements(checker: _Checker, bindings: Sequence[Binding]) -> list[tuple[str, Type, Path | None]]:
    found: list[tuple[str, Type, Path | None]] = []
    for binding in bindings:
        of = checker.under(found, binding.over)
        if of.kind not in ("list", "range", "any", "null"):
            checker.wants(binding.over, of, LIST)
        found.append((binding.name, of.of or ANY, checker.list_path(binding.over)))
    return found


def _for(checker: _Checker, node: For) -> Type:
    names = [("partial", LIST, None), *_elements(checker, node.bindings)]
    return list_of(checker.under(names, node.body))


def _quantified(checker: _Checker, node: Quantified) -> Type:
    found = checker.under(_elements(checker, node.bindings), node.test)
    checker.wants(node.test, found, BOOLEAN)
    return BOOLEAN


def _filter(checker: _Checker, node: Filter) -> Type:
    of = checker.type(node.of)
    element = (of.of or ANY) if of.kind == "list" else of
    base = checker.list_path(node.of)
    test = checker.under([("item", element, base), ("", element, base)], node.test)
    checker.wants(node.test, test, BOOLEAN, NUMBER)
    return element if test.kind == "number" else list_of(element)


def _call(checker: _Checker, node: Call) -> Type:
    types = [checker.type(argument) for argument in node.arguments]
    name = node.of.name if isinstance(node.of, Name) else None
    known = None if name is None else checker.path((name,))
    if name is None or (known is not None and (name not in BUILTINS or known.kind in ("function", "any"))):
        checker.wants(node.of, checker.type(node.of), FUNCTION)
        return ANY
    if name not in BUILTINS:
        return checker.fault("expression_unknown_function", name=name)
    if name in checker.forbid:
        return checker.fault("expression_function_forbidden", name=name)
    if name == "changed" and node.arguments and isinstance(node.arguments[0], String):
        path = tuple(node.arguments[0].value.split("."))
        if checker.path(path) is None:
            return checker.fault("expression_unknown_field", name=node.arguments[0].value)
    return _result_of(checker, name, node.names, types)


def _result_of(checker: _Checker, name: str, names: tuple[str, ...], types: Sequence[Type]) -> Type:
    for overload in BUILTINS[name]:
        places = overload.arrange(len(types), names)
        if places is None:
            continue
        arranged = [ANY if at is None else types[at] for at in places]
        if all(parameter.takes(of) for parameter, of in zip(overload.parameters, arranged, strict=True)):
            return overload.result_type(arranged)
    return checker.fault("expression_arguments", name=name, given=", ".join(map(str, types)) or "-")


def _function(checker: _Checker, node: FunctionOf) -> Type:
    checker.under([(parameter.name, ANY, None) for parameter in node.parameters], node.body)
    return FUNCTION


def _instance_of(checker: _Checker, node: InstanceOf) -> Type:
    checker.type(node.of)
    return BOOLEAN


_RULES: dict[type, Callable[[_Checker, Any], Type]] = {
    Number: _plain(NUMBER),
    String: _plain(STRING),
    Boolean: _plain(BOOLEAN),
    Null: _plain(NULL),
    Temporal: _temporal,
    Name: _path,
    Member: _path,
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
