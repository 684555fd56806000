"""What an account’s opportunities come to: how many are open, how much was won. Kept after the commit."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.jobs.followers import Entry
from entente.kernel.jobs.queue import enqueue, job
from entente.kernel.kit.money import Money
from entente.kernel.records.behaviours import follow, react
from entente.kernel.records.record import Record
from entente.kernel.records.totals import Measure
from entente.modules.base.account_figures import PORTION, accounts_of, grouped, keep_figures, uncounted
from entente.modules.base.currency import base_currency

TOLD = frozenset({"account", "result", "actual_amount"})


@follow("*")
def deals_are_counted(tx: Tx, entries: Sequence[Entry]) -> None:
    """The accounts know their open opportunities and what was won, whoever may see the opportunities."""
    told = _beyond_conversions(entries)
    found = accounts_of(tx, "opportunity", told, TOLD) if told else []
    for at in range(0, len(found), PORTION):
        count_deals(tx, found[at : at + PORTION])


def _beyond_conversions(entries: Sequence[Entry]) -> list[Entry]:
    """The news of opportunities but those that a conversion has made together with their account, which knows them."""
    made = {
        (entry.cause, str(entry.record)): entry.changes.get("originating_lead")
        for entry in entries
        if (entry.entity, entry.deed) == ("account", "create")
    }

    def is_known(entry: Entry) -> bool:
        account, lead = entry.changes.get("account"), entry.changes.get("lead")
        return entry.deed == "create" and bool(account and lead) and made.get((entry.cause, str(account[1]))) == lead

    return [entry for entry in entries if entry.entity == "opportunity" and not is_known(entry)]


def count_deals(tx: Tx, accounts: Sequence[UUID]) -> int:
    """How many accounts had other figures until now; what was won is in the base currency at the rates of then."""
    lines = grouped(tx, "opportunity", accounts, 'result = "open"', [Measure("count", "deals")])
    is_open = {line["account"]: line["deals"] for line in lines}
    lines = grouped(tx, "opportunity", accounts, 'result = "won"', [Measure("sum", "amount", "actual_amount")])
    won = {line["account"]: line["amount"] for line in lines}
    currency = base_currency(tx)
    figures = {
        account: {"open_opportunities": is_open.get(account, 0), "won_amount": _money(won.get(account), currency)}
        for account in accounts
    }
    return keep_figures(tx, figures)


def _money(amount: Any, currency: str) -> Money | None:
    return None if amount is None else Money(Decimal(amount), currency)


@react("opportunity", binned=True)
def binned_deal_is_counted_no_more(tx: Tx, deal: Record) -> None:
    """An opportunity that is binned or brought back changes the figures of its account."""
    if deal["account"]:
        enqueue(tx, recount_deals, accounts=[str(deal["account"])])


@job("sales.recount_deals", every="19 * * * *")
def recount_deals(tx: Tx, accounts: Sequence[str] = ()) -> int:
    """How many accounts were counted anew: those named, else those that never were, a portion at a time."""
    found = [UUID(account) for account in accounts] or uncounted(tx, "open_opportunities")
    if not accounts and len(found) == PORTION:
        enqueue(tx, recount_deals)
    return count_deals(tx, found) if found else 0
