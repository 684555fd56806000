"""Steps of a prospect's reception that a process asks for: is he known already, and does he know that we heard him."""

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.records.behaviours import action
from entente.kernel.records.duplicates import find_duplicates
from entente.kernel.records.record import Record
from entente.modules.sales.arrival import acknowledge as write_to


class Twins(msgspec.Struct, frozen=True, kw_only=True):
    """How many records look like a lead, and how surely the likeliest one is the same (0 to 100)."""

    count: int
    score: int = 0
    title: str = ""


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a mail was written; a lead without an address that may be written to gets none."""

    written: bool


@action("lead", show_if='state = "open"', icon="copy", undo=False)
def look_for_duplicates(tx: Tx, lead: Record) -> Twins:
    """What looks like the lead among all that the asking person may read."""
    found = find_duplicates(tx, tx.catalog.entity("lead"), lead, itself=lead.id)
    first = found.found[0] if found.found else None
    count = len(found.found) + found.hidden
    return Twins(count=count, score=first.score, title=first.title) if first else Twins(count=count)


@action("lead", show_if='state = "open"', icon="mail", undo=False)
def acknowledge(tx: Tx, lead: Record) -> Acknowledged:
    """Tell the requester that his request has arrived; once for each lead, whoever asks for it."""
    return Acknowledged(written=write_to(tx, lead))
