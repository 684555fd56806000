"""The worklist beside its floor: pages and counters over 100,000 open items, for a person in 20 teams.

`.venv/bin/python -m bench.worklist [ITEMS]` writes the data into a database of its own and throws it away.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from uuid import UUID

import psycopg

from entente import installing, product
from entente.kernel.db.database import Database
from entente.kernel.db.embedded import start_cluster
from entente.kernel.db.tx import Tx, engine_rows, new_cause
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.kit.principal import system
from entente.kernel.records.actions import perform
from entente.kernel.records.query import Ask, page
from entente.kernel.records.save import save
from entente.kernel.seeding import Seed, plant, seed_id
from entente.services.worklist.listing import Search, counters, worklist
from entente.settings import Settings

TEAMS, MINE, ROUNDS, BATCH = 200, 20, 60, 200
# One in ten tasks is for one of the person's teams, one in a hundred for himself.
_FILL = """
WITH made AS (
  SELECT gen_random_uuid() AS id, n, now() - n * interval '7 seconds' AS created,
    CASE WHEN n %% 3 = 0 THEN now() + (n %% 4000 - 2000) * interval '1 minute' END AS due
  FROM generate_series(1, %(items)s) n
), records AS (
  INSERT INTO {schema}.task (id, version, created_at, modified_at, subject, status, priority, process, due_at, unit,
    billable)
  SELECT id, 1, created, created, 'Check request ' || n, 'not_started', 'normal', 'bench', due, %(unit)s, false
  FROM made
), tasks AS (
  INSERT INTO {schema}.work_task (id, state, subject, process, element, created_at, due_at, red_at)
  SELECT id, 'active', 'Check request ' || n, 'bench', 'check', created, due, due FROM made
)
INSERT INTO {schema}.work_item (id, task, kind, holder, state, origin, created_at, due_at)
SELECT gen_random_uuid(), id, CASE WHEN n %% 100 = 0 THEN 'user' ELSE 'team' END,
  CASE WHEN n %% 100 = 0 THEN %(person)s ELSE (%(teams)s::uuid[])[1 + n %% %(count)s] END,
  'available', 'rule', created, coalesce(due, 'infinity')
FROM made
"""
_FLOOR = """
SELECT i.id, i.due_at::text, t.subject FROM {schema}.work_item i JOIN {schema}.work_task t ON t.id = i.task
WHERE i.holder = %(person)s AND i.state IN ('available', 'open') ORDER BY i.due_at, i.id LIMIT 50
"""


def people(tx: Tx) -> UUID:
    """A person in 20 of 200 teams, and a task as the statistics need one."""
    seeds = [Seed(entity="business_unit", key="bench", values={"name": "Bench"})]
    seeds += [
        Seed(entity="team", key=f"bench{at}", values={"name": f"Bench {at}", "unit": "@business_unit:bench"})
        for at in range(TEAMS)
    ]
    values = {
        "login": "bench", "last_name": "Bench", "unit": "@business_unit:bench", "team": "@team:bench0",
        "teams": [f"@team:bench{at}" for at in range(MINE)], "roles": ["@role:salesperson"],
    }  # fmt: skip
    plant(tx, [*seeds, Seed(entity="user", key="bench", values=values)])
    return seed_id("user", "bench")


def fill(database: Database, items: int) -> UUID:
    """The person after the tables were filled with so many open items."""
    with database.begin(system("bench")) as tx:
        person = people(tx)
        teams = [seed_id("team", f"bench{at}") for at in range(TEAMS)]
        unit = seed_id("business_unit", "bench")
        tx.connection.execute("SET LOCAL statement_timeout = 0")
        engine_rows(tx, _FILL, items=items, person=person, teams=teams, count=TEAMS, unit=unit)
    with database.connection() as connection:
        connection.execute("ANALYZE")
    return person


def timed(database: Database, person: UUID, work: Callable[[Tx], object]) -> tuple[float, float]:
    """The median and the 95th percentile of a piece of work, in milliseconds."""
    with database.begin(system("bench")) as tx:
        principal = principal_of(tx, person)
    if principal is None:
        raise RuntimeError("nobody to act as")
    spent = []
    for at in range(ROUNDS + 5):
        with database.begin(principal, cause=new_cause("api")) as tx:
            started = time.perf_counter()
            work(tx)
            if at >= 5:
                spent.append((time.perf_counter() - started) * 1000)
    cuts = quantiles(spent, n=20)
    return cuts[9], cuts[18]


def batch(database: Database, person: UUID) -> float:
    """The seconds that completing 200 tasks at once takes, a result for each."""
    with database.begin(system("bench")) as tx:
        principal = principal_of(tx, person)
        made = [save(tx, "task", {"subject": f"Batch {at}", "owner": person}).id for at in range(BATCH)]
    if principal is None:
        raise RuntimeError("nobody to act as")
    with database.begin(principal, cause=new_cause("api")) as tx:
        started = time.perf_counter()
        outcome = perform(tx, "task", "complete", made, {"comment": "All at once."})
        spent = time.perf_counter() - started
    if len(outcome.results) != BATCH:
        raise RuntimeError(str(outcome.refused[:1]))
    return spent


def main(items: int) -> None:
    """Print each figure beside its budget."""
    place = Path(tempfile.mkdtemp(prefix="entente-bench-"))
    place.chmod(0o711)
    cluster = start_cluster(place / "cluster", {"fsync": "off"})
    try:
        with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE worklist")
        database = product.open_database(cluster.dsn("worklist"), Settings(data=place, pool_size=4, demo=False))
        installing.set_up(database, "main", "Bench")
        person = fill(database, items)
        report(database, person, items)
        database.close()
    finally:
        cluster.stop()
        shutil.rmtree(place, ignore_errors=True)


def report(database: Database, person: UUID, items: int) -> None:
    """Measure and print."""
    budgets: list[tuple[str, float, Callable[[Tx], object]]] = [
        ("floor: one holder, one index", 0, lambda tx: engine_rows(tx, _FLOOR, person=person)),
        ("page by due moment", 50, lambda tx: worklist(tx, Search())),
        ("page by priority", 50, lambda tx: worklist(tx, Search(order="priority"))),
        ("page of the newest", 50, lambda tx: worklist(tx, Search(order="new"))),
        ("page of what is due", 50, lambda tx: worklist(tx, Search(view="due"))),
        ("page of one process", 50, lambda tx: worklist(tx, Search(process="bench"))),
        ("counters", 30, counters),
        ("records of tasks, first page", 50, lambda tx: page(tx, Ask(entity="task", fields=("subject",)))),
    ]
    print(f"{items:,} open items, a person in {MINE} of {TEAMS} teams; milliseconds")
    print(f"{'':34}{'p50':>8}{'p95':>8}{'budget':>8}")
    for name, budget, work in budgets:
        half, most = timed(database, person, work)
        print(f"{name:34}{half:8.1f}{most:8.1f}{budget or '':>8}")
    print(f"{'200 completed at once, seconds':34}{batch(database, person):8.2f}{'':8}{5:>8}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
