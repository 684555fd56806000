"""Followers: told once, each failure on its own."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb
from tests.kernel.installation import NOON, ORGANISATION, begin, clock_of, insert
from tests.kernel.jobs.queue_test import eventually, units

from entente.kernel.db.database import Database
from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.jobs.dispatcher import BREATH_SECONDS, LONGEST_BREATH, breath_after, follow_forever
from entente.kernel.jobs.followers import (
    BATCH,
    BULK_BATCH,
    Entry,
    Follower,
    cause_after,
    dispatch,
    drop_failure,
    failures,
    retry_failure,
    retry_failures,
)
from entente.kernel.kit.refusal import NotFound
from entente.kernel.records.journal import Line, write_lines


@pytest.fixture(autouse=True)
def _clean(database: Database) -> Iterator[None]:
    yield
    with begin(database) as tx:
        engine_rows(tx, "TRUNCATE {schema}.journal, {schema}.outbox, {schema}.outbox_failure")
        engine_rows(tx, "DELETE FROM {schema}.business_unit")


def write(database: Database, number: int, *, notify: bool = False, bulk: bool = False) -> None:
    with begin(database) as tx:
        for at in range(number):
            (entry,) = engine_rows(
                tx,
                "INSERT INTO {schema}.journal (at, actor_name, via, cause, deed, entity, record, version, changes, "
                "depth) VALUES (%(at)s, 'Ada', 'web', %(id)s, 'update', 'team', %(id)s, 1, %(changes)s, 2) "
                "RETURNING id, at",
                at=NOON,
                id=UUID(int=at),
                changes=Jsonb({"name": ["old", f"new {at}"]}),
            )
            engine_rows(tx, "INSERT INTO {schema}.outbox VALUES (%(id)s, %(at)s, %(bulk)s)", **entry, bulk=bulk)
        if notify:
            engine_rows(tx, "SELECT pg_notify('entente_outbox', 'main')")


def listing(into: list[Entry]) -> Follower:
    return Follower("list", lambda tx, entries: into.extend(entries))


def adding(name: str = "add", *, fails: Callable[[Entry], bool] = lambda entry: False) -> Follower:
    def follow(tx: Tx, entries: list[Entry]) -> None:
        for entry in entries:
            insert(tx, "business_unit", name=entry.changes["name"][1])
            if fails(entry):
                raise ValueError("no luck")

    return Follower(name, follow)


def is_second(entry: Entry) -> bool:
    return bool(entry.changes["name"][1] == "new 1")


def test_every_entry_is_told_in_order(database: Database) -> None:
    write(database, 3)
    told: list[Entry] = []
    assert dispatch(database, ORGANISATION, [listing(told)]) == 3
    assert [entry.changes for entry in told] == [{"name": ["old", f"new {at}"]} for at in range(3)]
    assert (told[0].actor, told[0].actor_name, told[0].depth) == (None, "Ada", 2)
    assert cause_after(told[0], "rule").depth == 3
    assert cause_after(told[0], "rule").id == told[0].cause
    assert dispatch(database, ORGANISATION, [listing(told)]) == 0


def test_large_outbox_comes_in_batches(database: Database) -> None:
    write(database, BATCH + 1)
    told: list[Entry] = []
    assert dispatch(database, ORGANISATION, [listing(told)]) == BATCH
    assert dispatch(database, ORGANISATION, [listing(told)]) == 1
    assert len({entry.id for entry in told}) == BATCH + 1


def test_what_one_person_does_does_not_wait_for_what_was_done_in_bulk(database: Database) -> None:
    many = BULK_BATCH * 2 + 1
    write(database, many, bulk=True)
    portions: list[list[int]] = []
    stopping = threading.Event()

    def follow(tx: Tx, entries: list[Entry]) -> None:
        if not portions:
            write(database, 1)
        portions.append([entry.id for entry in entries])
        if sum(map(len, portions)) > many:
            stopping.set()

    follow_forever(database, [Follower("watch", follow)], stopping)
    assert [len(portion) for portion in portions] == [BULK_BATCH, 1, BULK_BATCH, 1]
    assert portions[1][0] > max(portions[0] + portions[2] + portions[3])


def test_what_followers_do_because_of_bulk_work_waits_like_it(database: Database) -> None:
    def follow(tx: Tx, entries: list[Entry]) -> None:
        at = f"{ORGANISATION} after {entries[0].id}"
        write_lines(tx, [Line("update", "team", UUID(int=7), 1, at, {})])

    for bulk in (True, False):
        write(database, 1, bulk=bulk)
        dispatch(database, ORGANISATION, [Follower("work", follow)])
        with begin(database) as tx:
            assert engine_rows(tx, "SELECT bulk FROM {schema}.outbox") == [{"bulk": bulk}]
            engine_rows(tx, "DELETE FROM {schema}.outbox")


def test_failure_touches_neither_other_entries_nor_other_followers(database: Database) -> None:
    write(database, 3)
    told: list[Entry] = []
    dispatch(database, ORGANISATION, [adding(fails=is_second), listing(told)])
    assert units(database) == ["new 0", "new 2"]
    assert len(told) == 3
    with begin(database) as tx:
        (failure,) = failures(tx)
    assert (failure.follower, failure.entry, failure.tries) == ("add", told[1].id, 1)
    assert failure.error == "ValueError: no luck"


def test_who_was_told_before_one_failed_has_done_his_work_once(database: Database) -> None:
    write(database, 2)

    def telling(tx: Tx, entries: list[Entry]) -> None:
        insert(tx, "business_unit", name=f"first of {len(entries)}")

    first = Follower("first", telling)
    dispatch(database, ORGANISATION, [first, adding("last", fails=is_second)])
    assert units(database) == ["first of 2", "new 0"]


def test_failure_is_retried_alone_with_growing_pauses_then_waits(database: Database) -> None:
    write(database, 3)
    failing = [adding(fails=is_second)]
    dispatch(database, ORGANISATION, failing)
    for seconds in (1, 60, 300, 1800):
        clock_of(database).move(timedelta(seconds=seconds - 0.5))
        assert retry_failures(database, ORGANISATION, failing) == 0
        clock_of(database).move(timedelta(seconds=0.5))
        assert retry_failures(database, ORGANISATION, failing) == 1
    clock_of(database).move(timedelta(days=9))
    assert retry_failures(database, ORGANISATION, failing) == 0
    with begin(database) as tx:
        (failure,) = failures(tx)
        assert (failure.tries, failure.next_at) == (5, None)
        retry_failure(tx, failure.entry, failure.follower)
    assert retry_failures(database, ORGANISATION, [adding()]) == 1
    assert units(database) == ["new 0", "new 1", "new 2"]
    with begin(database) as tx:
        assert failures(tx) == []


def test_failure_can_be_dropped(database: Database) -> None:
    write(database, 1)
    dispatch(database, ORGANISATION, [adding(fails=lambda entry: True)])
    with begin(database) as tx:
        (failure,) = failures(tx)
        drop_failure(tx, failure.entry, failure.follower)
        assert failures(tx) == []
        with pytest.raises(NotFound):
            drop_failure(tx, failure.entry, failure.follower)


def test_crash_of_the_dispatcher_loses_nothing(database: Database) -> None:
    def die(tx: Tx, entries: list[Entry]) -> None:
        engine_rows(tx, "SELECT pg_terminate_backend(pg_backend_pid())")

    write(database, 2)
    with pytest.raises(psycopg.OperationalError):
        dispatch(database, ORGANISATION, [adding(), Follower("die", die)])
    assert units(database) == []
    assert dispatch(database, ORGANISATION, [adding()]) == 2


def test_two_dispatchers_never_tell_twice(database: Database) -> None:
    write(database, 1500)
    told: Counter[int] = Counter()
    both_in = threading.Barrier(2, timeout=30)

    def follow(tx: Tx, entries: list[Entry]) -> None:
        told.update(entry.id for entry in entries)

    def work() -> None:
        def first(tx: Tx, entries: list[Entry]) -> None:
            both_in.wait()

        dispatch(database, ORGANISATION, [Follower("meet", first), Follower("count", follow)])
        while dispatch(database, ORGANISATION, [Follower("count", follow)]):
            pass

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(told) == 1500
    assert set(told.values()) == {1}


def test_dispatcher_wakes_and_survives_the_loss_of_its_connection(database: Database) -> None:
    told: list[Entry] = []
    stopping = threading.Event()
    dispatcher = threading.Thread(target=follow_forever, args=(database, [listing(told)], stopping))
    dispatcher.start()
    try:
        write(database, 1, notify=True)
        eventually(lambda: len(told) == 1)
        with begin(database) as tx:
            engine_rows(
                tx,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN%%' AND pid <> pg_backend_pid()",
            )
        write(database, 1, notify=True)
        eventually(lambda: len(told) == 2)
    finally:
        stopping.set()
        dispatcher.join()


class Watched(threading.Event):
    """An event that remembers for how long it was waited."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        """As any event does."""
        self.pauses.append(timeout)
        return super().wait(timeout)


def test_more_changes_let_the_next_ones_gather_longer(database: Database) -> None:
    told: list[Entry] = []
    stopping = Watched()
    write(database, 100)
    dispatcher = threading.Thread(target=follow_forever, args=(database, [listing(told)], stopping))
    dispatcher.start()
    try:
        eventually(lambda: stopping.pauses[:1] == [LONGEST_BREATH])
        write(database, 1, notify=True)
        eventually(lambda: breath_after(1) in stopping.pauses)
    finally:
        stopping.set()
        dispatcher.join()
    assert len(told) == 101
    assert BREATH_SECONDS < breath_after(1) < LONGEST_BREATH
