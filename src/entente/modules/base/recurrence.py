"""Tasks, calls and meetings that come again: once one is over, the next of its series is made.

One of a series is open at a time. Canceling it skips that one only; the series is ended by an action of its own.
"""

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from entente.kernel.db.tx import Tx
from entente.kernel.records.behaviours import action, prepare, react
from entente.kernel.records.query import find
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.save import save
from entente.modules.base.lookup import as_system, known, matching

OPEN_SERIES = "done_at = null and recurrence != null"
WORKDAYS = 5
MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
DAYS = {"daily": 1, "weekly": 7, "fortnightly": 14}
ALIKE = (
    "subject", "subtype", "regarding", "contacts", "attendees", "priority", "direction", "phone", "duration",
    "all_day", "location", "join_url", "billable", "description", "recurrence", "repeat_until", "reminder",
    "owner", "team", "unit",
)  # fmt: skip


@prepare("task")
@prepare("call")
@prepare("meeting")
def series_has_a_beginning(tx: Tx, old: Record | None, new: Draft) -> None:
    """What comes again knows the day from which its series counts: the first one's, so that the 31st stays the 31st."""
    if not new["recurrence"]:
        new["series_from"] = None
    elif "series_from" not in new.given and (new.changes("recurrence") or new["series_from"] is None):
        new["series_from"] = _day_of(tx, new)


@react("task")
@react("call")
@react("meeting")
def next_of_series_is_made(tx: Tx, old: Record | None, activity: Record) -> None:
    """What was done or canceled makes the next of its series, unless there is one already or the series is over."""
    if (
        not activity["recurrence"]
        or activity.get("process_instance")
        or activity["done_at"] is None
        or (old is not None and old["done_at"] is not None)
    ):
        return
    if matching(tx, activity.entity, f'previous = "{activity.id}"', limit=1):
        return
    whole = find(as_system(tx), activity.entity, activity.id)
    day = _day_of(tx, whole)
    after = next_day(whole["recurrence"], whole["series_from"] or day, max(day, _today(tx, whole) - timedelta(days=1)))
    if whole["repeat_until"] is None or after <= whole["repeat_until"]:
        save(tx, activity.entity, _next_values(tx, whole, after - day), trusted=True)


@action("task", scope="each", show_if=OPEN_SERIES, icon="repeat-off")
@action("call", scope="each", show_if=OPEN_SERIES, icon="repeat-off")
@action("meeting", scope="each", show_if=OPEN_SERIES, icon="repeat-off")
def end_series(tx: Tx, activity: Record) -> Record:
    """The activity as the last of its series."""
    return save(tx, activity.entity, {"recurrence": None, "repeat_until": None}, id=activity.id)


def next_day(recurrence: str, start: date, after: date) -> date:
    """The first day of a series after another one; a month that is too short gives its last day."""
    if recurrence == "workdays":
        later = (after + timedelta(days=at) for at in range(1, 4))
        return next(day for day in later if day.weekday() < WORKDAYS)
    if recurrence in DAYS:
        every = DAYS[recurrence]
        return start + timedelta(days=max(0, (after - start).days // every + 1) * every)
    every = MONTHS[recurrence]
    passed = max(0, (after.year - start.year) * 12 + after.month - start.month)
    found = (_months_later(start, (passed // every + at) * every) for at in range(3))
    return next(day for day in found if day > after)


def _months_later(start: date, months: int) -> date:
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def _next_values(tx: Tx, last: Record, by: timedelta) -> dict[str, Any]:
    fields = tx.catalog.entity(last.entity).fields
    zone = zone_of(tx, last)
    moved: Mapping[str, Callable[[Any], Any]] = {
        "start_at": lambda moment: later(moment, by, zone),
        "due_on": lambda day: day + by,
        "checklist": lambda steps: [{"text": step.text} for step in steps],
    }
    values = {name: last[name] for name in ALIKE if name in fields}
    values |= {name: move(last[name]) for name, move in moved.items() if name in fields and last[name]}
    if "due_on" in fields and not last["due_on"] and not last["start_at"]:
        values["due_on"] = _day_of(tx, last) + by
    return {**values, "series_from": last["series_from"], "previous": last.id}


def later(moment: datetime, by: timedelta, zone: ZoneInfo) -> datetime:
    """The moment some days later, at the same time on a wall of a zone."""
    return datetime.combine((local := moment.astimezone(zone)).date() + by, local.time(), zone)


def zone_of(tx: Tx, activity: Record | Draft) -> ZoneInfo:
    """The time zone in which an activity is done: its owner’s."""
    owner = known(tx, "user", activity["owner"])
    return ZoneInfo((owner and owner["timezone"]) or tx.principal.timezone)


def _day_of(tx: Tx, activity: Record | Draft) -> date:
    """The day of an activity: when it is due, else when it begins, else when it was done, else today."""
    fields = tx.catalog.entity(activity.entity).fields
    if "due_on" in fields and activity["due_on"]:
        due: date = activity["due_on"]
        return due
    moment = activity["start_at"] or activity["done_at"] or tx.clock.now()
    day: date = moment.astimezone(zone_of(tx, activity)).date()
    return day


def _today(tx: Tx, activity: Record) -> date:
    return tx.clock.now().astimezone(zone_of(tx, activity)).date()
