"""What whoever is asked about a task is shown of its record, though his own rights do not open it."""

from collections.abc import Iterable
from uuid import UUID

from entente.kernel.db.tx import Tx, engine_row
from entente.kernel.identity.authenticate import principal_of
from entente.services.worklist.holding import Item, read_work

_SHOWN = (
    "SELECT 1 FROM {schema}.task_event WHERE task = %(task)s AND item = %(item)s AND verb = 'ask'"
    " AND detail ->> 'shown' = 'true'"
)


def asker_who_shows(tx: Tx, task: UUID) -> Tx | None:
    """A reading as whoever asks the principal about a task and shows him its record; nothing when nobody does."""
    asked = (each for each in read_work(tx, task, lock=False).live if each.way)
    return as_asker(tx, task, asked)


def as_asker(tx: Tx, task: UUID, items: Iterable[Item]) -> Tx | None:
    """A reading as whoever put the question of one of the items and showed the record with it, while he may himself."""
    for item in items:
        if item.origin != "ask" or item.asked_by is None:
            continue
        asker = principal_of(tx, item.asked_by)
        if asker is not None and engine_row(tx, _SHOWN, task=task, item=item.id):
            reading = tx.acting_as(asker)
            reading.language = tx.language
            return reading
    return None
