"""What identity throws away by itself: sessions that are over, links that were used, tries of yesterday."""

from datetime import timedelta

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.identity.sessions import IDLE
from entente.kernel.jobs.queue import job


@job("identity.upkeep", every="20 3 * * *")
def forget_what_is_over(tx: Tx) -> None:
    """Delete what can no longer open a door."""
    now = tx.clock.now()
    engine_rows(
        tx,
        "DELETE FROM {schema}.session WHERE expires_at <= %(now)s OR seen_at <= %(idle)s",
        now=now,
        idle=now - IDLE,
    )
    engine_rows(tx, "DELETE FROM {schema}.attempt WHERE at < %(day)s", day=now - timedelta(days=1))
    month = now - timedelta(days=30)
    engine_rows(tx, "DELETE FROM {schema}.invitation WHERE expires_at < %(month)s", month=month)
