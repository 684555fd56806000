"""Passwords: Argon2id, at most four computations at a time, the same work for a login that nobody has."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.refusal import Refused, Throttled

SHORTEST = 12
LONGEST = 1000
PATIENCE_SECONDS = 10

# OWASP's minimum for Argon2id: two passes over 19 MiB.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Each computation holds 19 MiB and a core: a flood of sign-ins queues up here instead of taking the machine.
_TURNS = threading.BoundedSemaphore(4)


def hash_password(password: str) -> str:
    """The Argon2id hash of a password; Throttled when too many are being computed."""
    with _turn():
        return _HASHER.hash(password)


def matches(password: str, hashed: str | None) -> bool:
    """Whether the password has this hash; takes as long for no hash at all."""
    with _turn():
        try:
            return _HASHER.verify(hashed or _nobody(), password[:LONGEST]) and hashed is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(hashed: str) -> bool:
    """Whether the hash was made with other costs than today's."""
    return _HASHER.check_needs_rehash(hashed)


def check_policy(password: str, login: str) -> None:
    """Refuse a password that is short, endless or made of the login."""
    if len(password) < SHORTEST:
        raise Refused("identity.password_short", field="password", count=SHORTEST)
    if len(password) > LONGEST:
        raise Refused("identity.password_long", field="password", count=LONGEST)
    rest = password.casefold().replace(login.casefold(), "") if login else password
    if len(set(rest)) < 5:
        raise Refused("identity.password_guessable", field="password")


def set_password(tx: Tx, user: UUID, password: str, *, must_change: bool = False, check: bool = True) -> None:
    """Give a user a password and end his sessions; the policy is not asked for the demo's public one."""
    if check:
        found = engine_row(tx, 'SELECT login FROM {schema}."user" WHERE id = %(user)s', user=user)
        check_policy(password, found["login"] if found else "")
    store_hash(tx, user, hash_password(password), must_change=must_change)
    engine_rows(tx, "DELETE FROM {schema}.session WHERE user_id = %(user)s", user=user)


def change_password(tx: Tx, user: UUID, current: str, password: str) -> None:
    """Replace a user's own password, known by heart, and end his sessions; Refused when the current one is wrong."""
    if not check_password(tx, user, current):
        raise Refused("identity.password_wrong", field="current")
    set_password(tx, user, password)


def check_password(tx: Tx, user: UUID, password: str) -> bool:
    """Whether this is the user's password; takes as long for a user without one."""
    found = engine_row(tx, "SELECT password_hash FROM {schema}.credential WHERE user_id = %(user)s", user=user)
    return matches(password, found["password_hash"] if found else None)


def store_hash(tx: Tx, user: UUID, hashed: str, *, must_change: bool) -> None:
    """Keep the hash as the user's only one."""
    engine_rows(
        tx,
        "INSERT INTO {schema}.credential (user_id, password_hash, must_change, changed_at) "
        "VALUES (%(user)s, %(hash)s, %(must)s, %(now)s) ON CONFLICT (user_id) DO UPDATE SET "
        "password_hash = excluded.password_hash, must_change = excluded.must_change, changed_at = excluded.changed_at",
        user=user,
        hash=hashed,
        must=must_change,
        now=tx.clock.now(),
    )


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")


@contextmanager
def _turn() -> Iterator[None]:
    if not _TURNS.acquire(timeout=PATIENCE_SECONDS):
        raise Throttled("identity.throttled", seconds=PATIENCE_SECONDS)
    try:
        yield
    finally:
        _TURNS.release()
