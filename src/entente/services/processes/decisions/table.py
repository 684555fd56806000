"""A decision as it is worked out: a table of rules, or one expression; frozen, without its drawing."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Policy = Literal["UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"]
POLICIES: tuple[str, ...] = ("UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER")
AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")


class Input(msgspec.Struct, frozen=True):
    """A column that is tested: what it reads, of which type, and which values it may have (empty: any)."""

    id: str
    label: str
    expression: str
    type: str = ""
    allowed: str = ""


class Output(msgspec.Struct, frozen=True):
    """A column that is given: its name, its type, its values in the order of their weight, and its default."""

    id: str
    name: str
    type: str = ""
    allowed: str = ""
    default: str = ""


class Rule(msgspec.Struct, frozen=True):
    """One line of a table: a test for each input, an expression for each output, and a note for people."""

    id: str
    tests: tuple[str, ...]
    results: tuple[str, ...]
    note: str = ""


class Table(msgspec.Struct, frozen=True):
    """The rules of a decision and what happens when several of them fit."""

    id: str
    policy: str
    aggregation: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]


class Decision(msgspec.Struct, frozen=True):
    """One decision: how it is found (`kind`: the tag of its logic), what it needs before, its name for others."""

    id: str
    name: str
    kind: str
    variable: str
    type: str = ""
    requires: tuple[str, ...] = ()
    table: Table | None = None
    expression: str = ""


class Model(msgspec.Struct, frozen=True):
    """The decisions of a file by id, its types by name, and the names that contain more than letters and digits."""

    key: str
    name: str
    decisions: Mapping[str, Decision]
    types: Mapping[str, str] = {}
    names: tuple[str, ...] = ()

    @property
    def main(self) -> Decision:
        """The decision for which the others are made: the first that none of them needs."""
        needed = {each for decision in self.decisions.values() for each in decision.requires}
        free = [each for each in self.decisions.values() if each.id not in needed]
        return (free or list(self.decisions.values()))[0]
