"""The conditions of a filter as people see them: chips in words, fields with their comparisons."""

from entente.interfaces.html.views.lists import Chip, FilterField
from entente.kernel.db.tx import Tx
from entente.kernel.expressions.nodes import Node
from entente.kernel.metadata.catalog import Entity


def node_of(text: str) -> Node | None:
    """The tree that the JSON of the filter builder means."""
    return None


def chips_of(tx: Tx, entity: Entity, text: str) -> tuple[Chip, ...]:
    """The conditions in words."""
    return ()


def filter_fields(tx: Tx, entity: Entity) -> tuple[FilterField, ...]:
    """The fields that the filter builder offers."""
    return ()
