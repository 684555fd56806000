"""Tasks, calls and meetings called to mind before they begin, by a notice to whoever is to do them."""

from datetime import datetime, time, timedelta
from uuid import UUID, uuid5

from entente.kernel.db.tx import Tx
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.jobs.queue import job
from entente.kernel.kit.principal import system
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.behaviours import prepare
from entente.kernel.records.query import find
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.save import save
from entente.modules.base.lookup import as_system, matching
from entente.modules.base.recurrence import zone_of
from entente.services.stream.notifying import announce
from entente.services.stream.wording import day_in_words, moment_in_words
from entente.services.worklist.called import tasks_in_words

BEFORE = {
    "at_start": timedelta(), "minutes_5": timedelta(minutes=5), "minutes_15": timedelta(minutes=15),
    "minutes_30": timedelta(minutes=30), "hour_1": timedelta(hours=1), "hours_2": timedelta(hours=2),
    "day_1": timedelta(days=1), "days_2": timedelta(days=2), "week_1": timedelta(days=7),
}  # fmt: skip
MORNING = time(9)
# What was to be called to mind while nothing ran for longer is on everybody's list of today by then.
DUE = 'remind_at <= now() and remind_at > now() - duration("PT1H") and done_at = null'
TOLD = 'kind = "reminder" and created_at > now() - duration("PT2H")'
# Everybody's tasks of a day are called to mind at nine: the first ones must not hide the rest for the whole hour.
MOST = 20_000
LONGEST = 500


@prepare("task")
@prepare("call")
@prepare("meeting")
def reminder_has_a_moment(tx: Tx, old: Record | None, new: Draft) -> None:
    """When to call an activity to mind: so long before it begins, a task of a day counts from nine in the morning."""
    begins = _begins(tx, new) if new["reminder"] and new["done_at"] is None else None
    new["remind_at"] = begins and begins - BEFORE[new["reminder"]]


def _begins(tx: Tx, activity: Draft) -> datetime | None:
    if activity["start_at"]:
        start: datetime = activity["start_at"]
        return start
    due = activity["due_on"] if "due_on" in tx.catalog.entity(activity.entity).fields else None
    return datetime.combine(due, MORNING, zone_of(tx, activity)) if due else None


@job("base.remind", every="* * * * *")
def remind(tx: Tx) -> int:
    """How many notices were written of activities that begin soon; each person has one, however often this runs."""
    due = [
        each for name in ("task", "call", "meeting") for each in matching(tx, name, DUE, sort="remind_at", limit=MOST)
    ]
    known = matching(tx, "notification", TOLD, limit=MOST) if due else []
    told = {(notice["owner"], notice["entry"]) for notice in known}
    wanted = [
        (activity, person)
        for activity in due
        for person in _concerned(tx, activity)
        if (person, _entry(activity)) not in told
    ]
    written = [person for activity, person in wanted if _tell(tx, activity, person)]
    announce(tx, written)
    return len(written)


def _entry(activity: Record) -> str:
    return str(uuid5(activity.id, f"{activity['remind_at']:%Y%m%d%H%M}"))


def _concerned(tx: Tx, activity: Record) -> list[UUID]:
    if activity.entity != "meeting":
        return [activity["owner"]] if activity["owner"] else []
    attendees = find(as_system(tx), activity.entity, activity.id)["attendees"]
    return [each for each in dict.fromkeys((activity["owner"], *attendees)) if each]


def _tell(tx: Tx, activity: Record, person: UUID) -> bool:
    principal = principal_of(tx, person)
    if principal is None:
        return False
    reader = tx.acting_as(principal)
    reader.language = principal.language
    at = moment_in_words(reader, activity["start_at"]) if activity["start_at"] else None
    at = at or day_in_words(reader, activity["due_on"])
    subject = tasks_in_words(reader, {Ref(activity.entity, activity.id): activity["subject"]})
    text = tx.words.say(principal.language, "activity.reminder", subject=subject.popitem()[1], at=at)
    notice = {
        "kind": "reminder", "text": text[:LONGEST], "owner": person, "entry": _entry(activity),
        "regarding": Ref(activity.entity, activity.id),
    }  # fmt: skip
    save(tx.acting_as(system("reminders")), "notification", notice, trusted=True)
    return True
