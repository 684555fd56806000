"""Kill -9 of every process under load: what was acknowledged is there, the journal has no gap, every job was done."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.installation import Served, kill, serving
from tests.crash.load import Load

ROUNDS = ("web", "worker", "postgres", "web child", "worker", "backend") * 3 + ("web", "postgres")
# Until work is done again: after PostgreSQL takes connections, and after a process has to start anew on a busy machine.
BACK_SECONDS = {"postgres": 10, "backend": 10, "worker": 10, "web": 40, "web child": 40}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as made:
        yield made


def strike(served: Served, target: str) -> None:
    """Kill one process, and wait for PostgreSQL when it was that."""
    match target:
        case "postgres":
            served.strike_database(served.postmaster())
        case "backend":
            with served.connect() as connection:
                found = connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE datname = 'entente' AND pid <> pg_backend_pid() LIMIT 1"
                ).fetchone()
            served.strike_database(found[0] if found else served.postmaster())
        case "web child":
            kill(served.await_pids("web")[-1])
        case role:
            for pid in served.await_pids(role):
                kill(pid)


@pytest.mark.crash
@pytest.mark.slow
def test_nothing_promised_is_lost_when_processes_are_killed(served: Served) -> None:
    load = Load(served)
    load.start()
    load.await_progress(20, 30)
    for target in ROUNDS:
        strike(served, target)
        load.await_progress(3, BACK_SECONDS[target])
        load.await_progress(10, 30)
    load.stop()
    assert not load.unexpected
    assert len(load.promises) > len(ROUNDS)
    assert load.rules
    await_idle(served)
    check_promises(served, load)
    check_journal(served)


def await_idle(served: Served) -> None:
    """Every follower was told of every change, and no job waits, runs or is dead."""
    waiting = """
        SELECT (SELECT count(*) FROM org_main.outbox),
               (SELECT count(*) FROM org_main.outbox_failure),
               (SELECT count(*) FROM public.procrastinate_jobs
                WHERE status IN ('todo', 'doing') AND (scheduled_at IS NULL OR scheduled_at <= now())),
               (SELECT count(*) FROM public.procrastinate_jobs WHERE status IN ('failed', 'aborted'))
    """
    deadline = time.monotonic() + 60
    while True:
        with served.connect() as connection:
            found = connection.execute(waiting).fetchone()
        if found == (0, 0, 0, 0):
            return
        assert time.monotonic() < deadline, f"outbox, failures, jobs, failed jobs: {found}\n{served.log()}"
        time.sleep(0.2)


def check_promises(served: Served, load: Load) -> None:
    """Every acknowledged record is there, at the acknowledged version or one that an unanswered try made of it."""
    with served.connect() as connection:
        rows = connection.execute("SELECT id::text, version, job_title FROM org_main.lead").fetchall()
        rules = connection.execute("SELECT id::text FROM org_main.duplicate_rule").fetchall()
    known = {identity: (version, title) for identity, version, title in rows}
    for identity, promise in load.promises.items():
        assert identity in known, f"{identity} was acknowledged and is lost"
        version, title = known[identity]
        if version == promise.version:
            assert (title or "") == promise.title
        else:
            assert version > promise.version
            assert title in promise.tried
    assert {rule for (rule,) in rules} >= set(load.rules)


def check_journal(served: Served) -> None:
    """The journal of every record runs from its first version to the one it has, each once."""
    gaps = """
        SELECT l.id, l.version, count(j.version), count(DISTINCT j.version), min(j.version), max(j.version)
        FROM org_main.lead l LEFT JOIN org_main.journal j ON j.entity = 'lead' AND j.record = l.id
        GROUP BY l.id, l.version
        HAVING NOT (count(j.version) = l.version AND count(DISTINCT j.version) = l.version
                    AND min(j.version) = 1 AND max(j.version) = l.version)
    """
    orphans = """
        SELECT record FROM org_main.journal j WHERE entity = 'lead'
        AND NOT EXISTS (SELECT FROM org_main.lead l WHERE l.id = j.record)
    """
    with served.connect() as connection:
        assert connection.execute(gaps).fetchall() == []
        assert connection.execute(orphans).fetchall() == []
