"""When the times that a user task declares would come, for a task that begins now."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from entente.interfaces.html.views.schedules import ScheduleView
from entente.kernel.db.tx import Tx
from entente.kernel.identity.organisation import organisation_zone
from entente.services.processes.engine.state import Fault
from entente.services.processes.engine.timers import due_of, is_iso
from entente.services.worklist.calendars import Calendar, calendar_of
from entente.services.worklist.escalating import moment_of

OF_TASKS = ("due", "idle", "escalation", "every")


def in_words(tx: Tx, local: datetime) -> str:
    """A day and its time as the reader says them."""
    day = format_date(local.date(), "EEEE d MMMM y", locale=tx.language)
    return tx.say("schedule.day_at", day=day, time=f"{local:%H:%M}")


def task_times(tx: Tx, kind: str, text: str, calendar: str, due: str) -> ScheduleView:
    """The moment that a time of a task means in its calendar and with its due moment, or why it means none yet."""
    counts = calendar_of(tx, calendar)
    zone = ZoneInfo(counts.timezone) if any(counts.hours) else organisation_zone(tx)
    until = _due(due, counts, tx.clock.now())
    found = _due(text, counts, tx.clock.now()) if kind == "due" else moment_of(text, counts, tx.clock.now(), until)
    hints = []
    if found and any(counts.hours) and "P" in text:
        hints.append(tx.say("schedule.worked", calendar=calendar))
    if found and found < tx.clock.now():
        hints.append(tx.say("schedule.past"))
    return ScheduleView(
        moments=(in_words(tx, found.astimezone(zone)),) if found and kind != "every" else (),
        zone=str(zone).replace("_", " "),
        supposed=True,
        note="" if found or not text else tx.say(_why(kind, text, due)),
        hint=" ".join(hints),
    )


def _due(text: str, counts: Calendar, now: datetime) -> datetime | None:
    """As the engine reckons it: days and hours in the calendar, longer ones and moments as they stand."""
    found = moment_of(text, counts, now, None)
    kind = next((each for each in ("duration", "date") if is_iso(each, text)), "")
    try:
        return found or (due_of(kind, text, now).at if kind else None)
    except Fault:
        return None


def _why(kind: str, text: str, due: str) -> str:
    """What keeps a time from being known now: it hangs on a due moment, or is no time at all."""
    if text.startswith("due") and kind == "escalation":
        return "schedule.no_due" if not due else "schedule.task_expression"
    return "schedule.task_expression" if kind == "due" or text.startswith("=") else "schedule.no_length"
