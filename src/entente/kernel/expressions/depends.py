"""What an expression reads."""

from collections.abc import Iterator

from entente.kernel.expressions.functions.table import BUILTINS
from entente.kernel.expressions.nodes import (
    Call,
    ContextOf,
    Filter,
    For,
    FunctionOf,
    Member,
    Name,
    Node,
    Quantified,
    String,
    children,
    path_of,
)
from entente.kernel.expressions.vocabulary import SUBJECT

Path = tuple[str, ...]
_Bound = dict[str, Path | None]
_VARIABLE: Path | None = None


def reads(node: Node) -> frozenset[Path]:
    """The paths that an expression reads, longest form; inside a filter or loop they go through its list.

    `old.stage`, `changed("stage")` and a leading `record` count as the field itself, `current user` as `user`. A bare
    name inside a filter may be a field of the element or of the record: the path through the list is given.
    """
    return frozenset(_as_field(path) for path in _reads(node, {}))


def _as_field(path: Path) -> Path:
    if path[0] == "old" and len(path) > 1:
        return path[1:]
    return ("user", *path[1:]) if path[0] == SUBJECT else path


def free_names(node: Node) -> frozenset[str]:
    """The first words of all the paths that an expression reads, a filter's own fields among them."""
    return frozenset(_free(node, frozenset()))


def _free(node: Node, bound: frozenset[str]) -> Iterator[str]:
    if isinstance(node, Name):
        if node.name not in bound and node.name not in BUILTINS:
            yield node.name
    elif isinstance(node, Call) and isinstance(node.of, Name) and node.of.name == "changed":
        yield "old"
    elif isinstance(node, For | Quantified):
        for binding in node.bindings:
            yield from _free(binding.over, bound)
            bound |= {binding.name}
        yield from _free(node.body if isinstance(node, For) else node.test, bound | {"partial"})
    else:
        inner = bound | _own_names(node)
        for child in children(node):
            yield from _free(child, inner)


def _own_names(node: Node) -> frozenset[str]:
    if isinstance(node, Filter):
        return frozenset(("item",))
    if isinstance(node, FunctionOf):
        return frozenset(parameter.name for parameter in node.parameters)
    return frozenset(entry.key for entry in node.entries) if isinstance(node, ContextOf) else frozenset()


def _reads(node: Node, bound: _Bound) -> Iterator[Path]:
    path = path_of(node)
    if path is not None:
        yield from _known(path, bound)
    elif isinstance(node, Member) and (base := _list_path(node, bound)) is not None:
        yield base
        yield from _reads(node.of, bound)
    elif isinstance(node, For | Quantified):
        yield from _loop(node, bound)
    elif isinstance(node, Filter):
        base = _list_path(node.of, bound)
        yield from _reads(node.of, bound)
        yield from _reads(node.test, {**bound, "item": base, "": base})
    elif isinstance(node, Call):
        yield from _call(node, bound)
    else:
        inner = {**bound, **dict.fromkeys(_own_names(node), _VARIABLE)}
        for child in children(node):
            yield from _reads(child, inner)


def _call(node: Call, bound: _Bound) -> Iterator[Path]:
    name = node.of.name if isinstance(node.of, Name) else ""
    if name == "changed" and node.arguments and isinstance(node.arguments[0], String):
        yield tuple(node.arguments[0].value.split("."))
        return
    if name == "in group":
        yield ("user", "groups")
    if name not in BUILTINS:
        yield from _reads(node.of, bound)
    for argument in node.arguments:
        yield from _reads(argument, bound)


def _loop(node: For | Quantified, bound: _Bound) -> Iterator[Path]:
    inner = {**bound, "partial": _VARIABLE}
    for binding in node.bindings:
        yield from _reads(binding.over, inner)
        inner = {**inner, binding.name: _list_path(binding.over, inner)}
    yield from _reads(node.body if isinstance(node, For) else node.test, inner)


def _known(path: Path, bound: _Bound) -> Iterator[Path]:
    head, *rest = path
    if head in bound:
        base = bound[head]
        if base is not None:
            yield (*base, *rest)
    elif head in BUILTINS and not rest:
        return
    elif bound.get("") is not None:
        yield (*(bound[""] or ()), *path)
    else:
        yield path


def _list_path(node: Node, bound: _Bound) -> Path | None:
    """The path of the list that a node walks over, through its filters."""
    names: list[str] = []
    while isinstance(node, Member | Filter):
        if isinstance(node, Member):
            names.insert(0, node.name)
        node = node.of
    if not isinstance(node, Name) or (node.name in bound and bound[node.name] is None):
        return None
    whole = (node.name, *names)
    found = next(iter(_known(path_of(node) or (), bound)), None)
    if found is None:
        return None
    path = (*found, *names)
    return path[1:] if whole[0] == "record" and len(path) > 1 else path
