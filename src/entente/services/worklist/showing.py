"""What whoever is asked about a task is shown of its record, though his own rights do not open it."""

from collections.abc import Iterable
from uuid import UUID

from entente.kernel.db.tx import Tx, engine_row
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.records.query import exists
from entente.services.worklist.holding import Item, Work, read_work

_SHOWN = (
    "SELECT 1 FROM {schema}.task_event WHERE task = %(task)s AND item = %(item)s AND verb = 'ask'"
    " AND detail ->> 'shown' = 'true'"
)


def asker_who_shows(tx: Tx, task: UUID) -> Tx | None:
    """A reading as whoever asks the principal about a task and shows him its record; nothing when nobody does."""
    work = read_work(tx, task, lock=False)
    return as_asker(tx, work, (each for each in work.live if each.way))


def may_show(tx: Tx, work: Work) -> bool:
    """Whether the principal may open the record of a task to others: by the right to share it."""
    return work.entity is not None and work.record is not None and exists(tx, work.entity, work.record, "share")


def as_asker(tx: Tx, work: Work, items: Iterable[Item]) -> Tx | None:
    """A reading as whoever put the question of one of the items and showed the record with it, while he may himself."""
    for item in items:
        if item.origin != "ask" or item.asked_by is None:
            continue
        asker = principal_of(tx, item.asked_by)
        if asker is None or not engine_row(tx, _SHOWN, task=work.id, item=item.id):
            continue
        reading = tx.acting_as(asker)
        if may_show(reading, work):
            reading.language = tx.language
            return reading
    return None
