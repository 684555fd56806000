"""How long the steps of a process take, and where the time goes."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Row, Tx, engine_row, engine_rows
from entente.services.processes.definitions import graph_of, latest
from entente.services.processes.model.graph import TASKS, Element
from entente.services.processes.picture import REMARKS, name_of
from entente.services.processes.rights import require_level

MEASURED = TASKS | {"subProcess", "transaction", "callActivity", "intermediateCatchEvent"}
_PAST = """
SELECT h.element, count(*) AS times, avg(h.left_at - h.entered_at) AS mean, max(h.left_at - h.entered_at) AS longest,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY h.left_at - h.entered_at) AS median
FROM {schema}.process_history h JOIN {schema}.process_instance i ON i.id = h.instance
WHERE i.definition = ANY(%(versions)s) AND i.started_at >= %(since)s AND h.definition = i.definition
  AND NOT h.outcome = ANY(%(remarks)s)
GROUP BY h.element
"""
_NOW = """
SELECT t.element, count(*) AS open, min(t.entered_at) AS oldest
FROM {schema}.process_token t JOIN {schema}.process_instance i ON i.id = t.instance
WHERE i.definition = ANY(%(versions)s) AND i.state = 'running' GROUP BY t.element
"""
_WHOLE = """
SELECT count(*) FILTER (WHERE state = 'completed') AS finished, count(*) FILTER (WHERE state = 'running') AS running,
  avg(ended_at - started_at) FILTER (WHERE state = 'completed') AS mean
FROM {schema}.process_instance WHERE definition = ANY(%(versions)s) AND started_at >= %(since)s
"""


class StepTime(msgspec.Struct, frozen=True, kw_only=True):
    """How long one step takes, and what waits there now; `spent` is the time of all stays together."""

    element: str
    name: str
    kind: str
    times: int
    mean: timedelta
    median: timedelta
    longest: timedelta
    open: int
    oldest: datetime | None

    @property
    def spent(self) -> timedelta:
        """The time that all stays together took."""
        return self.mean * self.times


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of a process, those first on which most time goes."""

    name: str
    finished: int
    running: int
    mean: timedelta | None
    steps: tuple[StepTime, ...]


def report_on(tx: Tx, key: str, days: int) -> Report | None:
    """What instances that began within the last days took; nothing when the process was never deployed.

    Forbidden unless the principal looks after it.
    """
    require_level(tx, key, "admin")
    newest = latest(tx, key)
    if newest is None:
        return None
    versions = _versions(tx, key)
    since = tx.clock.now() - timedelta(days=days)
    past = {
        row["element"]: row
        for row in engine_rows(tx, _PAST, versions=versions, since=since, remarks=[*REMARKS, "cancelled"])
    }
    present = {row["element"]: row for row in engine_rows(tx, _NOW, versions=versions)}
    whole = engine_row(tx, _WHOLE, versions=versions, since=since) or {}
    steps = [
        _step(tx, element, past.get(element.id), present.get(element.id))
        for element in graph_of(tx, newest.id).elements.values()
        if element.kind in MEASURED and (element.id in past or element.id in present)
    ]
    return Report(
        name=newest.name,
        finished=whole.get("finished", 0),
        running=whole.get("running", 0),
        mean=whole.get("mean"),
        steps=tuple(sorted(steps, key=lambda each: each.spent, reverse=True)),
    )


def _versions(tx: Tx, key: str) -> list[UUID]:
    sql = "SELECT id FROM {schema}.process_definition WHERE key = %(key)s AND state <> 'draft'"
    return [row["id"] for row in engine_rows(tx, sql, key=key)]


def _step(tx: Tx, element: Element, past: Row | None, present: Row | None) -> StepTime:
    none = timedelta()
    return StepTime(
        element=element.id,
        name=name_of(element, tx.language) or element.id,
        kind=element.kind,
        times=past["times"] if past else 0,
        mean=past["mean"] if past else none,
        median=past["median"] if past else none,
        longest=past["longest"] if past else none,
        open=present["open"] if present else 0,
        oldest=present["oldest"] if present else None,
    )
