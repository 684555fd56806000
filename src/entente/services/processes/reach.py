"""How far what a model does reaches: no further than the people in whose name it is done."""

from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.records.query import exists
from entente.services.processes.rights import may


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """What sends a message or signal: an instance, who started it, who deployed the version that throws it.

    `callers` deployed the versions that called that one.
    """

    instance: UUID
    starter: UUID | None
    author: UUID | None
    callers: tuple[UUID | None, ...] = ()


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be reached: a process, or one instance of it with its record."""

    process: str
    instance: UUID | None = None
    entity: str | None = None
    record: UUID | None = None


def bound_by(theirs: Tx, author: UUID | None) -> Tx | None:
    """The transaction as whoever deployed a version; nothing when his rights bound nobody else's.

    The models of one who has left stay in use: nobody can have them do more than they do.
    """
    if author is None or author == theirs.principal.user_id:
        return None
    found = principal_of(theirs, author)
    return None if found is None or found.is_admin else theirs.acting_as(found)


def reaches(tx: Tx, sender: Sender | None, target: Target) -> bool:
    """Whether starter and authors all may take part in a process and read its record; no sender: an outside program.

    What an instance sends to itself always arrives.
    """
    if sender is None or sender.instance == target.instance:
        return True
    starter = principal_of(tx, sender.starter) if sender.starter else tx.principal
    if starter is None:
        return False
    theirs = tx.acting_as(starter)
    bound = (bound_by(theirs, each) for each in (sender.author, *sender.callers))
    return _may_reach(theirs, target) and all(_may_reach(each, target) for each in bound if each is not None)


def _may_reach(theirs: Tx, target: Target) -> bool:
    if not may(theirs, target.process, "participate"):
        return False
    return target.entity is None or target.record is None or exists(theirs, target.entity, target.record)
