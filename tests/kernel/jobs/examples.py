"""Jobs for the tests of the queue."""

import threading
import time
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

from tests.kernel.installation import insert

from entente.kernel.db.tx import Tx
from entente.kernel.jobs.queue import Run, job


@job("example.add")
def add_unit(tx: Tx, *, name: str) -> None:
    insert(tx, "business_unit", name=name)


@job("example.fail", retries=1)
def fail(tx: Tx, *, name: str) -> None:
    insert(tx, "business_unit", name=name)
    raise ValueError("no luck")


@job("example.note")
def note_run(tx: Tx) -> None:
    insert(tx, "business_unit", name=f"run {uuid4()}")


def tell(tx: Tx, reason: str, name: str) -> None:
    insert(tx, "business_unit", name=f"{name}: {reason}")


@job("example.fail_and_tell", retries=0, buried=tell)
def fail_and_tell(tx: Tx, *, name: str) -> None:
    raise ValueError("no luck")


@job("example.typed")
def take_values(tx: Tx, *, record: UUID, moment: datetime, amount: Decimal) -> None:
    assert isinstance(record, UUID)
    assert isinstance(moment, datetime)
    assert isinstance(amount, Decimal)
    insert(tx, "business_unit", name=f"{record} {moment.isoformat()} {amount}")


@job("example.slow_code", retries=0, limit=1)
def compute_for_ever(tx: Tx) -> None:
    while True:
        pass


@job("example.slow_statement", retries=0, limit=1)
def wait_for_ever(tx: Tx) -> None:
    tx.connection.execute("SET LOCAL statement_timeout = 0")
    tx.connection.execute("SELECT pg_sleep(600)")


@job("example.sleep")
def sleep_when_first(tx: Tx, *, name: str) -> None:
    insert(tx, "business_unit", name=name)
    time.sleep(600)


held = threading.Event()


@job("example.hold", queue="bulk")
def hold(tx: Tx) -> None:
    held.wait(60)


begun = threading.Event()


@job("example.hold_and_fail", queue="bulk")
def fail_once_told(tx: Tx, *, name: str) -> None:
    if begun.is_set():
        insert(tx, "business_unit", name=name)
        return
    begun.set()
    held.wait(60)
    raise ValueError("no luck")


@job("example.steps", transaction=False)
def work_in_steps(run: Run, *, name: str) -> None:
    with run.begin() as tx:
        insert(tx, "business_unit", name=f"{name} 1")
    with run.begin() as tx:
        insert(tx, "business_unit", name=f"{name} {tx.principal.system_reason}")


@job("example.hourly", every="0 * * * *")
def add_hourly(tx: Tx) -> None:
    insert(tx, "business_unit", name=f"hour {tx.clock.now():%H}")
