"""What was written down about steps and incidents, in a reader's words; values only for whoever sees variables."""

from collections.abc import Iterable

import psycopg

from entente.kernel.db.tx import Row, Tx
from entente.services.processes.engine.words import HIDDEN, MARK, in_words

RECORDED, FAILED = "recorded", "failed"
# Their whole detail was a value before values were marked as such.
VALUES_ONLY = frozenset({"process.incident.timer", "process.incident.cardinality"})
KINDS: tuple[tuple[type[Exception], str], ...] = (
    (psycopg.OperationalError, "database"), (TimeoutError, "too_long"), (OSError, "network"),
)  # fmt: skip


def kind_of(failure: Exception) -> str:
    """The key of the words for what made work fail that may be tried again."""
    known = (said for kind, said in KINDS if isinstance(failure, kind))
    return f"process.failure.{next(known, 'unforeseen')}"


def worded(tx: Tx, rows: Iterable[Row], *, values: bool) -> list[Row]:
    """Rows of the history or of incidents with their details in words, with what variables held only if wanted."""
    return [{**row, "detail": _detail(tx, row, values=values)} for row in rows]


def _detail(tx: Tx, row: Row, *, values: bool) -> str:
    text: str = row["detail"]
    if not values and row.get("outcome") == RECORDED:
        return ""
    if not values and row.get("code") in VALUES_ONLY and MARK not in text:
        return HIDDEN
    told = "code" in row or row.get("outcome") == FAILED
    return in_words(tx.say, text, values=values or not told)
