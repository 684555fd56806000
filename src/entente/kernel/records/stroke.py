"""A deed done as a whole: what it has read it need not read again, and its journal is written at its end."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

from entente.kernel.db.tx import Stroke, Tx
from entente.kernel.records.journal import flush

LOCKED = "locked"  # key, with an id, of a row as it stands while this transaction alone may change it
T = TypeVar("T")


@contextmanager
def at_one_stroke(tx: Tx) -> Iterator[None]:
    """Remember until the block ends; then the journal has every line of the deed, in order."""
    if tx.stroke is not None:
        yield
        return
    tx.stroke = Stroke()
    try:
        yield
        flush(tx)
    finally:
        tx.stroke = None


@contextmanager
def part_of(tx: Tx) -> Iterator[None]:
    """A part of a deed that is undone alone when it fails, and leaves nothing in the memory of the whole then."""
    flush(tx)
    try:
        with tx.connection.transaction():
            yield
            flush(tx)
    except BaseException:
        if tx.stroke is not None:
            tx.stroke.lines.clear()
            tx.stroke.known.clear()
            tx.stroke.proven.clear()
        raise


def recall(tx: Tx, entity: str, key: Hashable, read: Callable[[], T]) -> T:
    """What a read with all rights gives, from memory when the entity was not written since it was read."""
    if tx.stroke is None:
        return read()
    known = tx.stroke.known.setdefault(entity, {})
    if key not in known:
        known[key] = read()
    found: T = known[key]
    return found


def remember(tx: Tx, entity: str, key: Hashable, found: object) -> None:
    """Keep what a read with all rights would give."""
    if tx.stroke is not None:
        tx.stroke.known.setdefault(entity, {})[key] = found


def forget(tx: Tx, entity: str) -> None:
    """Read records of the entity anew from now on, for they were written."""
    tx.connection.written.add(entity)
    if tx.stroke is not None:
        tx.stroke.known.pop(entity, None)


def prove(tx: Tx, entity: str, identity: UUID) -> None:
    """Keep in mind that the principal has read or made the record, and so may link to it."""
    if tx.stroke is not None:
        tx.stroke.proven.add((_asker(tx), entity, identity))


def is_proven(tx: Tx, entity: str, identity: UUID) -> bool:
    """Whether the principal has read or made the record in this deed."""
    return tx.stroke is not None and (_asker(tx), entity, identity) in tx.stroke.proven


def _asker(tx: Tx) -> UUID | None:
    """Nobody for the system: what it reads on somebody's behalf proves nothing about him."""
    return None if tx.principal.is_system else tx.principal.user_id
