"""Lines of a quote: items with their prices, texts and sections."""

from decimal import Decimal
from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.kit.money import Money
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.behaviours import check, derive, prepare, react
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.save import save
from entente.kernel.undoing import DEED as UNDO
from entente.modules.base.lookup import known, matching
from entente.modules.sales.pricing import net_of
from entente.modules.sales.quote import MOST_LINES, currency_of, lines_of, valued

PRICES = ("quantity", "unit_price", "discount_percent", "tax_percent")


@prepare("quote_line")
def line_has_its_place(tx: Tx, old: Record | None, new: Draft) -> None:
    """A line without a place comes last; a text and a section have no prices."""
    if new["position"] is None and new["quote"] is not None:
        last = matching(tx, "quote_line", f'quote = "{new["quote"]}"', sort="-position", limit=1)
        new["position"] = (last[0]["position"] or 0) + 1 if last else 1
    for name in PRICES if new["kind"] != "product" else ():
        new[name] = None


@derive("quote_line", sets=("net",))
def line_comes_to(tx: Tx, old: Record | None, new: Draft) -> None:
    """The net of an item: quantity times price less its discount."""
    price: Money | None = new["unit_price"]
    if price is None or new["quantity"] is None:
        new["net"] = None
        return
    net = net_of(price.amount, new["quantity"], new["discount_percent"] or Decimal(0), price.currency)
    new["net"] = valued(tx, new, "net", net, price.currency)


@check("quote_line")
def only_lines_of_a_draft_change(tx: Tx, old: Record | None, new: Draft) -> None:
    """Lines come, change and move in drafts only."""
    if tx.cause.deed == UNDO or (old is not None and not new.changed()):
        return
    for quote in {new["quote"], old["quote"] if old is not None else new["quote"]}:
        found = known(tx, "quote", quote)
        if found is not None and found["status"] != "draft":
            raise Refused("quote.not_draft", field="quote")


@check("quote_line")
def line_is_in_the_quotes_currency(tx: Tx, old: Record | None, new: Draft) -> None:
    """All prices of a quote are in its currency, and its lines can be counted."""
    quote = known(tx, "quote", new["quote"])
    if quote is None:
        return
    price: Money | None = new["unit_price"]
    if price is not None and price.currency != currency_of(tx, quote):
        raise Refused("quote.other_currency", field="unit_price", currency=currency_of(tx, quote))
    if old is None and len(lines_of(tx, quote.id)) >= MOST_LINES:
        raise Refused("quote.too_many_lines", count=MOST_LINES)


@react("quote_line")
def quote_is_added_up(tx: Tx, old: Record | None, line: Record) -> None:
    """The quote comes to what its lines come to."""
    add_up(tx, line["quote"])
    if old is not None and old["quote"] != line["quote"]:
        add_up(tx, old["quote"])


@react("quote_line", binned=True)
def quote_is_added_up_without(tx: Tx, line: Record) -> None:
    """The quote comes to what is left of its lines."""
    add_up(tx, line["quote"])


def add_up(tx: Tx, quote: UUID) -> None:
    """Work out anew what a quote comes to, if it is still there."""
    if known(tx, "quote", quote) is not None:
        save(tx, "quote", {}, id=quote, trusted=True)
