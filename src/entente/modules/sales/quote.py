"""Quotes: whom and what they are for, until when they hold, what they come to, who may change them when."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.kit.money import Money
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.behaviours import check, derive, prepare, react
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.save import save
from entente.kernel.undoing import DEED as UNDO
from entente.modules.base.currency import base_currency, in_base
from entente.modules.base.lookup import known, matching
from entente.modules.sales.pricing import Priced, Totals, totals

VALIDITY = timedelta(days=30)
MOST_LINES = 500
LIVE = ("accepted", "sent", "draft")  # in the order in which one of them speaks for its opportunity
STEPS = {
    "draft": {"sent", "canceled"},
    "sent": {"draft", "accepted", "rejected", "expired", "superseded", "canceled"},
    "accepted": {"canceled"},
    "rejected": {"draft", "superseded"},
    "expired": {"draft", "superseded"},
    "canceled": set[str](),
    "superseded": set[str](),
}
# What the customer has been told: it changes in a draft only.
PROMISED = (
    "name", "opportunity", "account", "contact", "currency", "date", "valid_until", "discount_percent",
    "discount_amount", "customer_reference", "note",
)  # fmt: skip
FROM_DEAL = ("name", "account", "contact")


@prepare("quote")
def opportunity_says_the_rest(tx: Tx, old: Record | None, new: Draft) -> None:
    """What was left open is taken from the opportunity: name, account, contact and currency."""
    deal = known(tx, "opportunity", new["opportunity"])
    for name in FROM_DEAL if deal is not None else ():
        if new[name] is None:
            new[name] = deal and deal[name]
    if new["currency"] is None:
        code = deal["amount"].currency if deal and deal["amount"] else base_currency(tx)
        found = matching(tx, "currency", f'code = "{code}"', limit=1)
        new["currency"] = found[0].id if found else None


@prepare("quote")
def quote_holds_for_a_while(tx: Tx, old: Record | None, new: Draft) -> None:
    """Without a last day a quote holds for 30 days."""
    if new["valid_until"] is None and new["date"] is not None:
        new["valid_until"] = new["date"] + VALIDITY


@derive("quote", sets=("subtotal", "net_total", "tax_amount", "total"))
def quote_comes_to(tx: Tx, old: Record | None, new: Draft) -> None:
    """The sum of the lines, the total without tax after the discounts, the tax, and the total with it."""
    made = _totals(tx, new, lines_of(tx, new.id) if old is not None else [])
    amounts = {"subtotal": made.subtotal, "net_total": made.net, "tax_amount": made.tax, "total": made.total}
    for name, amount in amounts.items():
        new[name] = valued(tx, new, name, amount, currency_of(tx, new))


def lines_of(tx: Tx, quote: UUID) -> list[Record]:
    """The lines of a quote in their order."""
    return matching(tx, "quote_line", f'quote = "{quote}"', sort="position", limit=MOST_LINES)


def _totals(tx: Tx, quote: Draft, lines: list[Record]) -> Totals:
    priced = [Priced(line["net"].amount, line["tax_percent"] or Decimal(0)) for line in lines if line["net"]]
    percent, amount = quote["discount_percent"] or Decimal(0), quote["discount_amount"]
    return totals(priced, percent, amount.amount if amount else Decimal(0), currency_of(tx, quote))


def currency_of(tx: Tx, quote: Any) -> str:
    """The code of the currency in which a quote is made out."""
    found = known(tx, "currency", quote["currency"])
    return found["code"] if found else base_currency(tx)


def valued(tx: Tx, new: Draft, name: str, amount: Decimal, currency: str) -> Money:
    """An amount with its value in the base currency; one that stays the same keeps the rate that it had."""
    before: Money | None = new.before(name)
    if before is not None and (before.amount, before.currency) == (amount, currency):
        return before
    return in_base(tx, Money(amount, currency), new.at.date(), name)


@check("quote")
def quote_is_for_somebody(tx: Tx, old: Record | None, new: Draft) -> None:
    """A quote has a name, and a customer: an account or a contact."""
    if new["account"] is None and new["contact"] is None:
        raise Refused("quote.nobody", field="account")
    if not new["name"]:
        raise Refused("field.required", field="name")


@check("quote")
def only_a_draft_changes(tx: Tx, old: Record | None, new: Draft) -> None:
    """What was promised to the customer changes in a draft only."""
    if old is None or tx.cause.deed == UNDO or "draft" in (old["status"], new["status"]):
        return
    touched = next((name for name in PROMISED if new.changes(name)), None)
    if touched is not None:
        raise Refused("quote.not_draft", field=touched)


@check("quote")
def states_follow_each_other(tx: Tx, old: Record | None, new: Draft) -> None:
    """A quote goes from state to state as the business does; undoing goes back."""
    if old is None or not new.changes("status") or tx.cause.deed == UNDO:
        return
    if new["status"] not in STEPS[old["status"]]:
        choices = tx.catalog.entity("quote").field("status").definition.choices
        named = {choice.key: choice.label.to(tx.language) for choice in choices}
        raise Refused("quote.no_such_step", field="status", old=named[old["status"]], new=named[new["status"]])


@check("quote")
def days_and_amounts_are_sound(tx: Tx, old: Record | None, new: Draft) -> None:
    """A quote ends after it begins, and all of its amounts are in its currency."""
    if new["valid_until"] is not None and new["date"] is not None and new["valid_until"] < new["date"]:
        raise Refused("quote.ends_before_it_begins", field="valid_until")
    discount: Money | None = new["discount_amount"]
    if discount is not None and discount.currency != currency_of(tx, new):
        raise Refused("quote.other_currency", field="discount_amount", currency=currency_of(tx, new))
    if old is not None and new.changes("currency") and lines_of(tx, new.id):
        raise Refused("quote.currency_has_lines", field="currency")


@react("quote")
def opportunity_knows_its_quote(tx: Tx, old: Record | None, quote: Record) -> None:
    """The opportunity leads to the quote that speaks for it, and follows its amount if it was asked to."""
    told = ("opportunity", "status", "net_total")
    if old is not None and all(old[name] == quote[name] for name in told):
        return
    for deal in {quote["opportunity"], old and old["opportunity"]} - {None}:
        tell_opportunity(tx, deal)


def tell_opportunity(tx: Tx, deal: UUID) -> None:
    """Let an opportunity know which of its quotes speaks for it: the accepted one, else the newest that is alive."""
    if known(tx, "opportunity", deal) is None:
        return
    living = f'opportunity = "{deal}" and status in ("draft", "sent", "accepted")'
    found = matching(tx, "quote", living, sort="-created_at")
    first = min(found, key=lambda quote: LIVE.index(quote["status"]), default=None)
    save(tx, "opportunity", {"quote": first and first.id}, id=deal, trusted=True)
