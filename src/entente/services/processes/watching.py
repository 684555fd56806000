"""The records that conditions read which instances wait for, so that a change of one is noticed without polling."""

from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import NotFound
from entente.kernel.records.formulas import context_of
from entente.kernel.records.query import find
from entente.services.processes.engine.state import State
from entente.services.processes.engine.waiting import condition_of
from entente.services.processes.expressions import paths_in
from entente.services.processes.keeping import Kept

_REWRITE = """
WITH gone AS (DELETE FROM {schema}.process_watch WHERE instance = %(id)s AND NOT record = ANY(%(records)s))
INSERT INTO {schema}.process_watch SELECT %(id)s, unnest(%(records)s::uuid[]) ON CONFLICT DO NOTHING
"""


def watch(tx: Tx, kept: Kept) -> None:
    """Note which records an instance's conditions read, if it waits for any or did before."""
    had = any(each.kind == "condition" for each in kept.parts["subscription"].values())
    waits = [each for each in kept.state.waits.values() if each.kind == "condition"]
    if not had and not waits:
        return
    texts = {condition_of(kept.state, each) for each in waits}
    records = sorted(set(_read_by(tx, kept.state, texts)))
    engine_rows(tx, _REWRITE, id=kept.state.instance.id, records=records)


def _read_by(tx: Tx, state: State, texts: set[str]) -> Iterator[UUID]:
    """The record of an instance, and those behind the links that its conditions follow."""
    instance = state.instance
    if not texts or instance.entity is None or instance.record is None:
        return
    yield instance.record
    links = {path[:length] for text in texts for path in paths_in(text) for length in range(1, len(path))}
    if not links:
        return
    everything = tx.acting_as(system("conditions"))
    entity = everything.catalog.entity(instance.entity)
    values = context_of(everything, entity, find(everything, entity.name, instance.record)).values
    for path in sorted(links):
        with suppress(KeyError, NotFound):
            found = values[".".join(path)]
            if isinstance(found, UUID):
                yield found
