"""What two versions of a form have differently, in plain facts."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal

import msgspec

from entente.services.forms.layout import Shape

What = Literal["field", "section", "rule", "text"]
How = Literal["added", "removed", "changed", "moved"]


class Difference(msgspec.Struct, frozen=True):
    """One difference: what kind of part, by its name, and what happened to it from the first to the second version."""

    what: What
    name: str
    how: How


def differences(old: Shape, new: Shape) -> list[Difference]:
    """Everything that the second version has differently, sections first, then fields, then rules."""
    return [*_sections(old, new), *_fields(old, new), *_rules(old, new), *_texts(old, new)]


def _sections(old: Shape, new: Shape) -> Iterator[Difference]:
    before = {made.key: made for made in old.sections}
    after = {made.key: made for made in new.sections}
    yield from (Difference("section", key, "added") for key in after if key not in before)
    yield from (Difference("section", key, "removed") for key in before if key not in after)
    for key in before.keys() & after.keys():
        bare = [msgspec.structs.replace(made, fields=()) for made in (before[key], after[key])]
        if bare[0] != bare[1]:
            yield Difference("section", key, "changed")
    if [key for key in before if key in after] != [key for key in after if key in before]:
        yield from (Difference("section", key, "moved") for key in after if key in before)


def _fields(old: Shape, new: Shape) -> Iterator[Difference]:
    before = {made.field: (section.key, made) for section in old.sections for made in section.questions}
    after = {made.field: (section.key, made) for section in new.sections for made in section.questions}
    yield from (Difference("field", name, "added") for name in after if name not in before)
    yield from (Difference("field", name, "removed") for name in before if name not in after)
    stayed = [name for name in before if name in after]
    kept = _in_order(stayed, [name for name in after if name in before])
    for name in stayed:
        if before[name][1] != after[name][1]:
            yield Difference("field", name, "changed")
        if before[name][0] != after[name][0] or name not in kept:
            yield Difference("field", name, "moved")


def _in_order(old: list[str], new: list[str]) -> set[str]:
    """Those names that stand in the same order in both lists: what moved is told, not all that stood behind it."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return {name for block in blocks for name in old[block.a : block.a + block.size]}


def _rules(old: Shape, new: Shape) -> Iterator[Difference]:
    yield from (Difference("rule", rule.when, "added") for rule in new.rules if rule not in old.rules)
    yield from (Difference("rule", rule.when, "removed") for rule in old.rules if rule not in new.rules)
    kept = [rule for rule in old.rules if rule in new.rules]
    if kept != [rule for rule in new.rules if rule in old.rules]:
        yield from (Difference("rule", rule.when, "moved") for rule in kept)


def _texts(old: Shape, new: Shape) -> Iterator[Difference]:
    for name in ("title", "intro", "submit", "confirm"):
        if getattr(old, name, None) != getattr(new, name, None):
            yield Difference("text", name, "changed")
