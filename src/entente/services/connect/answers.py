"""A request that is sent again gets the answer it got before, instead of being done twice."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.jobs.queue import job
from entente.kernel.kit.refusal import Refused

KEPT = timedelta(days=2)
LONGEST_KEY = 200


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it was given; `body` is plain JSON."""

    status: int
    body: Any


class StillAtWork(Refused):
    """The same request is being done at this moment."""

    status = 409


def fingerprint(*parts: bytes) -> bytes:
    """What tells two requests apart: a SHA-256 over their parts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def claim(tx: Tx, user: UUID, key: str, mark: bytes) -> Kept | None:
    """The answer kept for a key, nothing when the request is new and now this transaction's to do.

    Refused when the key was used for another request, StillAtWork when another transaction is doing it.
    """
    if not 0 < len(key) <= LONGEST_KEY:
        raise Refused("connect.bad_key", field="Idempotency-Key", count=LONGEST_KEY)
    free = engine_row(
        tx, "SELECT pg_try_advisory_xact_lock(hashtextextended(%(key)s, 7266003)) AS free", key=f"{user} {key}"
    )
    if not free or not free["free"]:
        raise StillAtWork("connect.still_at_work")
    found = engine_row(
        tx,
        "SELECT fingerprint, status, body FROM {schema}.answer WHERE user_id = %(user)s AND key = %(key)s",
        user=user,
        key=key,
    )
    if found is None:
        return None
    if found["fingerprint"] != mark:
        raise Refused("connect.other_request", field="Idempotency-Key")
    return Kept(status=found["status"], body=found["body"])


def keep(tx: Tx, user: UUID, key: str, mark: bytes, answer: Kept) -> None:
    """Keep an answer for two days, as part of the work that it tells of."""
    engine_rows(
        tx,
        "INSERT INTO {schema}.answer VALUES (%(key)s, %(user)s, %(mark)s, %(status)s, %(body)s, %(now)s)",
        key=key,
        user=user,
        mark=mark,
        status=answer.status,
        body=Jsonb(answer.body),
        now=tx.clock.now(),
    )


@job("connect.forget_answers", every="41 3 * * *")
def forget_answers(tx: Tx) -> None:
    """Drop the answers that were kept long enough."""
    engine_rows(tx, "DELETE FROM {schema}.answer WHERE at < %(since)s", since=tx.clock.now() - KEPT)
