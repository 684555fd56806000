"""The inbox: what waits to be done, what one was told, which records one follows."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.frame import Action, Empty, Tab
from entente.interfaces.html.views.work import InboxItem, InboxView
from entente.interfaces.web.around.waiting import Waiting, as_card, as_item, described, mine
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, saved, show
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import Ask, page, titles
from entente.services.stream.following import followed_records
from entente.services.stream.notifications import (
    Notification,
    list_notifications,
    mark_all,
    mark_read,
    unread_count,
)

TABS = ("tasks", "notifications", "followed")
BASE = "/inbox"
DETAIL = "pages/task_detail.html"


@get(BASE, sync_to_thread=True)
def show_inbox(request: AnyRequest) -> Response[str]:
    """The inbox at one of its tabs."""
    with asked(request) as tx:
        tab = str(request.query_params.get("tab") or "")
        opened = str(request.query_params.get("open") or "")
        if tab == "notifications":
            return show(request, tx, "inbox", _notifications(tx), current="inbox")
        if tab == "followed":
            return show(request, tx, "inbox", _followed(tx), current="inbox")
        waiting = mine(tx)
        task = _opened(tx, waiting, opened)
        detail: dict[str, Any] = {"detail": DETAIL, "task": as_card(tx, task, with_subject=True)} if task else {}
        return show(request, tx, "inbox", _tasks(tx, waiting, opened), current="inbox", **detail)


def _tasks(tx: Tx, waiting: list[Waiting], opened: str) -> InboxView:
    return InboxView(
        title=tx.say("nav.inbox"),
        url=f"{BASE}?open={opened}" if opened else BASE,
        items=tuple(as_item(tx, each, opened) for each in waiting),
        tabs=_tabs(tx, "tasks", len(waiting)),
        waiting=len(waiting),
        live_on=" ".join(sorted({each.entity.name for each in waiting} | {"notification"})),
        empty=Empty(text=tx.say("inbox.nothing_to_do"), icon="circle-check"),
    )


def _opened(tx: Tx, waiting: list[Waiting], key: str) -> Waiting | None:
    """The task that is opened, even when it is done by now."""
    known = next((each for each in waiting if each.key == key), None)
    name, _, text = key.partition(":")
    identity = parse_id(text)
    entity = tx.catalog.entities.get(name)
    if known or identity is None or entity is None or not entity.definition.activity:
        return known
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


def _tabs(tx: Tx, current: str, tasks: int | None = None) -> tuple[Tab, ...]:
    counts = {"tasks": tasks, "notifications": unread_count(tx), "followed": None}
    return tuple(
        Tab(
            label=tx.say(f"inbox.{key}"),
            url=BASE if key == "tasks" else f"{BASE}?tab={key}",
            current=key == current,
            count=counts[key] or None,
            waiting=key == "notifications",
        )
        for key in TABS
    )


@get("/inbox/notifications/{identity:uuid}", sync_to_thread=True)
def open_notification(request: AnyRequest, identity: UUID) -> Response[str]:
    """Go to what a notification speaks of; it is read from now on."""
    with asked(request) as tx:
        mark_read(tx, [identity])
        place = next((_place(tx, each) for each in list_notifications(tx) if each.id == identity), "")
        return Response("", status_code=303, headers={"Location": place or f"{BASE}?tab=notifications"})


def _place(tx: Tx, each: Notification) -> str:
    entity = tx.catalog.entities.get(each.entity)
    if entity is None:
        return ""
    base = f"/{entity.definition.path}"
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
