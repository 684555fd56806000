"""The inbox: what waits to be done, what one was told, which records one follows."""

from collections.abc import Iterable
from typing import Any, Literal, get_args
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.frame import Action, Empty, Tab
from entente.interfaces.html.views.work import InboxItem, InboxView
from entente.interfaces.web.around.beginning import START
from entente.interfaces.web.around.sifting import Sieve, fits, search_view, sieve_of
from entente.interfaces.web.around.task_form import task_form
from entente.interfaces.web.around.verbs import ASKED
from entente.interfaces.web.around.waiting import Waiting, as_card, as_item, described, moment_of, others_of_mine
from entente.interfaces.web.around.worklist import ABSENCE, BASE, DO, MOST, away_until, lines_of, open_pane
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part, saved, show
from entente.interfaces.web.wording import formats_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import Ask, page, titles
from entente.services.processes.startable import startable
from entente.services.stream.following import followed_records
from entente.services.stream.notifications import (
    Notification,
    list_notifications,
    mark_all,
    mark_read,
    unread_count,
)
from entente.services.transfer.plan import JOB
from entente.services.worklist.listing import TASK, Counters, Search, counters, worklist

Held = Literal["mine", "groups", "shared", "asked", "away", "people", "asleep"]
HELD: tuple[Held, ...] = get_args(Held)
TABS = (*HELD, "notifications", "followed")
# What can be done with several tasks at once: its icon and its key.
TOGETHER = {
    "complete": ("check", "e"), "redirect": ("arrow-forward-up", "r"), "share": ("share", "p"), "sleep": ("zzz", "h"),
}  # fmt: skip
ALWAYS = ("mine", "groups", "notifications", "followed")
DETAIL, PANE = "pages/task_detail.html", "pages/task_pane.html"


@get(BASE, sync_to_thread=True)
def show_inbox(request: AnyRequest) -> Response[str]:
    """The inbox at one of its tabs."""
    with asked(request) as tx:
        tab = str(request.query_params.get("tab") or "mine")
        if tab == "notifications":
            return show(request, tx, "inbox", _notifications(tx), current="inbox")
        if tab == "followed":
            return show(request, tx, "inbox", _followed(tx), current="inbox")
        held: Held = tab if tab in HELD else "mine"
        opened = str(request.query_params.get("open") or "")
        sieve = sieve_of(request.query_params)
        view = _tasks(tx, held, opened, sieve, request.query_params.get("after"))
        return show(request, tx, "inbox", view, current="inbox", **_detail(tx, opened, held))


@get("/inbox/count", sync_to_thread=True)
def show_counts(request: AnyRequest) -> Response[str]:
    """What waits for the reader, for the side bar, the bar of a phone and the bell."""
    with asked(request) as tx:
        waiting = _to_do(tx)
        counts = (("count-inbox", waiting), ("phone-count-inbox", waiting), ("count-notifications", unread_count(tx)))
        return part(request, tx, "pages/inbox_count.html", counts=counts)


def _to_do(tx: Tx) -> int:
    """How many tasks are open for the reader or his teams, his own calls and meetings among them."""
    counts = counters(tx)
    return counts.mine + len(others_of_mine(tx)) + counts.groups


def _start(tx: Tx) -> tuple[Action, ...]:
    """The way to all that one may start, when there is something."""
    return (
        (Action(label=tx.say("processes.start_something"), url=START, way="go", icon="player-play"),)
        if startable(tx)
        else ()
    )


def _tasks(tx: Tx, tab: Held, opened: str, sieve: Sieve, after: str | None) -> InboxView:
    wanted = Search(
        view=tab, order=sieve.order, text=sieve.text or None, process=sieve.process or None, limit=MOST, after=after
    )
    found = worklist(tx, wanted)
    url = sieve.address(tab)
    lines = lines_of(tx, found.entries, url, opened)
    others = others_of_mine(tx)
    if tab == "mine" and after is None:
        lines = _joined(tx, sieve, lines, (as_item(tx, each, opened) for each in others))
    counts = counters(tx)
    mine = counts.mine + len(others)
    return InboxView(
        title=tx.say("nav.inbox"),
        url=f"{url}&open={opened}" if opened else url,
        search=search_view(tx, tab, sieve, (each.process for each in found.entries)) if lines or sieve.sifts else None,
        items=lines,
        tabs=_tabs(tx, tab, counts, mine),
        waiting=mine + counts.groups,
        actions=(*_start(tx), _absence(tx)),
        together=tuple(
            Action(label=tx.say(f"task.{verb}"), url=f"{DO}/{verb}?from={tab}", icon=icon, key=key)
            for verb, (icon, key) in TOGETHER.items()
            if verb in ASKED
        ),
        do_url=DO,
        live_on=" ".join(sorted({each.id.partition("-")[0] for each in lines} | {TASK, "notification"})),
        more_url=f"{url}&after={found.next}" if found.next else "",
        empty=Empty(text=tx.say("inbox.nothing_fits" if sieve.sifts else "inbox.nothing_to_do"), icon="circle-check"),
    )


def _joined(tx: Tx, sieve: Sieve, lines: Iterable[InboxItem], others: Iterable[InboxItem]) -> tuple[InboxItem, ...]:
    """The lines of tasks with those of other activities, in the order that is asked for."""
    made = [*lines, *(each for each in others if fits(sieve, each))]
    if sieve.order == "new":
        return tuple(sorted(made, key=lambda each: each.at, reverse=True))
    return tuple(sorted(made, key=lambda each: moment_of(tx, each.due))) if sieve.order == "due" else tuple(made)


def _absence(tx: Tx) -> Action:
    """Where the reader says that he is away, and whether he is; from there to all absences when he is already."""
    until = away_until(tx)
    label = tx.say("work.away_until", day=formats_of(tx).moment(until)) if until else tx.say("work.not_away")
    url = f"/{tx.catalog.entity(ABSENCE).definition.path}"
    if until or tx.principal.depth(ABSENCE, "create") == "none":
        return Action(label=label, url=url, way="go", icon="beach", key="a")
    return Action(label=label, url=f"{url}/new?person={tx.principal.user_id}", icon="beach", key="a")


def _detail(tx: Tx, opened: str, tab: str) -> dict[str, Any]:
    """What is shown beside the list: a task of the worklist, or another activity."""
    name, _, text = opened.partition(":")
    identity = parse_id(text)
    if identity is None:
        return {}
    if name == TASK:
        pane = open_pane(tx, identity, tab=tab)
        if pane and pane.answer_url:
            pane = msgspec.structs.replace(pane, form=task_form(tx, identity))
        return {"detail": PANE, "task": pane} if pane else {}
    task = _opened(tx, name, identity)
    return {"detail": DETAIL, "task": as_card(tx, task, with_subject=True)} if task else {}


def _opened(tx: Tx, name: str, identity: UUID) -> Waiting | None:
    """The activity that is opened, even when it is done by now."""
    entity = tx.catalog.entities.get(name)
    if entity is None or not entity.definition.activity:
        return None
    found = page(tx, Ask(entity=name, ids=(identity,), limit=1)).records
    return described(tx, entity, found)[0] if found else None


def _notifications(tx: Tx) -> InboxView:
    found = list_notifications(tx)
    senders = titles(tx, "user", [each.sender for each in found if each.sender])
    unread = unread_count(tx)
    everything = Action(label=tx.say("inbox.mark_all"), url=f"{BASE}/read", way="post", icon="check")
    return InboxView(
        title=tx.say("nav.inbox"),
        url=f"{BASE}?tab=notifications",
        items=tuple(_told(tx, each, senders.get(each.sender, "") if each.sender else "") for each in found),
        tabs=_tabs(tx, "notifications"),
        has_detail=False,
        waiting=unread,
        actions=(everything,) if unread else (),
        empty=Empty(text=tx.say("inbox.nothing_told"), icon="bell"),
    )


def _told(tx: Tx, each: Notification, who: str) -> InboxItem:
    entity = tx.catalog.entities.get(each.entity)
    return InboxItem(
        id=str(each.id),
        title=each.text,
        url=f"{BASE}/notifications/{each.id}",
        at=each.at,
        who=who,
        detail=entity.label.to(tx.language) if entity else "",
        unread=not each.is_read,
    )


def _followed(tx: Tx) -> InboxView:
    return InboxView(
        title=tx.say("nav.inbox"),
        url=f"{BASE}?tab=followed",
        items=tuple(item for name, ids in _by_entity(followed_records(tx)).items() for item in _records(tx, name, ids)),
        tabs=_tabs(tx, "followed"),
        has_detail=False,
        empty=Empty(text=tx.say("inbox.nothing_followed"), icon="eye"),
    )


def _by_entity(records: list[Ref]) -> dict[str, list[UUID]]:
    found: dict[str, list[UUID]] = {}
    for each in records:
        found.setdefault(each.entity, []).append(each.id)
    return found


def _records(tx: Tx, name: str, ids: list[UUID]) -> list[InboxItem]:
    entity = tx.catalog.entities.get(name)
    if entity is None:
        return []
    title = entity.definition.title
    found = page(tx, Ask(entity=name, fields=(title, "modified_at"), ids=tuple(ids), limit=len(ids))).records
    return [
        InboxItem(
            id=str(record.id),
            title=str(record.get(title) or tx.say("record.untitled")),
            url=f"/{entity.definition.path}/{record.id}",
            at=record["modified_at"],
            detail=entity.label.to(tx.language),
        )
        for record in sorted(found, key=lambda each: each["modified_at"], reverse=True)
    ]


def _tabs(tx: Tx, current: str, counts: Counters | None = None, mine: int | None = None) -> tuple[Tab, ...]:
    """The parts of the inbox; that of one's own counts tasks and all else that one has to do."""
    found = counts or counters(tx)
    numbers: dict[str, int] = {key: getattr(found, key, 0) for key in HELD}
    numbers["mine"] = found.mine + len(others_of_mine(tx)) if mine is None else mine
    numbers["notifications"] = unread_count(tx)
    numbers["people"] = len(worklist(tx, Search(view="people", limit=MOST)).entries)
    return tuple(
        Tab(
            label=tx.say(f"inbox.{key}"),
            url=f"{BASE}?tab={key}",
            current=key == current,
            count=numbers.get(key) or None,
            waiting=key == "notifications",
        )
        for key in TABS
        if key in ALWAYS or key == current or numbers.get(key)
    )


@get("/inbox/notifications/{identity:uuid}", sync_to_thread=True)
def open_notification(request: AnyRequest, identity: FromPath[UUID]) -> Response[str]:
    """Go to what a notification speaks of; it is read from now on."""
    with asked(request) as tx:
        mark_read(tx, [identity])
        place = next((_place(tx, each) for each in list_notifications(tx) if each.id == identity), "")
        return Response("", status_code=303, headers={"Location": place or f"{BASE}?tab=notifications"})


def _place(tx: Tx, each: Notification) -> str:
    entity = tx.catalog.entities.get(each.entity)
    if entity is None:
        return ""
    base = "/imports" if entity.name == JOB else f"/{entity.definition.path}"
    return f"{base}/{each.subject.id}" if each.subject else base


@post("/inbox/read")
async def read_all(request: AnyRequest) -> Response[str]:
    """Everything that one was told is read."""
    form = await form_of(request)
    return await in_thread(_read_all, request, form)


def _read_all(request: AnyRequest, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        number = mark_all(tx)
        answer = saved(request, tx, tx.say("inbox.marked", count=number))
        answer.headers["HX-Trigger"] = "inbox-changed"
        answer.headers["HX-Location"] = '{"path": "/inbox?tab=notifications", "target": "#main"}'
        return answer
