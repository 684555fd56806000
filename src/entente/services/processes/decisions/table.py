"""A decision as it is worked out: a table of rules, or one expression; frozen, without its drawing."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Policy = Literal["UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"]
POLICIES: tuple[str, ...] = ("UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER")
AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")


class Value(msgspec.Struct, frozen=True):
    """A value that a column may have, as it stands among them, and what people call it in each language."""

    text: str
    labels: Mapping[str, str] = {}


class Input(msgspec.Struct, frozen=True):
    """A column that is tested: what it reads, of which type, and which values it may have (empty: any).

    `labels` is what it is called by language, where the model says so; `values` are those with names of their own.
    """

    id: str
    label: str
    expression: str
    type: str = ""
    allowed: str = ""
    labels: Mapping[str, str] = {}
    values: tuple[Value, ...] = ()

    def called(self, language: str) -> str:
        """What people call it in a language; empty without any title."""
        return self.labels.get(language) or self.label


class Output(msgspec.Struct, frozen=True):
    """A column that is given: its name, its type, its values in the order of their weight, and its default.

    Programs know it by its name, people by its title: `label`, or one of `labels` in their language.
    """

    id: str
    name: str
    type: str = ""
    allowed: str = ""
    default: str = ""
    label: str = ""
    labels: Mapping[str, str] = {}
    values: tuple[Value, ...] = ()

    def called(self, language: str) -> str:
        """What people call it in a language, its name without any title."""
        return self.labels.get(language) or self.label or self.name


class Rule(msgspec.Struct, frozen=True):
    """One line of a table: a test for each input, an expression for each output, and a note for people."""

    id: str
    tests: tuple[str, ...]
    results: tuple[str, ...]
    note: str = ""
    notes: Mapping[str, str] = {}


class Table(msgspec.Struct, frozen=True):
    """The rules of a decision and what happens when several of them fit."""

    id: str
    policy: str
    aggregation: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]


class Texts(msgspec.Struct, frozen=True):
    """What a decision is called and what it is for, by language."""

    names: Mapping[str, str] = {}
    descriptions: Mapping[str, str] = {}


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
    description: str = ""
    texts: Texts = Texts()

    def called(self, language: str) -> str:
        """What people call it in a language."""
        return self.texts.names.get(language) or self.name

    def described(self, language: str) -> str:
        """What it is for, in the words of a language where there are some."""
        return self.texts.descriptions.get(language) or self.description


class Model(msgspec.Struct, frozen=True):
    """The decisions of a file by id, its types by name, and the names that contain more than letters and digits.

    `titles` is what the file is called by language, as far as it or its only decision says so.
    """

    key: str
    name: str
    decisions: Mapping[str, Decision]
    types: Mapping[str, str] = {}
    names: tuple[str, ...] = ()
    titles: Mapping[str, str] = {}

    @property
    def main(self) -> Decision:
        """The decision for which the others are made: the first that none of them needs."""
        needed = {each for decision in self.decisions.values() for each in decision.requires}
        free = [each for each in self.decisions.values() if each.id not in needed]
        return (free or list(self.decisions.values()))[0]
