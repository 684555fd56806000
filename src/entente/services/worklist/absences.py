"""Exceptions of absences by condition: looked at when a task or an exception is written."""

from collections.abc import Sequence
from uuid import UUID

from entente.kernel.db.tx import Row, Tx, engine_row, engine_rows
from entente.kernel.kit.principal import system
from entente.kernel.records.formulas import holds
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record

TASK = "task"
MOST = 1000
_OPEN = "SELECT DISTINCT task FROM {schema}.work_item WHERE holder = %(person)s AND ended_at IS NULL LIMIT 1000"
CONDITIONS = """
SELECT e.id, e.condition FROM {schema}.absence_exception e JOIN {schema}.absence a ON a.id = e.absence
WHERE e.condition IS NOT NULL AND e.deleted_at IS NULL AND a.deleted_at IS NULL AND a.ends_at > %(now)s
  AND a.person = ANY (%(people)s)
"""
_MATCH = "INSERT INTO {schema}.absence_match VALUES (%(exception)s, %(task)s) ON CONFLICT DO NOTHING"


def is_above(tx: Tx, person: UUID) -> bool:
    """Whether the principal is above a person in the line of managers."""
    sql = "SELECT 1 FROM {schema}.work_reports(%(me)s) r WHERE r.person = %(person)s"
    return engine_row(tx, sql, me=tx.principal.user_id, person=person) is not None


def match_exception(tx: Tx, exception: UUID, person: UUID, condition: str) -> None:
    """Note which open tasks of a person the condition of an exception holds for; none any more without one."""
    engine_rows(tx, "DELETE FROM {schema}.absence_match WHERE exception = %(exception)s", exception=exception)
    if not condition:
        return
    everything = tx.acting_as(system("absences"))
    entity = tx.catalog.entity(TASK)
    ids = tuple(row["task"] for row in engine_rows(tx, _OPEN, person=person))
    for record in page(everything, Ask(entity=TASK, ids=ids, limit=MOST)).records if ids else ():
        if holds(everything, entity, condition, record):
            engine_rows(tx, _MATCH, exception=exception, task=record.id)


def match_task(tx: Tx, record: Record, conditions: Sequence[Row]) -> None:
    """Note which exceptions of people's absences, as `CONDITIONS` gives them, a new task fulfils."""
    if not conditions:
        return
    everything = tx.acting_as(system("absences"))
    entity = tx.catalog.entity(TASK)
    for row in conditions:
        if holds(everything, entity, row["condition"], record):
            engine_rows(tx, _MATCH, exception=row["id"], task=record.id)
