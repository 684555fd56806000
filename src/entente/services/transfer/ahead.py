"""Reading and drafting rows while PostgreSQL writes those before them, so that two processors work on one import.

Only what cannot depend on the rows before: new records, without the modules' reactions, without links among themselves
or rules that refuse one for another.
Drafting happens in a read-only transaction of its own, so that nothing can be written outside of the batch's.
"""

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Lock
from typing import TypeVar

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.tables import targets
from entente.kernel.records.record import Draft
from entente.kernel.records.save import Write, draft, write_drafts
from entente.services.transfer.known_rows import blocking_rules
from entente.services.transfer.plan import ImportPlan
from entente.services.transfer.rows import LINKS, Plan, read_rows
from entente.services.transfer.sheet import SheetRow
from entente.services.transfer.targets import ID
from entente.services.transfer.writing_rows import Outcome, refused_outcome, with_homes, without_rules

T = TypeVar("T")

# Python lets a thread compute for 5 ms before another that has waited for PostgreSQL may go on, at each of the dozens
# of answers that a batch waits for; PostgreSQL has nothing to do meanwhile.
TURN = 0.0002
_sharing: list[float] = []
_lock = Lock()


class Drafted(msgspec.Struct, frozen=True):
    """The drafts of a batch by row number, the outcomes of the rows that were refused, the catalog they stand on."""

    drafts: dict[int, Draft]
    refused: dict[int, Outcome]
    catalog: int


def one_ahead(items: Iterator[T]) -> Generator[tuple[T, Callable[[], None]], None, None]:
    """The same items, each with what lets a thread make the next one, which begins with the call for it at the latest.

    A thread that computed from the start would take turns with whoever puts this item's rows into words, while
    PostgreSQL waits for them.
    """
    with _short_turns(), ThreadPoolExecutor(1, "ahead") as ahead:
        waiting = ahead.submit(next, items, None)
        while (item := waiting.result()) is not None:
            free = Event()
            waiting = ahead.submit(_next_when, free, items)
            try:
                yield item, free.set
            finally:
                free.set()


def _next_when(free: Event, items: Iterator[T]) -> T | None:
    free.wait()
    return next(items, None)


@contextmanager
def _short_turns() -> Iterator[None]:
    """Let threads take turns quickly as long as an import needs it, however many there are."""
    with _lock:
        _sharing.append(sys.getswitchinterval() if not _sharing else _sharing[0])
        sys.setswitchinterval(min(TURN, _sharing[0]))
    try:
        yield
    finally:
        with _lock:
            usual = _sharing.pop()
            if not _sharing:
                sys.setswitchinterval(usual)


def can_draft(tx: Tx, plan: Plan, made: ImportPlan) -> bool:
    """Whether rows mean the same before and after those ahead of them are written."""
    entity = plan.entity.name
    fields = [place.field for places in plan.places.values() for place in places if place.field]
    linked = {name for field in fields if field.type.key in LINKS for name in targets(field.definition)}
    alone = ID not in plan.places and entity not in linked
    return alone and not made.rules and not blocking_rules(tx, plan.entity)


def draft_rows(tx: Tx, plan: Plan, rows: Sequence[SheetRow]) -> Drafted:
    """The rows as drafts; psycopg’s ReadOnlySqlTransaction when code of a module wants to write meanwhile."""
    tx.connection.execute("SET TRANSACTION READ ONLY")
    quiet = without_rules(tx)
    drafts: dict[int, Draft] = {}
    refused: dict[int, Outcome] = {}
    for reading in with_homes(quiet, plan.entity, read_rows(quiet, plan, rows)):
        number = reading.row.number
        try:
            if reading.faults:
                refused[number] = refused_outcome(plan, reading)
            else:
                drafts[number] = draft(quiet, plan.entity.name, Write(values=reading.values, clean=True))
        except Refused as reason:
            refused[number] = refused_outcome(plan, reading, reason)
    return Drafted(drafts, refused, tx.catalog.version)


def write_drafted(
    tx: Tx, plan: Plan, drafted: Drafted, rows: Sequence[SheetRow], meanwhile: Callable[[], None]
) -> list[Outcome] | None:
    """What became of the rows, in their order; nothing when they must be written anew to find the one at fault.

    `meanwhile` is done while PostgreSQL takes the rows.
    """
    if drafted.catalog != tx.catalog.version:
        return None
    try:
        with tx.connection.transaction():
            write_drafts(without_rules(tx), plan.entity.name, list(drafted.drafts.values()), meanwhile)
    except Refused:
        return None
    return [drafted.refused.get(row.number) or Outcome(number=row.number, fate="created") for row in rows]
