"""What is done with a quote: sent, accepted, rejected, reopened, revised, canceled, and expired by the clock."""

from datetime import timedelta
from typing import Any, Literal

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.jobs.queue import job
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.behaviours import action
from entente.kernel.records.record import Record
from entente.kernel.records.save import Write, save, save_many
from entente.modules.base.lookup import matching
from entente.modules.sales.quote import PROMISED, VALIDITY, lines_of

RejectReason = Literal["price", "competition", "budget", "scope", "timing", "no_answer", "other"]
COPIED = ("position", "kind", "name", "description", "quantity", "unit_price", "discount_percent", "tax_percent")
NEVER_SENT = {"sent_at": None, "accepted_at": None, "close_reason": None, "close_note": None}


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """Why the customer does not want it."""

    close_reason: RejectReason
    close_note: str | None = None


class Cancellation(msgspec.Struct, frozen=True, kw_only=True):
    """Why we take the quote back, if there is something to say."""

    close_note: str | None = None


def _becomes(tx: Tx, quote: Record, status: str, **more: Any) -> Record:
    """The quote in another state; only actions write it."""
    return save(tx, "quote", {}, id=quote.id, also={"status": status, **more})


@action("quote", scope="each", show_if='status = "draft"', icon="send", tone="primary")
def send(tx: Tx, quote: Record) -> Record:
    """The quote as sent: from now on it does not change; Refused without items or when it holds no longer."""
    if all(line["kind"] != "product" for line in lines_of(tx, quote.id)):
        raise Refused("quote.nothing_to_send")
    if quote["valid_until"] is not None and quote["valid_until"] < tx.clock.now().date() - timedelta(days=1):
        raise Refused("quote.over", field="valid_until")
    discount = quote["discount_amount"]
    if discount is not None and discount.amount > quote["subtotal"].amount:
        raise Refused("quote.discount_too_large", field="discount_amount")
    return _becomes(tx, quote, "sent", sent_at=tx.clock.now())


@action("quote", scope="each", show_if='status = "sent"', icon="check", tone="primary")
def accept(tx: Tx, quote: Record) -> Record:
    """The quote as accepted by the customer."""
    return _becomes(tx, quote, "accepted", accepted_at=tx.clock.now())


@action("quote", scope="each", show_if='status = "sent"', icon="thumb-down", tone="danger")
def reject(tx: Tx, quote: Record, wish: Rejection) -> Record:
    """The quote as rejected by the customer, with his reason."""
    return _becomes(tx, quote, "rejected", close_reason=wish.close_reason, close_note=wish.close_note)


@action("quote", scope="each", show_if='status in ("sent", "rejected", "expired")', icon="rotate")
def reopen(tx: Tx, quote: Record) -> Record:
    """The quote as a draft again; one that held no longer holds from today."""
    today = tx.clock.now().date()
    over = quote["valid_until"] is not None and quote["valid_until"] < today
    until = {"valid_until": today + VALIDITY} if over else {}
    return _becomes(tx, quote, "draft", **NEVER_SENT, **until)


@action("quote", show_if='status in ("sent", "rejected", "expired")', icon="versions")
def revise(tx: Tx, quote: Record) -> Record:
    """A new draft of the same number with the next revision and the same lines; it replaces the quote."""
    today = tx.clock.now().date()
    values = {name: quote[name] for name in PROMISED} | {"date": today, "valid_until": today + VALIDITY}
    values["description"] = quote["description"]
    also = {"number": quote["number"], "revision": quote["revision"] + 1, "supersedes": quote.id}
    also |= {name: quote[name] for name in ("owner", "team", "unit")}
    _becomes(tx, quote, "superseded")
    made = save(tx, "quote", values, also=also)
    lines = [{"quote": made.id, **{name: line[name] for name in COPIED}} for line in lines_of(tx, quote.id)]
    save_many(tx, "quote_line", [Write(values=line) for line in lines], trusted=True)
    return made


@action("quote", scope="each", show_if='status in ("draft", "sent", "accepted")', icon="ban", tone="danger")
def cancel(tx: Tx, quote: Record, wish: Cancellation) -> Record:
    """The quote as taken back by us."""
    return _becomes(tx, quote, "canceled", close_note=wish.close_note)


@job("sales.expire_quotes", every="35 4 * * *")
def expire_quotes(tx: Tx) -> int:
    """How many sent quotes have expired because their last day is over; run daily."""
    over = matching(tx, "quote", 'status = "sent" and valid_until < today()')
    for quote in over:
        save(tx, "quote", {"status": "expired"}, id=quote.id, trusted=True)
    return len(over)
