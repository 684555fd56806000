"""Which changes set a rule off, and on which records it is to act because of them; pure but for one look-up.

A change of an activity or of a pointing record is an occasion for the record that it points to.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import NotFound
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.entity import Moment
from entente.kernel.records.query import find
from entente.services.automation.event import Event
from entente.services.automation.rules import RULE, Rule
from entente.services.automation.shape import (
    closing_field,
    is_over,
    kind_field,
    named_moment,
    path_field,
    regarding,
    result_field,
)

FORM = "web_form"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What one stroke did to one record."""

    deed: Literal["create", "update", "delete", "restore"]
    entity: str
    record: UUID
    title: str
    changes: dict[str, Any]
    newer: dict[str, Any] = {}
    actor: UUID | None
    actor_name: str
    cause: UUID
    depth: int
    entry: int | None
    at: datetime
    via: str


def events_of(tx: Tx, rule: Rule, change: Change) -> Iterator[Event]:
    """The occasions that a change gives a rule."""
    match rule.trigger:
        case "activity_created" | "activity_closed":
            yield from _of_activity(tx, rule, change)
        case "moment":
            yield from _of_moment(tx, rule, change)
        case "related" | "unrelated" if "." in rule.settings.field:
            yield from _of_pointing(rule, change)
        case "related" | "unrelated":
            yield from _of_own_links(rule, change)
        case "form":
            if _is_sent(tx, tx.catalog.entity(rule.entity), rule, change):
                yield _own(rule, change)
        case _:
            if concerns(tx, rule, change.deed, change.changes):
                yield _own(rule, change)


def concerns(tx: Tx, rule: Rule, deed: str, changes: Mapping[str, Any]) -> bool:
    """Whether a change of the rule's own entity is one that sets it off."""
    entity = tx.catalog.entity(rule.entity)
    match rule.trigger:
        case "created":
            return deed == "create"
        case "deleted":
            return deed == "delete"
        case "updated":
            return deed == "update" and _fields_match(rule, changes)
        case "saved":
            return deed in ("create", "update") and _fields_match(rule, changes)
        case "stage":
            field = path_field(tx.catalog, entity)
        case "result":
            field = result_field(tx.catalog, entity)
        case _:
            return False
    return field is not None and deed in ("create", "update") and _moves(rule, changes.get(field.name))


def _fields_match(rule: Rule, changes: Mapping[str, Any]) -> bool:
    if not rule.settings.fields:
        return bool(changes)
    return any(_moves(rule, changes.get(name)) for name in rule.settings.fields)


def _moves(rule: Rule, pair: Any) -> bool:
    """Whether a field changed, from and to the values that the rule names."""
    if pair is None:
        return False
    old, new = rule.settings.old, rule.settings.new
    return (not old or _text(pair[0]) == old) and (not new or _text(pair[1]) == new)


def _text(value: Any) -> str:
    """A plain value as the settings of a rule write it."""
    if isinstance(value, Mapping):
        return str(value.get("id") or value.get("amount") or "")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _own(rule: Rule, change: Change) -> Event:
    return Event(
        occasion=rule.trigger,
        record=change.record,
        title=change.title,
        changes=change.changes,
        newer=change.newer,
        is_new=change.deed == "create",
        is_gone=change.deed == "delete",
        actor=change.actor,
        actor_name=change.actor_name,
        cause=change.cause,
        depth=change.depth,
        entry=change.entry,
    )


def _for(rule: Rule, change: Change, records: Iterable[Any]) -> Iterator[Event]:
    """Occasions for other records than the one that changed; nothing of theirs has changed."""
    for each in dict.fromkeys(records):
        identity = each if isinstance(each, UUID) else parse_id(str(each))
        if identity is not None:
            yield Event(
                occasion=rule.trigger,
                record=identity,
                actor=change.actor,
                actor_name=change.actor_name,
                cause=change.cause,
                depth=change.depth,
                entry=change.entry,
            )


def _of_activity(tx: Tx, rule: Rule, change: Change) -> Iterator[Event]:
    activity = tx.catalog.entities.get(change.entity)
    link = regarding(activity, rule.entity) if activity else None
    if activity is None or link is None or not _is_due(activity, rule, change):
        return
    try:
        record = find(tx.acting_as(system(RULE)), activity.name, change.record)
    except NotFound:
        return
    kind = kind_field(activity)
    if rule.settings.subtype and (kind is None or record[kind.name] != rule.settings.subtype):
        return
    target = record[link.name]
    if target is not None and target.entity == rule.entity:
        yield from _for(rule, change, [target.id])


def _is_due(activity: Entity, rule: Rule, change: Change) -> bool:
    if rule.trigger == "activity_created":
        return change.deed == "create"
    field = closing_field(activity)
    pair = change.changes.get(field.name) if field else None
    return field is not None and pair is not None and is_over(field, pair[1]) and not is_over(field, pair[0])


def _of_moment(tx: Tx, rule: Rule, change: Change) -> Iterator[Event]:
    """A named moment of the record itself, or of a record that belongs to it."""
    named = named_moment(tx.catalog, tx.catalog.entity(rule.entity), rule.settings.moment)
    if named is None or change.deed not in ("create", "update") or not _has_come(named.moment, change):
        return
    if named.own:
        yield msgspec.structs.replace(_own(rule, change), occasion=f"{rule.trigger}:{named.key}")
        return
    try:
        part = find(tx.acting_as(system(RULE)), change.entity, change.record)
    except NotFound:
        return
    for event in _for(rule, change, [part[named.moment.of]] if named.moment.of and part[named.moment.of] else []):
        yield msgspec.structs.replace(
            event, occasion=f"{rule.trigger}:{named.key}", part=(change.entity, change.record)
        )


def _has_come(moment: Moment, change: Change) -> bool:
    pair = change.changes.get(moment.field)
    return pair is not None and pair[1] in moment.new and (not moment.old or pair[0] in moment.old)


def _of_pointing(rule: Rule, change: Change) -> Iterator[Event]:
    """A record of another entity that begins or ceases to point here."""
    pair = change.changes.get(rule.settings.field.partition(".")[2])
    if pair is not None:
        yield from _for(rule, change, _ids(rule, pair[1 if rule.trigger == "related" else 0]))


def _ids(rule: Rule, plain: Any) -> list[str]:
    if isinstance(plain, Mapping):
        return [str(plain["id"])] if plain.get("entity") == rule.entity else []
    return [str(each) for each in (plain if isinstance(plain, list) else [plain]) if each]


def _of_own_links(rule: Rule, change: Change) -> Iterator[Event]:
    """A link of the record's own that is set or taken away."""
    pair = change.changes.get(rule.settings.field)
    if pair is None or change.deed == "delete":
        return
    old, new = ({_text(each) for each in (end if isinstance(end, list) else [end]) if each} for end in pair)
    found = new - old if rule.trigger == "related" else old - new
    if found and (not rule.settings.new or rule.settings.new in found):
        yield _own(rule, change)


def _is_sent(tx: Tx, entity: Entity, rule: Rule, change: Change) -> bool:
    """Whether a public form made the record: any, or the one that the rule names."""
    if change.via != "form" or change.deed != "create":
        return False
    sent = [name for name, field in entity.fields.items() if field.definition.to == FORM]
    wanted = rule.settings.new
    return not wanted or any(_text((change.changes.get(name) or ("", ""))[1]) == wanted for name in sent)
