"""Instances of all processes: found, filtered, paged; and where the time goes."""

from collections.abc import Mapping, Sequence
from datetime import date
from urllib.parse import urlencode

from litestar import Response, get

from entente.interfaces.html.views.frame import Action, Empty, Tab
from entente.interfaces.html.views.processes import (
    Filter,
    InstanceLine,
    InstanceList,
    Option,
    ReportLine,
    ReportView,
)
from entente.interfaces.web.asking import AnyRequest, asked, part, show
from entente.interfaces.web.pages.processes.course import HUES, kind_label
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.records.query import Ask, page
from entente.services.processes.definitions import definitions_cared_for, may_design
from entente.services.processes.listing import STATES, Listed, Wish, list_instances
from entente.services.processes.model.graph import SCOPES
from entente.services.processes.report import Report, StepTime, report_on

HERE, ARCHIVE, MESSAGES = "/processes/instances", "/processes/archive", "/processes/messages"
DAYS = (30, 90, 365)
FOR_ALL = ("decisions", "messages")
ENDED = ("completed", "cancelled")
AROUND = SCOPES | {"callActivity"}
TABS = (
    ("start", "/processes/start"),
    ("models", "/processes"),
    ("instances", HERE),
    ("report", "/processes/report"),
    ("messages", MESSAGES),
    ("archive", ARCHIVE),
    ("decisions", "/processes/decisions"),
)


def tabs_of(tx: Tx, current: str) -> tuple[Tab, ...]:
    """The pages about processes; decisions and messages are for those who look after all of them."""
    offered = [each for each in TABS if each[0] not in FOR_ALL or may_design(tx)]
    return tuple(Tab(label=tx.say(f"processes.tab.{key}"), url=url, current=key == current) for key, url in offered)


@get(HERE, sync_to_thread=True)
def show_instances(request: AnyRequest) -> Response[str]:
    """The instances that the filters leave; further pages are asked for as rows alone."""
    with asked(request) as tx:
        given = {name: str(value) for name, value in request.query_params.items() if value}
        view = instance_list(tx, given)
        if given.get("after"):
            return part(request, tx, "pages/process_rows.html", view=view)
        return show(request, tx, "process_instances", view, current="processes")


def instance_list(tx: Tx, given: Mapping[str, str], *, archived: bool = False) -> InstanceList:
    """The page of instances that the filters leave, of the archive if that is meant."""
    here = ARCHIVE if archived else HERE
    wish = Wish(
        process=given.get("process", ""),
        state=given.get("state", ""),
        entity=given.get("entity", ""),
        record=parse_id(given.get("record")),
        who=parse_id(given.get("who")),
        key=given.get("key", ""),
        since=_day(given.get("since", "")),
        until=_day(given.get("until", "")),
        after=given.get("after", ""),
    )
    found, after = list_instances(tx, wish, archived=archived)
    kept = {name: value for name, value in given.items() if name != "after"}
    return InstanceList(
        title=tx.say("nav.processes"),
        url=here,
        tabs=tabs_of(tx, "archive" if archived else "instances"),
        filters=_filters(tx, given, ENDED if archived else STATES),
        lines=tuple(_line(tx, each) for each in found),
        empty=Empty(text=tx.say(_nothing(wish, archived=archived)), icon="route"),
        filtered=wish.is_narrow,
        more_url=f"{here}?{urlencode({**kept, 'after': after})}" if after else "",
        live=not archived,
        actions=(Action(label=tx.say("processes.retention"), url="/processes/retention", way="go", icon="clock"),)
        if archived
        else (),
    )


def _nothing(wish: Wish, *, archived: bool) -> str:
    if wish.is_narrow:
        return "processes.none_found"
    return "processes.none_archived" if archived else "processes.none_yet"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _filters(tx: Tx, given: Mapping[str, str], states: Sequence[str]) -> tuple[Filter, ...]:
    people = page(tx, Ask(entity="user", fields=("name",), limit=200)).records
    entities = [
        (name, made.plural.to(tx.language)) for name, made in tx.catalog.entities.items() if made.definition.timeline
    ]
    return (
        process_filter(tx, given),
        _choice(tx, given, "state", [(each, tx.say(f"processes.state.{each}")) for each in states]),
        _choice(tx, given, "entity", sorted(entities, key=lambda each: each[1])),
        _choice(tx, given, "who", [(str(each.id), str(each["name"])) for each in people]),
        Filter(name="key", label=tx.say("processes.business_key"), kind="text", value=given.get("key", "")),
        Filter(name="since", label=tx.say("processes.filter.since"), kind="date", value=given.get("since", "")),
        Filter(name="until", label=tx.say("processes.filter.until"), kind="date", value=given.get("until", "")),
    )


def process_filter(tx: Tx, given: Mapping[str, str]) -> Filter:
    """The choice of a process."""
    return _choice(tx, given, "process", [(each.key, each.name) for each in definitions_cared_for(tx)])


def _choice(tx: Tx, given: Mapping[str, str], name: str, offered: list[tuple[str, str]]) -> Filter:
    options = tuple(Option(value=value, label=label, chosen=given.get(name) == value) for value, label in offered)
    return Filter(name=name, label=tx.say(f"processes.filter.{name}"), options=options)


def _line(tx: Tx, listed: Listed) -> InstanceLine:
    made = tx.catalog.entities.get(listed.entity)
    return InstanceLine(
        url=f"{HERE}/{listed.id}",
        process=listed.process,
        version=listed.version,
        state=tx.say(f"processes.state.{listed.state}"),
        hue=HUES[listed.state],
        started_at=listed.started_at,
        took=listed.ended_at - listed.started_at if listed.ended_at else None,
        starter=listed.starter,
        record_title=listed.title or listed.business_key,
        record_url=f"/{made.definition.path}/{listed.record}" if made and listed.title else "",
        at=", ".join(listed.at),
        incidents=listed.incidents,
    )


@get("/processes/report", sync_to_thread=True)
def show_report(request: AnyRequest) -> Response[str]:
    """Time per step of one process, and where it is lost."""
    with asked(request) as tx:
        made = definitions_cared_for(tx)
        key = str(request.query_params.get("process") or "") or next(
            (each.key for each in made if each.state == "deployed"), ""
        )
        wanted = str(request.query_params.get("days") or "")
        days = next((each for each in DAYS if str(each) == wanted), DAYS[1])
        view = _report(tx, report_on(tx, key, days), {"process": key, "days": str(days)})
        return show(request, tx, "process_report", view, current="processes")


def _report(tx: Tx, found: Report | None, given: Mapping[str, str]) -> ReportView:
    steps = found.steps if found else ()
    most = max((each.spent.total_seconds() for each in steps), default=0.0)
    # What contains other steps takes their time: the bottleneck is one of them.
    slowest = next((each.element for each in steps if each.kind not in AROUND and each.spent), "")
    days = [(str(each), tx.say("processes.days", count=each)) for each in DAYS]
    return ReportView(
        title=tx.say("nav.processes"),
        url="/processes/report",
        tabs=tabs_of(tx, "report"),
        filters=(process_filter(tx, given), _choice(tx, given, "days", days)),
        lines=tuple(_report_line(tx, each, most, bottleneck=each.element == slowest) for each in steps),
        empty=Empty(text=tx.say("processes.no_times"), icon="clock"),
        finished=found.finished if found else 0,
        running=found.running if found else 0,
        mean=found.mean if found else None,
    )


def _report_line(tx: Tx, step: StepTime, most: float, *, bottleneck: bool) -> ReportLine:
    return ReportLine(
        name=step.name or kind_label(tx, step.kind),
        kind=kind_label(tx, step.kind),
        times=step.times,
        mean=step.mean,
        median=step.median,
        longest=step.longest,
        share=step.spent.total_seconds() / most if most else 0.0,
        open=step.open,
        oldest=step.oldest,
        bottleneck=bottleneck,
    )
