"""API tokens: what a program shows instead of a password."""

import re
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.identity.sessions import token_hash
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import NotFound, Refused

LONGEST_DAYS = 366
_FORM = re.compile(r"ent_(?P<organisation>[A-Za-z_][A-Za-z0-9_]{0,39})_[A-Za-z0-9_-]{43}")


class ApiToken(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a token; the token itself is shown once, when it is made."""

    id: UUID
    name: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def create_token(tx: Tx, user: UUID, name: str, days: int) -> str:
    """A new token of the user, never to be seen again; Refused when it has no name or no sensible number of days."""
    if not name.strip():
        raise Refused("identity.token_name", field="name")
    if not 1 <= days <= LONGEST_DAYS:
        raise Refused("identity.token_days", field="days", count=LONGEST_DAYS)
    token = f"ent_{tx.catalog.schema.removeprefix('org_')}_{secrets.token_urlsafe(32)}"
    now = tx.clock.now()
    engine_rows(
        tx,
        "INSERT INTO {schema}.api_token (id, token_hash, user_id, name, created_at, expires_at) "
        "VALUES (%(id)s, %(hash)s, %(user)s, %(name)s, %(now)s, %(until)s)",
        id=new_id(),
        hash=token_hash(token),
        user=user,
        name=name.strip()[:100],
        now=now,
        until=now + timedelta(days=days),
    )
    return token


def organisation_of(token: str) -> str | None:
    """The organisation that a token was made for, or nothing when this is no token of ours."""
    found = _FORM.fullmatch(token)
    return found["organisation"] if found else None


def tokens_of(tx: Tx, user: UUID) -> list[ApiToken]:
    """The user's tokens, newest first, those that no longer work included."""
    found = engine_rows(
        tx,
        "SELECT id, name, created_at, expires_at, last_used_at, revoked_at FROM {schema}.api_token "
        "WHERE user_id = %(user)s ORDER BY id DESC",
        user=user,
    )
    return [ApiToken(**row) for row in found]


def revoke_token(tx: Tx, user: UUID, token: UUID) -> None:
    """Make a token of the user worthless; NotFound when he has none of this id."""
    done = engine_row(
        tx,
        "UPDATE {schema}.api_token SET revoked_at = coalesce(revoked_at, %(now)s) "
        "WHERE id = %(token)s AND user_id = %(user)s RETURNING id",
        now=tx.clock.now(),
        token=token,
        user=user,
    )
    if done is None:
        raise NotFound("identity.token_unknown")
