"""What a schedule means: its next moments, reckoned by what will carry it out."""

from datetime import datetime
from zoneinfo import ZoneInfo

from litestar import Response, get

from entente.interfaces.html.views.schedules import ScheduleView
from entente.interfaces.web.asking import AnyRequest, asked, part
from entente.interfaces.web.pages.task_times import OF_TASKS, in_words, task_times
from entente.kernel.db.tx import Tx
from entente.kernel.identity.organisation import organisation_zone
from entente.kernel.kit import cron
from entente.kernel.kit.ids import parse_id
from entente.services.automation.rules import rule_of
from entente.services.automation.timed import zone_of
from entente.services.processes.engine.state import Fault
from entente.services.processes.engine.timers import turns_of

SHOWN = 5
LONGEST = 200
# What the kinds of timers are called in BPMN; whatever is none of them is a cron line of a rule.
TIMERS = {"timeDuration": "duration", "timeDate": "date", "timeCycle": "cycle"}


@get("/schedules/next", sync_to_thread=True)
def show_next(request: AnyRequest) -> Response[str]:
    """The next moments of a schedule that is being written, in the time zone that counts for it."""
    with asked(request) as tx:
        kind = str(request.query_params.get("kind") or "")
        text = str(request.query_params.get("text") or "")[:LONGEST].strip()
        if kind in OF_TASKS:
            given = (str(request.query_params.get(name) or "")[:LONGEST].strip() for name in ("calendar", "due"))
            return part(request, tx, "pages/schedule_runs.html", view=task_times(tx, kind, text, *given))
        zone = organisation_zone(tx) if kind in TIMERS else _zone(tx, str(request.query_params.get("rule") or ""))
        return part(request, tx, "pages/schedule_runs.html", view=_view(tx, kind, text, zone))


def _zone(tx: Tx, rule: str) -> ZoneInfo:
    """The zone of a rule's owner; of the reader for a rule that he is about to make his own."""
    identity = parse_id(rule)
    known = rule_of(tx, identity) if identity else None
    return zone_of(tx, known) if known else ZoneInfo(tx.principal.timezone)


def _view(tx: Tx, kind: str, text: str, zone: ZoneInfo) -> ScheduleView:
    try:
        found = _moments(kind, text, tx.clock.now(), zone)
    except (Fault, ValueError):
        found = []
    return ScheduleView(
        moments=tuple(in_words(tx, each.astimezone(zone)) for each in found),
        zone=str(zone).replace("_", " "),
        note=""
        if found or not text
        else tx.say("schedule.expression" if kind in TIMERS else "schedule.not_understood"),
    )


def _moments(kind: str, text: str, now: datetime, zone: ZoneInfo) -> list[datetime]:
    if kind in TIMERS:
        return turns_of(TIMERS[kind], text, now, SHOWN, lambda: zone)
    return cron.next_runs(text, now, zone, SHOWN) if cron.is_cron(text) else []
