"""The first page of the day."""

from collections.abc import Sequence

from litestar import Response, get

from entente.interfaces.html.views.frame import Banner
from entente.interfaces.html.views.work import HomeView, InboxItem, Stat
from entente.interfaces.web.around.figures import Main, chart_of, main_views, stats_of
from entente.interfaces.web.around.waiting import Waiting, as_item, is_due, moment_of, others_of_mine
from entente.interfaces.web.around.worklist import BASE, lines_of
from entente.interfaces.web.asking import AnyRequest, asked, show
from entente.interfaces.web.requests import forms_in
from entente.interfaces.web.shell import may_enter
from entente.interfaces.web.wording import formats_of
from entente.kernel.db.tx import Tx
from entente.kernel.records.query import Ask, count, titles
from entente.services.stream.recent import recent_work
from entente.services.worklist.listing import Search, counters, worklist

MOST_TASKS = 7
MOST_RECENT = 7
Step = tuple[str, str, bool]  # what is to be done, where, and whether it is


@get("/", sync_to_thread=True)
def show_home(request: AnyRequest) -> Response[str]:
    """What waits and what stands where."""
    with asked(request) as tx:
        return show(request, tx, "home", home_view(tx), current="home")


def home_view(tx: Tx) -> HomeView:
    """Figures, tasks, recent work; the first steps while there is nothing yet."""
    others, mains = others_of_mine(tx), main_views(tx)
    charts = (chart_of(tx, main) for main in mains)
    waiting = _waiting(tx, others)
    demo = Banner(text=tx.say("home.demo"), hue="amber", icon="flask")
    return HomeView(
        title=tx.say("nav.home"),
        greeting=tx.say("home.greeting", name=tx.principal.name.partition(" ")[0]),
        stats=(*(stat for main in mains for stat in stats_of(tx, main)), _due(tx, others)),
        tasks=tuple(waiting[:MOST_TASKS]),
        has_more_tasks=len(waiting) > MOST_TASKS,
        recent=tuple(_recent(tx)),
        charts=tuple(chart for chart in charts if chart),
        forms=forms_in(tx, "home"),
        banners=(demo,) if tx.settings.demo else (),
        steps=_steps(tx, mains) if tx.principal.is_admin else (),
    )


def _waiting(tx: Tx, others: Sequence[Waiting]) -> list[InboxItem]:
    """What waits, in the worklist and beside it, first what is due; one more than is shown when there is more."""
    found = worklist(tx, Search(view="inbox", limit=MOST_TASKS + 1)).entries
    lines = lines_of(tx, found, f"{BASE}?tab=inbox")
    every = (*lines, *(as_item(tx, each) for each in others))
    return sorted(every, key=lambda each: moment_of(tx, each.due))[: MOST_TASKS + 1]


def _due(tx: Tx, others: Sequence[Waiting]) -> Stat:
    counts = counters(tx)
    late = counts.late + sum(each.due is not None and formats_of(tx).due_class(each.due) == "late" for each in others)
    return Stat(
        label=tx.say("home.due"),
        value=formats_of(tx).number(counts.due + sum(is_due(tx, each) for each in others)),
        icon="clock",
        delta=tx.say("home.late", count=late) if late else "",
        better=False if late else None,
        url="/inbox",
    )


def _recent(tx: Tx) -> list[InboxItem]:
    found = recent_work(tx, MOST_RECENT)
    names = {
        name: titles(tx, name, [ref.id for ref, _ in found if ref.entity == name])
        for name in {ref.entity for ref, _ in found}
        if may_enter(tx, tx.catalog.entity(name))
    }
    return [
        InboxItem(
            id=str(ref.id),
            title=title or tx.say("record.untitled"),
            url=f"/{tx.catalog.entity(ref.entity).definition.path}/{ref.id}",
            at=at,
            who=title,
            detail=tx.catalog.entity(ref.entity).label.to(tx.language),
        )
        for ref, at in found
        if (title := names.get(ref.entity, {}).get(ref.id)) is not None
    ]


def _steps(tx: Tx, mains: Sequence[Main]) -> tuple[Step, ...]:
    """What an administrator does first, and what of it is done; nothing once there are people, teams and records."""
    needed = (*_organising(tx), *_filling(tx, next(iter(mains), None)))
    if all(done for _, _, done in needed):
        return ()
    return (*needed, *_answering(tx))


def _organising(tx: Tx) -> list[Step]:
    steps = [("people", "user", "/settings/users", 2), ("teams", "team", "", 1)]
    return [
        (tx.say(f"home.step.{key}"), url or f"/{known.definition.path}", _number(tx, entity, enough) >= enough)
        for key, entity, url, enough in steps
        if (known := tx.catalog.entities.get(entity)) is not None
    ]


def _filling(tx: Tx, main: Main | None) -> list[Step]:
    if main is None:
        return []
    entity, has_records = main.entity, _number(tx, main.entity.name, 1) > 0
    several = tx.say("home.step.import", entity=entity.plural.to(tx.language).lower())
    one = tx.say("home.step.create", entity=entity.one(tx.language))
    path = f"/{entity.definition.path}/new"
    return [(several, f"/imports/new?entity={entity.name}", has_records), (one, path, has_records)]


def _answering(tx: Tx) -> list[Step]:
    """A form is on a site once somebody has sent it; a rule works once there is one."""
    steps = [("form", "form_submission", "/settings/forms"), ("rule", "automation", "/automations")]
    return [
        (tx.say(f"home.step.{key}"), url, _number(tx, entity, 1) > 0)
        for key, entity, url in steps
        if entity in tx.catalog.entities
    ]


def _number(tx: Tx, entity: str, enough: int) -> int:
    """How many records there are, counted no further than needed."""
    return count(tx, Ask(entity=entity), cap=enough).number
