"""One send, one effect: its key is inserted first, and whoever sends the same again gets the first answer."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.services.forms.definition import Form

Outcome = Literal["created", "known", "ignored"]
SAME_FOR = timedelta(minutes=10)  # the same answers without a token, from someone else's page, are one send


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a submission; `replayed` when it had been taken before."""

    outcome: Outcome
    submission: UUID | None = None
    replayed: bool = False


def new_token(tx: Tx) -> str:
    """A token for a page that shows the form: unique, and it tells when the page was made."""
    return f"{int(tx.clock.now().timestamp()):x}.{secrets.token_urlsafe(16)}"


def age_of(tx: Tx, token: str) -> timedelta | None:
    """How long ago a token was made, or nothing when it is none of ours."""
    made, dot, _ = token.partition(".")
    try:
        return tx.clock.now() - datetime.fromtimestamp(int(made, 16), UTC) if dot else None
    except (ValueError, OverflowError, OSError):
        return None


def key_of(form: Form, token: str, answers: Mapping[str, Any]) -> str:
    """The key under which equal sends meet: form, token and answers."""
    body = msgspec.json.encode([str(form.id), token, answers], order="sorted")
    return hashlib.sha256(body).hexdigest()


def claim(tx: Tx, key: str, *, has_token: bool) -> Receipt | None:
    """Nothing when the send is new and now ours, else the receipt of the first one; waits while that is under way."""
    now = tx.clock.now()
    stale = datetime.min.replace(tzinfo=UTC) if has_token else now - SAME_FOR
    ours = engine_row(
        tx,
        "INSERT INTO {schema}.form_receipt (key, at) VALUES (%(key)s, %(now)s)"
        " ON CONFLICT (key) DO UPDATE SET at = excluded.at WHERE form_receipt.at < %(stale)s RETURNING key",
        key=key,
        now=now,
        stale=stale,
    )
    if ours:
        return None
    first = engine_row(tx, "SELECT submission, outcome FROM {schema}.form_receipt WHERE key = %(key)s", key=key)
    return Receipt(outcome=first["outcome"], submission=first["submission"], replayed=True) if first else None


def settle(tx: Tx, key: str, receipt: Receipt) -> None:
    """Keep what became of a claimed send."""
    engine_rows(
        tx,
        "UPDATE {schema}.form_receipt SET submission = %(submission)s, outcome = %(outcome)s WHERE key = %(key)s",
        key=key,
        submission=receipt.submission,
        outcome=receipt.outcome,
    )
