"""People by name, and the refusals that tell who was first and when."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Conflict
from entente.kernel.records.query import titles
from entente.services.worklist.holding import Item, Work


def name_of(tx: Tx, person: UUID | None) -> str:
    """What a person is called; the product itself when there is none."""
    if person is None:
        return "Entente"
    return titles(tx.acting_as(system("worklist")), "user", [person]).get(person, "")


def told(tx: Tx, code: str, by: UUID | None, at: datetime | None) -> Conflict:
    """A conflict that names who did it and when; `theirs` tells the same to programs."""
    moment = at or tx.clock.now()
    local = moment.astimezone(ZoneInfo(tx.principal.timezone))
    day = format_datetime(local, "d MMM y, HH:mm", tzinfo=local.tzinfo, locale=tx.language)
    name = name_of(tx, by)
    theirs = [{"by": name, "by_id": by, "at": moment}]
    return Conflict(code, theirs=theirs, name=name, at=day)


def over(tx: Tx, work: Work) -> Conflict:
    """That a task is over: done by somebody, or taken back."""
    code = "worklist.done_by" if work.state == "completed" else "worklist.taken_back"
    return told(tx, code, work.ended_by, work.ended_at)


def taken(tx: Tx, work: Work) -> Conflict:
    """That somebody else has the last place of a task."""
    holders = [each for each in work.answering if each.state in ("open", "done")]
    last: Item | None = max(holders, key=lambda each: each.opened_at or each.created_at, default=None)
    return told(tx, "worklist.slot_taken", last.opened_by if last else None, last.opened_at if last else None)
