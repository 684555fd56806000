"""The timeline of a record: what happened to it and around it, newest first, each item in the reader's words."""

import base64
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Row, Tx, engine_rows
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import targets
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import find
from entente.services.stream.items import AttachedFile, Change, Kind, Timeline, TimelineItem
from entente.services.stream.sources import START, Place, activities, engine_lines, lineage
from entente.services.stream.wording import Titles, in_words, links_in, titles_of

PAGE = 30
MOST_PINNED = 10
MOST_HISTORY = 200
ACTOR = "user"
WORDED = frozenset({"choice", "multi_choice", "link", "date", "datetime", "duration", "percent", "decimal", "integer"})


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one field: when, by whom, through which door, from what to what."""

    at: datetime
    actor: UUID | None
    actor_name: str
    via: str
    deed: str
    cause: UUID
    old: str
    new: str


def timeline(
    tx: Tx,
    entity: str,
    identity: UUID,
    *,
    kind: Kind = "all",
    after: str | None = None,
    limit: int = PAGE,
    among: Collection[str] | None = None,
) -> Timeline:
    """A page of what happened to a record and to the one that it was made from; NotFound when it may not be read.

    `among` are the kinds of activities that there are at all (`kinds_about`); without it all are asked.
    """
    subjects = _subjects(tx, entity, identity)
    place = _place(after)
    everyone = list(subjects)
    found = engine_lines(tx, everyone, place, limit + 1, changes=kind != "exchanges", files=kind != "changes")
    if kind != "changes":
        found += activities(tx, everyone, place, limit + 1, among=among)
    found.sort(key=lambda line: (line["at"], line["key"]), reverse=True)
    more = len(found) > limit
    lines = found[:limit]
    following = _cursor(lines[-1]) if more else None
    return Timeline(_items(tx, lines, subjects, Ref(entity, identity)), following)


def pinned_notes(tx: Tx, entity: str, identity: UUID) -> list[TimelineItem]:
    """What somebody pinned to a record, newest first; NotFound when it may not be read."""
    subjects = _subjects(tx, entity, identity)
    lines = activities(tx, list(subjects), START, MOST_PINNED, pinned=True)
    lines.sort(key=lambda line: (line["at"], line["key"]), reverse=True)
    return _items(tx, lines, subjects, Ref(entity, identity))


def field_history(tx: Tx, entity: str, identity: UUID, field: str) -> list[FieldChange]:
    """Every value that a field had, newest first; NotFound or Refused when record or field may not be read."""
    made = tx.catalog.entity(entity)
    known = made.fields.get(field)
    if known is None or not may_use(tx, entity, field):
        raise Refused("field.unknown", field=field)
    find(tx, entity, identity, links=False)
    lines = engine_rows(
        tx,
        "SELECT at, actor, actor_name, via, cause, deed, changes -> %(field)s AS pair FROM {schema}.journal"
        " WHERE entity = %(entity)s AND record = %(record)s AND changes ? %(field)s"
        " ORDER BY at DESC, id DESC LIMIT %(most)s",
        entity=entity,
        record=identity,
        field=field,
        most=MOST_HISTORY,
    )
    titles = titles_of(tx, [end for line in lines for value in line["pair"] for end in links_in(known, value)])
    return [_field_change(line, *(in_words(tx, known, value, titles) for value in line["pair"])) for line in lines]


def _field_change(line: Row, old: str, new: str) -> FieldChange:
    told = {name: line[name] for name in ("at", "actor", "actor_name", "via", "deed", "cause")}
    return FieldChange(**told, old=old, new=new)


def _subjects(tx: Tx, entity: str, identity: UUID) -> dict[Ref, str]:
    """The record and, with their titles, the readable ones that it was made from."""
    made = tx.catalog.entity(entity)
    fields = lineage(tx, made)
    record = find(tx, entity, identity, links=False)
    older = [
        (targets(field.definition)[0], record[field.name]) for field in fields if record.get(field.name) is not None
    ]
    titles = titles_of(tx, older)
    return {Ref(entity, identity): "", **{Ref(*end): titles[end] for end in older if end in titles}}


def _place(after: str | None) -> Place:
    if after is None:
        return START
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)), type=Place)
    except (ValueError, msgspec.MsgspecError):
        raise Refused("page.bad_cursor") from None


def _cursor(line: Row) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(Place(line["at"], line["key"]))).decode().rstrip("=")


def _items(tx: Tx, lines: Sequence[Row], subjects: dict[Ref, str], here: Ref) -> list[TimelineItem]:
    titles = titles_of(tx, _links(tx, lines))
    items = []
    for line in lines:
        subject = Ref(line["entity"], line["record"])
        base = {
            "kind": line["kind"],
            "key": line["key"],
            "at": line["at"],
            "actor": line["actor"],
            "actor_name": line.get("actor_name") or titles.get((ACTOR, line["actor"]), ""),
            "subject": subject,
            "subject_title": subjects.get(subject, ""),
            "is_older_record": subject != here,
        }
        made = _one(tx, line, base, titles)
        if made is not None:
            items.append(made)
    return items


def _links(tx: Tx, lines: Iterable[Row]) -> list[tuple[str, UUID]]:
    found = [(ACTOR, line["actor"]) for line in lines if line["actor"]]
    for line in lines:
        entity = tx.catalog.entities.get(line["entity"] if line["kind"] == "change" else line["kind"])
        for name, value in line["doc"].items() if entity else ():
            field = entity.fields.get(name) if entity else None
            for each in (value if line["kind"] == "change" else [value]) if field else ():
                found += links_in(field, each) if field else []
    return found


def _one(tx: Tx, line: Row, base: dict[str, Any], titles: Titles) -> TimelineItem | None:
    match line["kind"]:
        case "change":
            return _change(tx, line, base, titles)
        case "file":
            file = AttachedFile(**line["doc"])
            return TimelineItem(**base, title=file.name, icon="paperclip", file=file)
        case _:
            return _activity(tx, line, base, titles)


def _change(tx: Tx, line: Row, base: dict[str, Any], titles: Titles) -> TimelineItem | None:
    entity = tx.catalog.entities[line["entity"]]
    # A new record says enough by being new: its values stand on its page.
    told = line["doc"] if line["deed"] != "create" else {}
    changes = tuple(
        Change(name, field.definition.label.to(tx.language), *(in_words(tx, field, each, titles) for each in pair))
        for name, pair in told.items()
        if (field := entity.fields.get(name)) and not field.definition.computed and may_use(tx, entity.name, name)
    )
    if line["deed"] == "update" and not changes:
        return None
    told_by = {name: line[name] for name in ("deed", "via", "cause")}
    return TimelineItem(**base, **told_by, changes=changes, icon="history")


def _activity(tx: Tx, line: Row, base: dict[str, Any], titles: Titles) -> TimelineItem:
    entity = tx.catalog.entity(line["kind"])
    values = {name: value for name, value in line["doc"].items() if value not in (None, "", [], False)}
    words = {
        name: in_words(tx, field, value, titles)
        for name, value in values.items()
        if (field := entity.fields[name]).type.key in WORDED
    }
    return TimelineItem(
        **base,
        record=line["id"],
        title=str(values.get(entity.definition.title, "")),
        icon=entity.definition.icon,
        hue=entity.definition.hue,
        is_pinned=bool(values.get("pinned")),
        is_open=_is_open(entity, values),
        values=values,
        words=words,
        file=AttachedFile(**line["file"]) if line["file"] else None,
    )


def _is_open(entity: Entity, values: dict[str, Any]) -> bool:
    """Whether the activity still has to be done: its choice of states says so by its groups."""
    for field in entity.fields.values():
        for choice in field.definition.choices:
            if choice.group and choice.key == values.get(field.name):
                return choice.group == "open"
    return False
