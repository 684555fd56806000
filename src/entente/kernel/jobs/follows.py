"""Code that follows the journal: each marked function is a follower of its own, so that one failure delays no other."""

from collections.abc import Sequence

from entente.kernel.db.tx import Tx
from entente.kernel.jobs.followers import Entry, Follower
from entente.kernel.metadata.code import Behaviour


def followers_of(behaviours: Sequence[Behaviour]) -> tuple[Follower, ...]:
    """A follower for each behaviour of the stage `follow`."""
    return tuple(_follower(made) for made in behaviours if made.stage == "follow")


def _follower(behaviour: Behaviour) -> Follower:
    def tell(tx: Tx, entries: list[Entry]) -> None:
        known = [entry for entry in entries if entry.entity in tx.catalog.entities]
        concerned = [entry for entry in known if behaviour.entity in ("*", entry.entity)]
        if concerned:
            behaviour.function(tx, concerned)

    return Follower(f"{behaviour.origin}.{behaviour.name}", tell)
