"""Conditions of rules: proved when saved, and evaluated with the value of every part of them for the run log."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.expressions.check import check
from entente.kernel.expressions.nodes import (
    Boolean,
    Filter,
    For,
    FunctionOf,
    Name,
    Node,
    Null,
    Number,
    Quantified,
    String,
    Temporal,
    children,
    path_of,
)
from entente.kernel.expressions.types import ANY, BOOLEAN, Type
from entente.kernel.expressions.unparse import unparse
from entente.kernel.metadata.catalog import Entity
from entente.kernel.proving import EntityScope
from entente.kernel.records.columns import parsed
from entente.kernel.records.formulas import evaluate

CONSTANTS = (Boolean, Null, Number, String, Temporal)
# What binds names of its own has no parts that mean something by themselves.
WHOLE = (Filter, For, FunctionOf, Quantified)
MOST_PARTS = 60
LONGEST_VALUE = 200


class Traced(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An expression, or a part of one, with the value that it had."""

    text: str
    value: Any = None
    parts: tuple["Traced", ...] = ()

    @property
    def holds(self) -> bool:
        """Whether it is a condition that is fulfilled; unknown counts as no."""
        return self.value is True


ALWAYS = Traced(text="", value=True)


def prove(tx: Tx, entity: Entity, text: str, expect: Type = BOOLEAN) -> None:
    """Refused or Invalid when an expression has a wrong name or type, or reads what its author may not."""
    scope = EntityScope(tx.catalog, entity, lists=False, usable=lambda name, field: may_use(tx, name, field))
    check(parsed(text), scope, expect=expect)


def prove_value(tx: Tx, entity: Entity, text: str) -> None:
    """The same for an expression that may be of any type."""
    prove(tx, entity, text, ANY)


def traced(
    tx: Tx, entity: Entity, text: str, values: Mapping[str, Any], old: Mapping[str, Any] | None = None
) -> Traced:
    """The value of a condition over a record, with that of each of its parts; an empty one always holds."""
    return _traced(tx, entity, parsed(text), values, old, iter(range(MOST_PARTS))) if text else ALWAYS


def _traced(
    tx: Tx,
    entity: Entity,
    node: Node,
    values: Mapping[str, Any],
    old: Mapping[str, Any] | None,
    left: Iterator[int],
) -> Traced:
    text = unparse(node)
    value = evaluate(tx, entity, text, values, old)
    parts = tuple(_traced(tx, entity, part, values, old, left) for part in _parts(node) if next(left, None) is not None)
    return Traced(text=text, value=_shown(value), parts=parts)


def _parts(node: Node) -> Iterator[Node]:
    if isinstance(node, WHOLE) or path_of(node) is not None:
        return
    for part in children(node):
        is_function = isinstance(part, Name) and part is getattr(node, "of", None)
        if not isinstance(part, CONSTANTS) and not is_function:
            yield part


def _shown(value: Any) -> Any:
    """The value as the log keeps it: JSON's own types, and no longer than a line."""
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)[:LONGEST_VALUE]
