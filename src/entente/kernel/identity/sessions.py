"""Signing in and out: sessions of people at a browser."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from entente.kernel.db.database import Database
from entente.kernel.db.tx import Tx, engine_rows, new_cause
from entente.kernel.identity.passwords import hash_password, is_outdated, matches, store_hash
from entente.kernel.identity.throttle import account_limit, count_try, forgive, peer_limit
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Refused

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=30)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One signed-in browser of a user; `id` is the hash of its token in hexadecimal."""

    id: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    peer: str
    agent: str


class _Candidate(msgspec.Struct, frozen=True):
    login: str
    user: UUID | None = None
    hashed: str | None = None
    must_change: bool = False


def token_hash(token: str) -> bytes:
    """The SHA-256 under which a token is kept."""
    return hashlib.sha256(token.encode()).digest()


def sign_in(database: Database, organisation: str, login: str, password: str, *, peer: str, agent: str) -> str:
    """The token of a new session; Refused for a wrong pair, Throttled (with the seconds to wait) after too many.

    It opens its own transactions: a refused try must stay counted, and no connection waits for the hash.
    """
    who, cause = system("sign-in"), new_cause("web", "sign-in")
    with database.begin(who, organisation=organisation, cause=cause) as tx:
        candidate = _candidate(tx, login.strip())
        count_try(tx, [account_limit(candidate.login), peer_limit(peer)])
    if not matches(password, candidate.hashed) or candidate.user is None:
        raise Refused("identity.sign_in_refused")
    renewed = hash_password(password) if candidate.hashed and is_outdated(candidate.hashed) else None
    with database.begin(who, organisation=organisation, cause=cause) as tx:
        forgive(tx, account_limit(candidate.login))
        if renewed:
            store_hash(tx, candidate.user, renewed, must_change=candidate.must_change)
        return start_session(tx, candidate.user, peer=peer, agent=agent)


def start_session(tx: Tx, user: UUID, *, peer: str, agent: str) -> str:
    """The token of a new session for someone whose identity was proved."""
    token = secrets.token_urlsafe(32)
    now = tx.clock.now()
    engine_rows(
        tx,
        "INSERT INTO {schema}.session VALUES (%(hash)s, %(user)s, %(now)s, %(now)s, %(until)s, %(peer)s, %(agent)s)",
        hash=token_hash(token),
        user=user,
        now=now,
        until=now + LONGEST,
        peer=peer[:100],
        agent=agent[:300],
    )
    return token


def sign_out(tx: Tx, token: str) -> None:
    """End the session of a token."""
    engine_rows(tx, "DELETE FROM {schema}.session WHERE token_hash = %(hash)s", hash=token_hash(token))


def sessions_of(tx: Tx, user: UUID) -> list[Session]:
    """The user's sessions that still work, last seen first."""
    now = tx.clock.now()
    found = engine_rows(
        tx,
        "SELECT encode(token_hash, 'hex') AS id, created_at, seen_at, expires_at, peer, agent FROM {schema}.session "
        "WHERE user_id = %(user)s AND expires_at > %(now)s AND seen_at > %(idle)s ORDER BY seen_at DESC",
        user=user,
        now=now,
        idle=now - IDLE,
    )
    return [Session(**row) for row in found]


def end_session(tx: Tx, user: UUID, session: str) -> int:
    """How many sessions ended: the one of the user's with this id, if it is there."""
    found = engine_rows(
        tx,
        "DELETE FROM {schema}.session WHERE user_id = %(user)s AND encode(token_hash, 'hex') = %(id)s"
        " RETURNING user_id",
        user=user,
        id=session,
    )
    return len(found)


def end_sessions(tx: Tx, user: UUID, *, keep: str | None = None) -> int:
    """How many sessions of a user ended: all but the one of the token to keep."""
    found = engine_rows(
        tx,
        "DELETE FROM {schema}.session WHERE user_id = %(user)s AND token_hash IS DISTINCT FROM %(keep)s"
        " RETURNING user_id",
        user=user,
        keep=token_hash(keep) if keep else None,
    )
    return len(found)


def _candidate(tx: Tx, login: str) -> _Candidate:
    """Whoever has the login, else the only one with the e-mail address: however one writes it, it is one account."""
    found = engine_rows(
        tx,
        "SELECT u.login, u.id AS user, c.password_hash AS hashed, coalesce(c.must_change, false) AS must_change, "
        "lower(u.login) = lower(%(login)s) AS is_login "
        'FROM {schema}."user" u LEFT JOIN {schema}.credential c ON c.user_id = u.id '
        "WHERE (lower(u.login) = lower(%(login)s) OR lower(u.email) = lower(%(login)s)) "
        "AND u.active AND u.deleted_at IS NULL ORDER BY is_login DESC LIMIT 2",
        login=login,
    )
    if not found or not (found[0]["is_login"] or len(found) == 1):
        return _Candidate(login)
    return _Candidate(**{name: found[0][name] for name in _Candidate.__struct_fields__})
