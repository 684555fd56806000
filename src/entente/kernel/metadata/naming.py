"""What entities and fields may be called: their names become tables, columns, addresses and words of expressions."""

import re
from collections.abc import Iterator

from entente.kernel.metadata.entity import EntityDef

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
PATH = re.compile(r"[a-z][a-z0-9-]{0,39}")
PATTERN = re.compile(r"(?:[^{}]|\{year\}|\{number(?::0?[1-9]?\d)?\})*")
# Columns of the engine, and names that mean something else in expressions.
TAKEN = frozenset(("id", "deleted_at", "search_text", "match_keys", "old", "user", "item", "partial"))


def misnamed(made: EntityDef) -> Iterator[str]:
    """What is wrong with the names of an entity and its fields, and with the patterns of its numbers."""
    if not NAME.fullmatch(made.entity):
        yield f"{made.entity!r} is no name of an entity"
    if not PATH.fullmatch(made.path):
        yield f"{made.entity}: {made.path!r} is no path"
    for name, field in made.fields.items():
        if not NAME.fullmatch(name) or name in TAKEN:
            yield f"{made.entity}.{name}: no name of a field"
        if field.pattern is not None and not (PATTERN.fullmatch(field.pattern) and "{number" in field.pattern):
            yield f"{made.entity}.{name}: the pattern needs a {{number}} and knows only {{year}} besides"
