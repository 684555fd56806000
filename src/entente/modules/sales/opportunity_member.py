"""The team of an opportunity: colleagues with whom it is shared, each with a role."""

from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.records.behaviours import derive, react
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.shares import share, shares_of, unshare
from entente.kernel.undoing import DEED as UNDO
from entente.modules.base.lookup import known, matching


@derive("opportunity_member", sets=("name",))
def member_is_called(tx: Tx, old: Record | None, new: Draft) -> None:
    """A member is called as the person is."""
    person = known(tx, "user", new["member"])
    new["name"] = person["name"] if person else None


@react("opportunity_member")
def member_has_access(tx: Tx, old: Record | None, member: Record) -> None:
    """A member may do with the opportunity what was said; only who may share it gives that."""
    if old is not None and all(old[name] == member[name] for name in ("opportunity", "member", "level")):
        return
    if old is not None and (old["opportunity"], old["member"]) != (member["opportunity"], member["member"]):
        _end(tx, old["opportunity"], old["member"])
    if tx.cause.deed != UNDO:
        share(tx, "opportunity", member["opportunity"], user=member["member"], level=member["level"])


@react("opportunity_member", binned=True)
def access_ends_with_membership(tx: Tx, member: Record) -> None:
    """Who leaves the team has his own rights and no more; who is brought back has what he had."""
    deal, person = member["opportunity"], member["member"]
    if known(tx, "opportunity", deal) is None or tx.cause.deed == UNDO:
        return
    there = matching(tx, "opportunity_member", f'opportunity = "{deal}" and member = "{person}"')
    if there:
        share(tx, "opportunity", deal, user=person, level=there[0]["level"])
    else:
        _end(tx, deal, person)


def _end(tx: Tx, deal: UUID, person: UUID) -> None:
    for each in shares_of(tx, "opportunity", deal):
        if each.user_id == person:
            unshare(tx, "opportunity", deal, each.id)
