"""Tasks that somebody opened and left alone: free again for the others after the time that the task allows."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.expressions.literals import read_duration
from entente.kernel.kit.principal import system
from entente.services.worklist.acting import give_back
from entente.services.worklist.calendars import calendar_of
from entente.services.worklist.holding import read_work
from entente.services.worklist.noticing import tell

MOST = 500
# A sign of life is all that whoever opened the task did with it since.
_OPEN = """
SELECT i.id, i.task, i.opened_by, t.idle, t.calendar, greatest(i.opened_at, (
  SELECT max(e.at) FROM {schema}.task_event e WHERE e.task = i.task AND e.actor = i.opened_by)) AS last
FROM {schema}.work_task t JOIN {schema}.work_item i ON i.task = t.id AND i.state = 'open'
WHERE t.idle <> '' AND t.state = 'active' ORDER BY i.opened_at LIMIT %(most)s
"""


def release_idle(tx: Tx) -> int:
    """How many open tasks were given back because nobody did anything with them for too long."""
    due = [row for row in engine_rows(tx, _OPEN, most=MOST) if _is_idle(tx, row)]
    return sum(_release(tx, row["task"], row["id"]) for row in due)


def _is_idle(tx: Tx, row: Mapping[str, Any]) -> bool:
    length = read_duration(row["idle"])
    if not isinstance(length, timedelta) or not length:
        return False
    return calendar_of(tx, row["calendar"]).later(row["last"], length) <= tx.clock.now()


def _release(tx: Tx, task: UUID, item: UUID) -> bool:
    engine = tx.acting_as(system("worklist"))
    work = read_work(engine, task)
    found = next((each for each in work.items if each.id == item and each.state == "open"), None)
    if found is None or work.state != "active":
        return False
    holder = found.opened_by
    give_back(engine, work, found, because="idle")
    tell(engine, work, [holder] if holder else [], "worklist.idle")
    return True
