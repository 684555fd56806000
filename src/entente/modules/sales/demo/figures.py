"""The figures of the invented company’s accounts, as of their last change: the engine finds nothing left to count."""

from entente.kernel.db.tx import Tx
from entente.kernel.kit.clock import SetClock
from entente.modules.base.account_figures import count_activities
from entente.modules.base.demo.play import as_author
from entente.modules.base.lookup import known, matching
from entente.modules.sales.account_figures import count_deals


def show_figures(tx: Tx) -> int:
    """How many accounts have got figures, each in the name of who looks after it."""
    accounts = matching(tx, "account", "")
    for account in accounts:
        owner = known(tx, "user", account["owner"])
        then = as_author(tx, owner["login"]) if owner else tx.acting_as(tx.principal)
        then.clock = SetClock(account["modified_at"])
        count_deals(then, [account.id])
        count_activities(then, [account.id])
    return len(accounts)
