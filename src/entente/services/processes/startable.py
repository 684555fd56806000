"""The processes that somebody may start by hand, found without the right to look after any."""

from entente.kernel.db.tx import Tx
from entente.services.processes.definitions import Definition, deployed, graph_of
from entente.services.processes.rights import levels_of_mine, may_design

PARTICIPATE = 2


def startable(tx: Tx) -> list[Definition]:
    """The newest deployed version of each process that the principal may start and that has a plain start, by name."""
    levels = {} if may_design(tx) else levels_of_mine(tx)
    found = [each for each in deployed(tx) if levels.get(each.key, PARTICIPATE) >= PARTICIPATE]
    return sorted((each for each in found if graph_of(tx, each.id).starts("")), key=lambda each: each.name.casefold())
