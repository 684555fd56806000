"""Numbers given by the system: each series counts without gaps, in the transaction that uses the number."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field
from entente.kernel.records.record import Draft

DEFAULT_PATTERN = "{number:05}"
# In one order for all, so that two transactions never wait for each other's series.
TAKE = """
INSERT INTO {schema}.series (name, next)
SELECT name, 1 + count FROM unnest(%(names)s::text[], %(counts)s::bigint[]) AS wanted (name, count) ORDER BY name
ON CONFLICT (name) DO UPDATE SET next = series.next + excluded.next - 1 RETURNING name, next
"""


def give_numbers(tx: Tx, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Give the drafts their numbers where they have none."""
    for field in entity.facets.numbered:
        waiting = [draft for draft in drafts if not draft[field.name]]
        for draft, number in zip(waiting, _numbers(tx, [(entity, field, len(waiting))]), strict=True):
            draft[field.name] = number


def numbers_of(tx: Tx, news: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """The numbers that one new record of each entity gets where its values have none, by field, taken at once."""
    entities = [(tx.catalog.entity(name), values) for name, values in news.items()]
    wanted = [
        (made, each, 1) for made, values in entities for each in made.facets.numbered if not values.get(each.name)
    ]
    given: dict[str, dict[str, str]] = {}
    for (entity, field, _), number in zip(wanted, _numbers(tx, wanted), strict=True):
        given.setdefault(entity.name, {})[field.name] = number
    return given


def _numbers(tx: Tx, wanted: Sequence[tuple[Entity, Field, int]]) -> Iterator[str]:
    year = tx.clock.now().year
    patterns = [field.definition.pattern or DEFAULT_PATTERN for _, field, _ in wanted]
    names = [
        f"{entity.name}.{field.name}" + (f".{year}" if "{year}" in pattern else "")
        for (entity, field, _), pattern in zip(wanted, patterns, strict=True)
    ]
    counts = [count for _, _, count in wanted]
    after = (
        {row["name"]: row["next"] for row in engine_rows(tx, TAKE, names=names, counts=counts)} if any(counts) else {}
    )
    for name, pattern, count in zip(names, patterns, counts, strict=True):
        for back in range(count, 0, -1):
            yield pattern.format(year=year, number=after[name] - back)
