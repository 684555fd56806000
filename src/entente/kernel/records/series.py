"""Numbers given by the system: each series counts without gaps, in the transaction that uses the number."""

from collections.abc import Sequence

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.record import Draft

DEFAULT_PATTERN = "{number:05}"


def give_numbers(tx: Tx, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Give the drafts their numbers where they have none."""
    for field in entity.facets.numbered:
        waiting = [draft for draft in drafts if not draft[field.name]]
        if not waiting:
            continue
        pattern = field.definition.pattern or DEFAULT_PATTERN
        year = tx.clock.now().year
        series = f"{entity.name}.{field.name}" + (f".{year}" if "{year}" in pattern else "")
        first = _take(tx, series, len(waiting))
        for at, draft in enumerate(waiting):
            draft[field.name] = pattern.format(year=year, number=first + at)


def _take(tx: Tx, series: str, count: int) -> int:
    """The first of `count` numbers of a series, now taken."""
    found = engine_rows(
        tx,
        "INSERT INTO {schema}.series (name, next) VALUES (%(series)s, 1 + %(count)s)"
        " ON CONFLICT (name) DO UPDATE SET next = series.next + %(count)s RETURNING next - %(count)s AS first",
        series=series,
        count=count,
    )
    return int(found[0]["first"])
