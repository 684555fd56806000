"""Who owns a record decides its team and its business unit."""

from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.records.behaviours import prepare
from entente.kernel.records.record import Draft, Record
from entente.modules.base.lookup import known, matching


@prepare("*")
def team_follows_owner(tx: Tx, old: Record | None, new: Draft) -> None:
    """A record handed to someone moves to the team and business unit of that person."""
    if tx.catalog.entity(new.entity).definition.access != "owned" or not new.changes("owner"):
        return
    missing = [name for name in ("team", "unit") if name not in new.given]
    if not missing or (old is None and new["owner"] == tx.principal.user_id):
        return  # the engine has given the writer’s own team and unit
    owner = known(tx, "user", new["owner"])
    for name in missing:
        if owner and owner[name]:
            new[name] = owner[name]


@prepare("*")
def unit_is_never_empty(tx: Tx, old: Record | None, new: Draft) -> None:
    """A record without business unit belongs to the topmost one, so that somebody is in charge of it."""
    if old is not None or new["unit"] or tx.catalog.entity(new.entity).definition.access != "owned":
        return
    if tx.principal.is_system and "unit" in new.given:
        return  # the engine has looked for one, the topmost among them
    team = known(tx, "team", new["team"])
    new["unit"] = team["unit"] if team else topmost_unit(tx)


def topmost_unit(tx: Tx) -> UUID | None:
    """The business unit above all others, or nothing in an organisation that has none yet."""
    found = matching(tx, "business_unit", "parent = null", limit=1)
    return found[0].id if found else None
