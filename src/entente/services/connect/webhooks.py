"""Webhooks: signed calls of other programs, at least once, each with a key by which a second copy is known."""

import hmac
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Literal
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
# Statuses below 500 that ask for a further attempt: a timeout, too many requests.
AGAIN = frozenset({408, 429})
_ADD = """
INSERT INTO {schema}.outgoing_call (id, key, source, url, body, state, created_at)
VALUES (%(id)s, %(key)s, %(source)s, %(url)s, %(body)s, 'queued', %(now)s) ON CONFLICT (key)"""
_SAME = """
DO UPDATE SET key = excluded.key
WHERE outgoing_call.url = excluded.url AND outgoing_call.body = excluded.body RETURNING id
"""


def send_webhook(tx: Tx, key: str, url: str, body: Mapping[str, Any], *, source: UUID) -> UUID | None:
    """The id of a call that leaves after the commit, or nothing when its key was used; Refused for a bad address."""
    made = engine_row(tx, f"{_ADD} DO NOTHING RETURNING id", **_call(tx, key, url, body, source))
    if made is None:
        return None
    enqueue(tx, deliver_webhook, call=made["id"])
    identity: UUID = made["id"]
    return identity


def order_call(tx: Tx, key: str, url: str, body: Mapping[str, Any], *, source: UUID) -> UUID:
    """The id of a call that its owner hands over by `attempt`; Refused for a bad address.

    The same work with the same content is the same call; with other content it is one under a key of its own.
    """
    given = _call(tx, key, url, body, source)
    made = engine_row(tx, f"{_ADD}{_SAME}", **given)
    if made is None:
        digest = sha256(url.encode() + msgspec.json.encode(dict(body), order="sorted")).hexdigest()
        made = engine_row(tx, f"{_ADD}{_SAME}", **given | {"key": f"{key}:{digest[:16]}"})
    if made is None:
        raise Refused("outgoing.other_content", field="url")
    identity: UUID = made["id"]
    return identity


def _call(tx: Tx, key: str, url: str, body: Mapping[str, Any], source: UUID) -> dict[str, Any]:
    proved_url(url)
    if len(msgspec.json.encode(body)) > LONGEST_BODY:
        raise Refused("outgoing.too_large", limit=LONGEST_BODY)
    now = tx.clock.now()
    return {"id": new_id(), "key": key, "source": source, "url": url, "body": Jsonb(dict(body)), "now": now}


def secret_of(tx: Tx, source: UUID) -> str:
    """The secret with which calls of a source are signed; the receiver checks the signature with it."""
    return open_vault(tx.settings.data).secret(PURPOSE, str(source))


def signature(secret: str, moment: int, body: bytes) -> str:
    """The signature header of a body sent at a moment (seconds since 1970)."""
    made = hmac.new(secret.encode(), f"{moment}.".encode() + body, sha256).hexdigest()
    return f"t={moment},v1={made}"


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt brought: the answer, or in `error` what was wrong; `again`: a further attempt may succeed."""

    status: int | None = None
    body: bytes = b""
    error: str = ""
    again: bool = False


@job("connect.webhook", queue="webhook", limit=60, transaction=False)
def deliver_webhook(run: Run, call: UUID) -> None:
    """Hand a call over, signed; Unanswered when it should be tried again."""
    with run.begin() as tx:
        if (
            engine_row(tx, "SELECT 1 FROM {schema}.outgoing_call WHERE id = %(id)s AND state <> 'sent'", id=call)
            is None
        ):
            return
    reply = attempt(run, call)
    with run.begin() as tx:
        settle(tx, call, reply)
    if reply.again:
        raise Unanswered(reply.error)


def attempt(run: Run, call: UUID) -> Reply:
    """What came of handing a call over, signed, which is then to be settled."""
    with run.begin() as tx:
        row = engine_row(
            tx,
            "UPDATE {schema}.outgoing_call SET tries = tries + 1 WHERE id = %(id)s RETURNING key, source, url, body",
            id=call,
        )
        if row is None:
            return Reply(error="outgoing.forgotten")
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
        return Reply(error=refusal.code)
    except Unanswered as fault:
        return Reply(error=str(fault), again=True)
    if 200 <= answer.status < 300:
        return Reply(status=answer.status, body=answer.body)
    again = answer.status >= 500 or answer.status in AGAIN
    return Reply(status=answer.status, body=answer.body, error=f"HTTP {answer.status}", again=again)


def settle(tx: Tx, call: UUID, reply: Reply) -> None:
    """Write down what an attempt brought."""
    engine_rows(
        tx,
        "UPDATE {schema}.outgoing_call SET state = %(state)s, status = %(status)s, error = %(error)s,"
        " sent_at = CASE WHEN %(state)s = 'sent' THEN %(now)s::timestamptz END WHERE id = %(id)s",
        state="failed" if reply.error else "sent",
        status=reply.status,
        error=reply.error[:500],
        now=tx.clock.now(),
        id=call,
    )


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of a call: its state, the status of the last answer, and as a code or in words what was wrong."""

    state: Literal["queued", "sent", "failed"]
    url: str
    status: int | None = None
    error: str | None = None


def fates(tx: Tx, keys: Iterable[str]) -> dict[str, Fate]:
    """What has become of the calls with these keys; those that are forgotten are left out."""
    wanted = list(keys)
    if not wanted:
        return {}
    sql = "SELECT key, state, url, status, error FROM {schema}.outgoing_call WHERE key = ANY(%(keys)s)"
    return {row.pop("key"): Fate(**row) for row in map(dict, engine_rows(tx, sql, keys=wanted))}


@job("connect.forget_calls", every="43 3 * * *")
def forget_calls(tx: Tx) -> None:
    """Calls older than 30 days are gone."""
    engine_rows(
        tx,
        "DELETE FROM {schema}.outgoing_call WHERE created_at < %(now)s::timestamptz - make_interval(days => %(days)s)",
        now=tx.clock.now(),
        days=KEPT_DAYS,
    )
