"""Webhooks: signed calls of other programs, at least once, each with a key by which a second copy is known."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.identity.secrets import open_vault
from entente.kernel.jobs.queue import Run, enqueue, job
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import Refused
from entente.services.connect.outgoing import Unanswered, post, proved_url

PURPOSE = "webhook"
SIGNATURE = "Entente-Signature"
DELIVERY = "Entente-Delivery"
IDEMPOTENCY = "Idempotency-Key"
ENTRY = "Entente-Entry"
KEPT_DAYS = 30
LONGEST_BODY = 200_000
_ADD = """
INSERT INTO {schema}.outgoing_call (id, key, source, url, body, state, created_at)
VALUES (%(id)s, %(key)s, %(source)s, %(url)s, %(body)s, 'queued', %(now)s) ON CONFLICT (key) DO NOTHING RETURNING id
"""


def send_webhook(tx: Tx, key: str, url: str, body: Mapping[str, Any], *, source: UUID) -> UUID | None:
    """The id of a call that leaves after the commit, or nothing when its key was used; Refused for a bad address."""
    proved_url(url)
    if len(msgspec.json.encode(body)) > LONGEST_BODY:
        raise Refused("outgoing.too_large", limit=LONGEST_BODY)
    made = engine_row(
        tx, _ADD, id=new_id(), key=key, source=source, url=url, body=Jsonb(dict(body)), now=tx.clock.now()
    )
    if made is None:
        return None
    enqueue(tx, deliver_webhook, call=made["id"])
    identity: UUID = made["id"]
    return identity


def secret_of(tx: Tx, source: UUID) -> str:
    """The secret with which calls of a source are signed; the receiver checks the signature with it."""
    return open_vault(tx.settings.data).secret(PURPOSE, str(source))


def signature(secret: str, moment: int, body: bytes) -> str:
    """The signature header of a body sent at a moment (seconds since 1970)."""
    made = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={made}"


@job("connect.webhook", queue="webhook", limit=60, transaction=False)
def deliver_webhook(run: Run, call: UUID) -> None:
    """Hand a call over, signed; Unanswered when it should be tried again."""
    with run.begin() as tx:
        row = engine_row(
            tx,
            "UPDATE {schema}.outgoing_call SET tries = tries + 1 WHERE id = %(id)s AND state <> 'sent'"
            " RETURNING key, source, url, body",
            id=call,
        )
        if row is None:
            return
        moment, secret = int(tx.clock.now().timestamp()), secret_of(tx, row["source"])
    body = msgspec.json.encode(row["body"])
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Entente",
        DELIVERY: row["key"],
        IDEMPOTENCY: row["key"],
        ENTRY: str(row["body"].get("entry") or ""),
        SIGNATURE: signature(secret, moment, body),
    }
    try:
        answer = post(row["url"], body, headers, internal=run.database.settings.internal_hosts)
    except Refused as refusal:
        _settle(run, call, "failed", None, refusal.code)
        return
    except Unanswered as fault:
        _settle(run, call, "failed", None, str(fault))
        raise
    done = 200 <= answer.status < 300
    _settle(run, call, "sent" if done else "failed", answer.status, "" if done else f"HTTP {answer.status}")
    if answer.status >= 500 or answer.status in (408, 429):
        raise Unanswered(f"HTTP {answer.status}")


def _settle(run: Run, call: UUID, state: str, status: int | None, error: str) -> None:
    with run.begin() as tx:
        engine_rows(
            tx,
            "UPDATE {schema}.outgoing_call SET state = %(state)s, status = %(status)s, error = %(error)s,"
            " sent_at = CASE WHEN %(state)s = 'sent' THEN %(now)s::timestamptz END WHERE id = %(id)s",
            state=state,
            status=status,
            error=error[:500],
            now=tx.clock.now(),
            id=call,
        )


@job("connect.forget_calls", every="43 3 * * *")
def forget_calls(tx: Tx) -> None:
    """Calls older than 30 days are gone."""
    engine_rows(
        tx,
        "DELETE FROM {schema}.outgoing_call WHERE created_at < %(now)s::timestamptz - make_interval(days => %(days)s)",
        now=tx.clock.now(),
        days=KEPT_DAYS,
    )
