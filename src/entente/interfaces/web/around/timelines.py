"""The timeline of a record as a page shows it: who did what, in words, with what can be done about it."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

import msgspec

from entente.interfaces.html.views import records as views
from entente.interfaces.html.views.frame import Action, Tab
from entente.interfaces.web.allowed import among
from entente.interfaces.web.around.kinds import is_written, quick_fields, state_field
from entente.interfaces.web.screens import action_button
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.services.stream.items import Kind, TimelineItem
from entente.services.stream.notes import EDIT_WINDOW
from entente.services.stream.timeline import pinned_notes, timeline
from entente.services.worklist.called import called_in_words
from entente.services.worklist.listing import TASK

KINDS: tuple[Kind, ...] = ("all", "exchanges", "changes")
DEED_ICONS = {"create": "plus", "delete": "trash", "restore": "rotate", "share": "share", "unshare": "share"}
LONG = ("rich_text", "long_text")


def kind_of(text: str) -> Kind:
    """The filter that an address asks for; everything when it asks for none."""
    return next((kind for kind in KINDS if kind == text), "all")


def timeline_view(
    tx: Tx,
    entity: Entity,
    identity: UUID,
    *,
    kind: Kind = "all",
    after: str | None = None,
    among: Collection[str] | None = None,
) -> views.Timeline:
    """A page of the timeline, newest first; the first page begins with what is pinned."""
    base = f"/{entity.definition.path}/{identity}/timeline"
    found = timeline(tx, entity.name, identity, kind=kind, after=after, among=among)
    pinnable = among is None or any("pinned" in tx.catalog.entity(name).fields for name in among)
    pinned = pinned_notes(tx, entity.name, identity) if pinnable and after is None and kind != "changes" else []
    on_top = {item.key for item in pinned}
    mine = _changeable(tx, (*found.items, *pinned))
    shown = (_item(tx, item, mine) for item in _in_words(tx, found.items) if item.key not in on_top)
    return views.Timeline(
        url=f"{base}?kind={kind}",
        items=tuple(item for item in shown if item),
        pinned=tuple(item for each in pinned if (item := _item(tx, each, mine))),
        live_on=f"{entity.name}:{identity}",
        filters=tuple(
            Tab(label=tx.say(f"around.filter.{each}"), url=f"{base}?kind={each}", current=each == kind)
            for each in KINDS
        ),
        more_url=f"{base}?kind={kind}&after={found.next}" if found.next else "",
    )


def _in_words(tx: Tx, items: Iterable[TimelineItem]) -> list[TimelineItem]:
    """The items with tasks of processes under their names in the reader's language."""
    items = list(items)
    titles = {item.record: item.title for item in items if item.kind == TASK and item.record}
    called = called_in_words(tx, titles)
    return [
        msgspec.structs.replace(item, title=called.get(item.record, item.title)) if item.record else item
        for item in items
    ]


def _changeable(tx: Tx, items: Iterable[TimelineItem]) -> set[UUID]:
    """The records of the items that the reader may change, asked once for each kind."""
    kinds: dict[str, set[UUID]] = {}
    for item in items:
        if item.record is not None and item.kind in tx.catalog.entities:
            kinds.setdefault(item.kind, set()).add(item.record)
    return {identity for kind, ids in kinds.items() for identity in among(tx, kind, ids)}


def _item(tx: Tx, item: TimelineItem, mine: Collection[UUID]) -> views.TimelineItem | None:
    if item.kind == "change":
        return _change(tx, item)
    if item.file and item.record is None:
        return _view(tx, item, what=tx.say("around.filed"), icon="paperclip", hue="gray")
    return _activity(tx, item, tx.catalog.entity(item.kind), item.record in mine)


def _change(tx: Tx, item: TimelineItem) -> views.TimelineItem | None:
    entity = tx.catalog.entity(item.subject.entity)
    changes = tuple(each for each in item.changes if not _is_stamp(entity, each.field))
    if item.deed == "update" and not changes:
        return None
    what = tx.say("around.changed", count=len(changes)) if item.deed == "update" else tx.say(f"around.{item.deed}")
    key = f"via.{item.via}"
    through = f" {tx.say(key)}" if item.via != "web" and tx.words.has(key) else ""
    icon = DEED_ICONS.get(item.deed, "pencil")
    shown = tuple(views.Change(label=each.label, old=each.old, new=each.new) for each in changes)
    return _view(tx, item, what=what + through, icon=icon, hue="gray", changes=shown)


def _is_stamp(entity: Entity, name: str) -> bool:
    """Whether a field only repeats when something happened, which the line itself says."""
    field = entity.fields.get(name)
    return field is not None and field.definition.read_only and field.type.key == "datetime"


def _activity(tx: Tx, item: TimelineItem, entity: Entity, may_change: bool) -> views.TimelineItem:
    path = f"/{entity.definition.path}/{item.record}"
    written = is_written(tx, entity)
    what = tx.say("around.wrote") if written else " · ".join(_said(tx, item, entity))
    text = next((name for name, field in entity.fields.items() if field.type.key in LONG and name in item.values), "")
    rich = bool(text) and entity.fields[text].type.key == "rich_text"
    return _view(
        tx,
        item,
        what=what,
        icon=item.icon,
        hue=item.hue,
        html=str(item.values[text]) if rich else "",
        body=str(item.values[text]) if text and not rich else "",
        url="" if written else path,
        actions=_actions(tx, item, entity, path, may_change),
    )


def _said(tx: Tx, item: TimelineItem, entity: Entity) -> list[str]:
    """What kind of activity, what it is called, and the choices made about it."""
    state = state_field(entity)
    asked = [name for name in quick_fields(tx, entity) if name != "priority"]
    names = dict.fromkeys([state.name if state else "", *asked])
    told = [word for name in names if name in entity.fields and entity.fields[name].type.key in ("choice", "duration")
            and (word := item.words.get(name))]  # fmt: skip
    label = entity.label.to(tx.language)
    return [*(() if item.title.startswith(label) else (label,)), item.title, *told]


def _actions(tx: Tx, item: TimelineItem, entity: Entity, path: str, may_change: bool) -> tuple[Action, ...]:
    person, name = tx.principal, entity.name
    made = []
    if item.is_open:
        made = [
            action_button(tx, action, path)
            for action in tx.catalog.actions_of(name)
            if action.tone == "primary"
            and (action.admits or (may_change and person.depth(name, action.requires) != "none"))
        ]
    own = item.actor is not None and item.actor == person.user_id
    editable = own and tx.clock.now() - item.at <= EDIT_WINDOW if is_written(tx, entity) else True
    if editable and may_change:
        made.append(Action(label=tx.say("record.edit"), url=f"{path}/edit", icon="pencil"))
    if "pinned" in entity.fields and (own or person.depth(name, "update") == "all"):
        label = tx.say("around.unpin" if item.is_pinned else "around.pin")
        made.append(Action(label=label, url=f"{path}/pin", way="post", icon="pin"))
    if person.depth(name, "delete") == "all" or (own and person.depth(name, "delete") != "none"):
        delete = Action(label=tx.say("record.delete"), url=f"{path}/delete", way="post", icon="trash", tone="danger")
        made.append(delete)
    return tuple(made)


def _view(tx: Tx, item: TimelineItem, *, what: str, icon: str, hue: str, **told: Any) -> views.TimelineItem:
    if item.is_older_record:
        what = tx.say("around.on_older", what=what, title=item.subject_title)
    file = item.file
    return views.TimelineItem(
        id=item.key,
        icon=icon,
        hue=hue,
        who=item.actor_name or tx.say("around.system"),
        what=what,
        at=item.at,
        files=(views.Attachment(name=file.name, url=f"/files/{file.id}", size=file.size),) if file else (),
        **told,
    )
