"""What a reader of the inbox looks for: words, a process, an order; kept in the address while tasks come and go."""

from collections.abc import Iterable, Mapping
from typing import get_args
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from entente.interfaces.html.views.processes import Option
from entente.interfaces.html.views.work import InboxItem, InboxSearch
from entente.interfaces.web.around.worklist import BASE, process_names
from entente.kernel.db.tx import Tx
from entente.kernel.kit.normal import fold
from entente.services.worklist.listing import Order

ORDERS: tuple[Order, ...] = get_args(Order)
LONGEST = 200
# The name of a control, and what an address holds for it.
KEPT = {"q": "text", "process": "process", "order": "order"}


class Sieve(msgspec.Struct, frozen=True):
    """What is looked for in a tab."""

    text: str = ""
    process: str = ""
    order: Order = "due"

    @property
    def sifts(self) -> bool:
        """Whether anything is left out."""
        return bool(self.text or self.process)

    def address(self, tab: str, **more: str) -> str:
        """The inbox at a tab with what is looked for."""
        usual = Sieve()
        values = {
            name: getattr(self, field) for name, field in KEPT.items() if getattr(self, field) != getattr(usual, field)
        }
        return f"{BASE}?{urlencode({'tab': tab, **values, **more}, safe=':')}"


def sieve_of(query: Mapping[str, str]) -> Sieve:
    """What an address asks for; unknown orders count as the usual one."""
    wanted = query.get("order", "")
    order: Order = next((each for each in ORDERS if each == wanted), "due")
    return Sieve(query.get("q", "").strip()[:LONGEST], query.get("process", "")[:LONGEST], order)


def sieve_at(address: str) -> Sieve:
    """What the page of an address asks for; nothing when it is not the inbox."""
    parts = urlsplit(address)
    return (
        sieve_of({name: found[0] for name, found in parse_qs(parts.query).items()}) if parts.path == BASE else Sieve()
    )


def fits(sieve: Sieve, item: InboxItem) -> bool:
    """Whether a line that the worklist does not hold is looked for: it belongs to no process."""
    said = fold(f"{item.title} {item.detail}")
    return not sieve.process and all(word in said for word in fold(sieve.text).split())


def search_view(tx: Tx, tab: str, sieve: Sieve, processes: Iterable[str]) -> InboxSearch:
    """The controls above a list; the processes offered are those of the tasks in it."""
    names = process_names(tx, [*processes, sieve.process])
    known = sorted(names.items(), key=lambda each: each[1].casefold())
    return InboxSearch(
        tab=tab,
        text=sieve.text,
        processes=tuple(Option(value=key, label=name, chosen=key == sieve.process) for key, name in known),
        orders=tuple(
            Option(value=each, label=tx.say(f"inbox.order.{each}"), chosen=each == sieve.order) for each in ORDERS
        ),
        clear_url=f"{BASE}?tab={tab}" if sieve.sifts else "",
    )
