"""One-time links: the first administrator of an empty organisation, an invited user, a forgotten password."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.identity.passwords import set_password
from entente.kernel.identity.sessions import token_hash
from entente.kernel.kit.refusal import Conflict, NotFound

Purpose = Literal["first_admin", "invite", "reset"]
LIFE: dict[Purpose, timedelta] = {
    "first_admin": timedelta(days=7),
    "invite": timedelta(days=7),
    "reset": timedelta(hours=2),
}


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """What a one-time link is good for; there is no user yet when it makes the first administrator."""

    purpose: Purpose
    user_id: UUID | None
    expires_at: datetime


class WayIn(msgspec.Struct, frozen=True, kw_only=True):
    """How far somebody is on the way in: whether he has a password, and until when his last invitation works."""

    has_password: bool
    until: datetime | None


def ways_in(tx: Tx, users: Sequence[UUID]) -> dict[UUID, WayIn]:
    """How far each of the users is on the way in."""
    found = engine_rows(
        tx,
        "SELECT asked.id, EXISTS (SELECT 1 FROM {schema}.credential c WHERE c.user_id = asked.id) AS has_password,"
        " (SELECT max(i.expires_at) FROM {schema}.invitation i"
        " WHERE i.user_id = asked.id AND i.used_at IS NULL AND i.purpose = 'invite') AS until"
        " FROM unnest(%(users)s::uuid[]) AS asked (id)",
        users=list(users),
    )
    return {each["id"]: WayIn(has_password=each["has_password"], until=each["until"]) for each in found}


def invite(tx: Tx, user: UUID, purpose: Literal["invite", "reset"]) -> str:
    """The token of a link with which the user chooses a password; his earlier links stop working."""
    engine_rows(
        tx,
        "DELETE FROM {schema}.invitation WHERE user_id = %(user)s AND used_at IS NULL",
        user=user,
    )
    return _store(tx, user, purpose)


def invite_first_admin(tx: Tx) -> str:
    """The token of a link that makes the first administrator; Conflict when somebody has a password already."""
    engine_rows(tx, "LOCK TABLE {schema}.invitation IN SHARE ROW EXCLUSIVE MODE")
    if has_users(tx):
        raise Conflict("identity.not_empty")
    engine_rows(tx, "DELETE FROM {schema}.invitation WHERE purpose = 'first_admin'")
    return _store(tx, None, "first_admin")


def has_users(tx: Tx) -> bool:
    """Whether anybody can sign in to the organisation."""
    return engine_row(tx, "SELECT 1 AS one FROM {schema}.credential LIMIT 1") is not None


def read_invitation(tx: Tx, token: str) -> Invitation:
    """What the link is good for, locked until the transaction ends; NotFound when it was used, is old or never was."""
    found = engine_row(
        tx,
        "SELECT purpose, user_id, expires_at FROM {schema}.invitation "
        "WHERE token_hash = %(hash)s AND used_at IS NULL AND expires_at > %(now)s FOR UPDATE",
        hash=token_hash(token),
        now=tx.clock.now(),
    )
    if found is None:
        raise NotFound("identity.link_spent")
    return Invitation(**found)


def accept_invitation(tx: Tx, token: str, password: str, *, user: UUID | None = None) -> UUID:
    """Use the link up: its user (or the administrator just created, given as `user`) has the password from now on."""
    found = read_invitation(tx, token)
    if found.purpose == "first_admin" and has_users(tx):
        raise Conflict("identity.not_empty")
    owner = found.user_id or user
    if owner is None:
        raise NotFound("identity.link_spent")
    set_password(tx, owner, password)
    engine_rows(
        tx,
        "UPDATE {schema}.invitation SET used_at = %(now)s WHERE token_hash = %(hash)s",
        now=tx.clock.now(),
        hash=token_hash(token),
    )
    return owner


def _store(tx: Tx, user: UUID | None, purpose: Purpose) -> str:
    token = secrets.token_urlsafe(32)
    now = tx.clock.now()
    engine_rows(
        tx,
        "INSERT INTO {schema}.invitation (token_hash, user_id, purpose, created_at, expires_at) "
        "VALUES (%(hash)s, %(user)s, %(purpose)s, %(now)s, %(until)s)",
        hash=token_hash(token),
        user=user,
        purpose=purpose,
        now=now,
        until=now + LIFE[purpose],
    )
    return token
