"""Expressions of a process: over its variables and the record that it runs on."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from entente.kernel.expressions.depends import free_names
from entente.kernel.expressions.evaluate import compile_python
from entente.kernel.expressions.frame import Context
from entente.kernel.expressions.nodes import Member, Name
from entente.kernel.expressions.operators import member
from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.values import Moment
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity

RECORD = "record"


@lru_cache(maxsize=4096)
def _compiled(text: str, spaced: tuple[str, ...]) -> Callable[[Context], Any]:
    return compile_python(_joined(parse(text, spaced)))


def _joined(node: Any) -> Any:
    """The tree with `record.owner.name` as one part of the record, so that it can be looked up behind the link."""
    path = _path_in_record(node)
    if len(path) > 1:
        return Member(Name(RECORD), ".".join(path))
    if isinstance(node, msgspec.Struct):
        return msgspec.structs.replace(node, **{name: _joined(getattr(node, name)) for name in node.__struct_fields__})
    return tuple(_joined(each) for each in node) if isinstance(node, tuple) else node


def _path_in_record(node: Any) -> list[str]:
    """The names behind `record` in a plain path; none when it is another path or none."""
    names: list[str] = []
    while isinstance(node, Member):
        names.insert(0, node.name)
        node = node.of
    return names if isinstance(node, Name) and node.name == RECORD else []


@lru_cache(maxsize=4096)
def reads_record(text: str) -> bool:
    """Whether an expression reads the record; one that names data with spaces is taken to when the word is in it."""
    try:
        return RECORD in free_names(parse(text))
    except Refused:
        return RECORD in text


@lru_cache(maxsize=4096)
def paths_in(text: str) -> frozenset[tuple[str, ...]]:
    """The paths behind `record` that an expression reads; Refused when it is none."""
    return frozenset(_paths(parse(text)))


def _paths(node: Any) -> Iterator[tuple[str, ...]]:
    path = _path_in_record(node)
    if path:
        yield tuple(path)
    elif isinstance(node, msgspec.Struct):
        for name in node.__struct_fields__:
            yield from _paths(getattr(node, name))
    elif isinstance(node, tuple):
        for each in node:
            yield from _paths(each)


def value_of(text: str, names: Mapping[str, Any], moment: Moment) -> Any:
    """The value of an expression over names; Refused when it is none, or costs too much."""
    spaced = tuple(sorted(name for name in names if not name.isidentifier()))
    return _compiled(text, spaced)(Context(names, moment))


class SeenByBoth(Mapping[str, Any]):
    """What two people both see of a record: a value that they see differently is seen by neither."""

    def __init__(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
        self._one = one
        self._other = other

    def __getitem__(self, name: str) -> Any:
        """The value that both see, nothing when one of them does not."""
        found, seen = self._one[name], self._other[name]
        return found if type(found) is type(seen) and found == seen else None

    def __iter__(self) -> Iterator[str]:
        """The names of the fields."""
        return iter(self._one)

    def __len__(self) -> int:
        """How many fields there are."""
        return len(self._one)


class Subject(Mapping[str, Any]):
    """The record of an instance as its expressions see it: fields, and by dotted names what lies behind links."""

    def __init__(self, entity: Entity, values: Mapping[str, Any]) -> None:
        self._entity = entity
        self._values = values

    def __getitem__(self, name: str) -> Any:
        """The value of a field, of a part of it, or of a field behind it."""
        head, *rest = name.split(".")
        field = self._entity.fields.get(head)
        if not rest or (field is not None and field.type.key == "link"):
            return self._values[name]
        found = self._values.get(head)
        for part in rest:
            found = member(found, part)
        return found

    def __iter__(self) -> Iterator[str]:
        """The names of the fields."""
        return iter(self._entity.fields)

    def __len__(self) -> int:
        """How many fields there are."""
        return len(self._entity.fields)
