"""The dispatcher: wakes when a transaction has written to the journal, and hands the outbox to the followers."""

import logging
import threading
from collections.abc import Callable, Sequence

import psycopg
from psycopg_pool import PoolTimeout

from entente.kernel.db.database import Database
from entente.kernel.jobs.followers import BATCH, Follower, dispatch, retry_failures

OUTBOX_CHANNEL = "entente_outbox"
CATALOG_CHANNEL = "entente_catalog"
POLL_SECONDS = 2.0
# Asking every follower costs the same for one change as for a hundred: the more came, the longer the next ones gather.
BREATH_SECONDS = 0.1
BREATH_EACH = 0.01
LONGEST_BREATH = 0.3
LONGEST_PAUSE = 10.0

log = logging.getLogger(__name__)


def follow_forever(database: Database, followers: Sequence[Follower], stopping: threading.Event) -> None:
    """Dispatch until told to stop; a lost database is waited for."""
    persist(lambda: _follow(database, followers, stopping), stopping)


def persist(work: Callable[[], None], stopping: threading.Event) -> None:
    """Do the work again after every failure, with growing pauses, until told to stop."""
    pause = 0.5
    while not stopping.is_set():
        try:
            work()
            pause = 0.5
        except (psycopg.Error, PoolTimeout, OSError) as error:
            log.warning("the database does not answer (%s): the next try follows", error)
        except Exception:
            log.exception("a background thread failed: it starts again")
        stopping.wait(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def _follow(database: Database, followers: Sequence[Follower], stopping: threading.Event) -> None:
    with psycopg.connect(database.conninfo, autocommit=True, connect_timeout=5) as connection:
        connection.execute(f"LISTEN {OUTBOX_CHANNEL}")
        connection.execute(f"LISTEN {CATALOG_CHANNEL}")
        # Whatever was announced while nobody listened is found by looking.
        database.forget_catalogs()
        while not stopping.is_set():
            stopping.wait(breath_after(_drain(database, followers, stopping)))
            for notice in connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                if notice.channel == CATALOG_CHANNEL:
                    database.forget_catalogs()


def breath_after(entries: int) -> float:
    """How many seconds to gather changes after so many were handed over at once."""
    return min(BREATH_SECONDS + BREATH_EACH * entries, LONGEST_BREATH)


def _drain(database: Database, followers: Sequence[Follower], stopping: threading.Event) -> int:
    """The number of entries handed over in the last portion of each organisation.

    Between two portions of what was done in bulk, all that was done one by one has its turn.
    """
    told = 0
    for organisation in database.organisations():
        portion, more = 0, True
        while more and not stopping.is_set():
            portion = dispatch(database, organisation, followers, (False,))
            more = portion == BATCH or dispatch(database, organisation, followers, (True,)) > 0
        told += portion
        retry_failures(database, organisation, followers)
    return told
