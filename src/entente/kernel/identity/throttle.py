"""How often someone may try: failures per key are counted in PostgreSQL, shared by all processes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

import msgspec

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.refusal import Throttled

WINDOW = timedelta(hours=1)


class Limit(msgspec.Struct, frozen=True):
    """How many tries a key has free; each one after that doubles the wait, up to the longest (seconds)."""

    key: str
    free: int
    longest: int


def account_limit(login: str) -> Limit:
    """The limit of one account, whoever tries; short waits, so that a stranger cannot lock its owner out."""
    return Limit(f"account:{login.casefold()[:200]}", free=5, longest=120)


def peer_limit(peer: str) -> Limit:
    """The limit of one address, whichever accounts it tries; an IPv6 household counts as one."""
    return Limit(f"peer:{_household(peer)}", free=20, longest=900)


def count_try(tx: Tx, limits: Sequence[Limit]) -> None:
    """Count one try for every limit; Throttled when one of them asks to wait, and then nothing is counted."""
    now = tx.clock.now()
    for limit in sorted(limits, key=lambda limit: limit.key):
        # Counting and deciding must be one step, or tries in parallel would all pass.
        engine_rows(tx, "SELECT pg_advisory_xact_lock(hashtextextended(%(key)s, 7266002))", key=limit.key)
        seconds = _wait(tx, limit, now)
        if seconds > 0:
            raise Throttled("identity.throttled", seconds=seconds)
    for limit in limits:
        engine_rows(tx, "INSERT INTO {schema}.attempt VALUES (%(key)s, %(now)s)", key=limit.key, now=now)


def forgive(tx: Tx, limit: Limit) -> None:
    """Forget the tries of a key."""
    engine_rows(tx, "DELETE FROM {schema}.attempt WHERE key = %(key)s", key=limit.key)


def _wait(tx: Tx, limit: Limit, now: datetime) -> int:
    found = engine_row(
        tx,
        "SELECT count(*) AS tries, max(at) AS latest FROM {schema}.attempt WHERE key = %(key)s AND at > %(since)s",
        key=limit.key,
        since=now - WINDOW,
    )
    if not found or found["tries"] < limit.free:
        return 0
    pause = min(limit.longest, 2 ** min(found["tries"] - limit.free, 20))
    until: datetime = found["latest"] + timedelta(seconds=pause)
    return -(-(until - now) // timedelta(seconds=1))


def _household(peer: str) -> str:
    try:
        address = ip_address(peer)
    except ValueError:
        return peer[:100]
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return peer
