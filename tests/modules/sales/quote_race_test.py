"""Two people write lines of one quote at the same moment: it comes to both."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
from tests.modules.sales.quote_test import amounts, does, line, quote, refuses, seen
from tests.world.cast import World

from entente.kernel.records.actions import perform
from entente.kernel.records.save import save

WAITS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def until_somebody_waits(world: World, done: threading.Event) -> None:
    with psycopg.connect(world.database.conninfo, autocommit=True) as connection:
        while not done.is_set():
            found = connection.execute(WAITS).fetchone()
            if found and found[0]:
                return
            time.sleep(0.02)


class Late:
    """What somebody does while another's transaction is open, and what came of it."""

    def __init__(self, world: World, work: Callable[[], object]) -> None:
        self._done = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._future = self._pool.submit(self._run, work)
        until_somebody_waits(world, self._done)

    def _run(self, work: Callable[[], object]) -> object:
        try:
            return work()
        finally:
            self._done.set()

    def result(self) -> object:
        with self._pool:
            return self._future.result()


def test_a_quote_comes_to_all_of_its_lines_when_two_are_written_at_once(world: World) -> None:
    made = quote(world)
    with world.acts("james") as tx:
        save(tx, "quote_line", {"quote": made, "name": "Visite", "unit_price": "100"})
        late = Late(world, lambda: line(world, made, unit_price="7"))
    late.result()
    assert amounts(seen(world, made)) == ("107.00", "107.00", "21.40", "128.40")


def test_no_line_slips_into_a_quote_that_is_being_sent(world: World) -> None:
    made = quote(world)
    line(world, made)
    with world.acts("james") as tx:
        perform(tx, "quote", "send", [made], {})
        late = Late(world, lambda: line(world, made, unit_price="7"))
    with refuses("quote.not_draft"):
        late.result()
    found = seen(world, made)
    assert (found["status"], amounts(found)) == ("sent", ("100.00", "100.00", "20.00", "120.00"))


def test_a_quote_that_gets_its_line_meanwhile_is_sent_with_it(world: World) -> None:
    made = quote(world)
    with world.acts("james") as tx:
        save(tx, "quote_line", {"quote": made, "name": "Visite", "unit_price": "100"})
        late = Late(world, lambda: does(world, "send", made))
    late.result()
    found = seen(world, made)
    assert (found["status"], amounts(found)) == ("sent", ("100.00", "100.00", "20.00", "120.00"))
