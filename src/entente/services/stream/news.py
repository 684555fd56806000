"""From changes to news: who has to be told of what, before anyone's rights are looked at."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.jobs.followers import Entry
from entente.kernel.kit.ids import parse_id
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import targets
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import exists, find
from entente.services.stream.following import (
    Subscription,
    assigners,
    entity_subscriptions,
    follow_by_itself,
    owners_of,
    subscriptions,
)
from entente.services.stream.preferences import NewsKind, Notices

NOTE = "note"
# Under this key of the curious stand those who assign what nobody owns.
UNOWNED = "*unowned"
SILENT = frozenset({"follow", "notification"})
# Whoever works through these doors does it himself; imports and jobs make nobody a follower.
PERSONAL = frozenset({"web", "api", "form", "portal"})
# Data that is older than this when it is written comes from elsewhere and is no news.
OLD = timedelta(days=1)
HEARING = ("all", "mentions")


class News(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of news for one person about one record."""

    kind: NewsKind
    user: UUID
    subject: Ref
    entry: Entry
    state: tuple[str, Any] | None = None  # the field that tells the status, and its new plain value


def fresh(tx: Tx, entries: Iterable[Entry]) -> list[Entry]:
    """The entries that can be news: records made or changed lately, of entities that people see."""
    since = tx.clock.now() - OLD
    return [
        entry
        for entry in entries
        if entry.at >= since
        and entry.deed in ("create", "update")
        and entry.entity in tx.catalog.entities
        and entry.entity not in SILENT
        and not tx.catalog.entity(entry.entity).definition.hidden
    ]


def subscribe(tx: Tx, entries: Sequence[Entry], wishes: dict[UUID, Notices]) -> None:
    """Make followers of those who created a record, wrote a note on it or are mentioned there."""
    made = []
    for entry in entries:
        actor = entry.actor if entry.via in PERSONAL and entry.actor in wishes else None
        if entry.entity == NOTE:
            about = regarded(entry)
            if about is None:
                continue
            if actor and wishes[actor].follow_posted and entry.deed == "create":
                made.append(Subscription(actor, about.entity, about.id, "all", "poster"))
            made += [Subscription(user, about.entity, about.id, "all", "mention") for user in mentioned(entry)]
        elif actor and entry.deed == "create" and wishes[actor].follow_created and _is_followed(tx, entry.entity):
            made.append(Subscription(actor, entry.entity, entry.record, "all", "creator"))
    follow_by_itself(tx, [each for each in made if each.user in wishes])


def _is_followed(tx: Tx, entity: str) -> bool:
    return tx.catalog.entity(entity).definition.timeline


def gather(tx: Tx, entries: Sequence[Entry]) -> list[News]:
    """All news of the entries, at most one per entry and person, never for the one who acted."""
    subjects = {entry.id: _subject(tx, entry) for entry in entries}
    records = list({subject for subject in subjects.values() if subject})
    listeners = _listeners(tx, records)
    newcomers = [entry.entity for entry in entries if entry.deed == "create"]
    curious: dict[str, list[UUID]] = {}
    for each in entity_subscriptions(tx, newcomers) if newcomers else ():
        curious.setdefault(each.entity, []).append(each.user)
    if any(_waits_for_owner(tx, entry) for entry in entries):
        curious[UNOWNED] = assigners(tx)
    moved = {(each.cause, subjects[each.id]) for each in entries if _moves(tx, each)}
    made: list[News] = []
    for entry in entries:
        told = {entry.actor}
        origin = _origin(tx, entry)
        # Whoever hears what became of a record is not told that each record which it became is his.
        heard = listeners.get(origin, {}) if origin and (entry.cause, origin) in moved else {}
        for news in _of_entry(tx, entry, subjects[entry.id], listeners, curious):
            if news.user not in told and not (news.kind == "assigned" and heard.get(news.user) in HEARING):
                told.add(news.user)
                made.append(news)
    return made


def _moves(tx: Tx, entry: Entry) -> bool:
    return state_change(tx.catalog.entity(entry.entity), tx, entry) is not None


def _origin(tx: Tx, entry: Entry) -> Ref | None:
    """The record that a new one was made from."""
    if entry.deed != "create":
        return None
    for name, field in tx.catalog.entity(entry.entity).fields.items():
        if field.definition.lineage and name in entry.changes:
            return Ref(targets(field.definition)[0], UUID(entry.changes[name][1]))
    return None


def _of_entry(
    tx: Tx,
    entry: Entry,
    subject: Ref | None,
    listeners: dict[Ref, dict[UUID, str]],
    curious: dict[str, list[UUID]],
) -> Iterable[News]:
    """The news of one entry, the most personal first."""
    if subject is None:
        return
    heard = listeners.get(subject, {})
    if entry.entity == NOTE:
        yield from _of_note(entry, subject, heard)
        return
    owner = new_owner(entry)
    if owner is not None:
        yield News(kind="assigned", user=owner, subject=subject, entry=entry)
    state = state_change(tx.catalog.entity(entry.entity), tx, entry)
    for user, level in heard.items() if state else ():
        if level in HEARING:
            yield News(kind="status", user=user, subject=subject, entry=entry, state=state)
    if entry.deed == "create":
        waiting = curious.get(UNOWNED, ()) if _waits_for_owner(tx, entry) else ()
        for user in (*curious.get(entry.entity, ()), *waiting):
            yield News(kind="new", user=user, subject=subject, entry=entry)


def _of_note(entry: Entry, subject: Ref, heard: dict[UUID, str]) -> Iterable[News]:
    for user in mentioned(entry):
        yield News(kind="mention", user=user, subject=subject, entry=entry)
    for user, level in heard.items() if entry.deed == "create" else ():
        if level == "all":
            yield News(kind="note", user=user, subject=subject, entry=entry)


def _waits_for_owner(tx: Tx, entry: Entry) -> bool:
    """Whether a record was made that nobody owns yet, and that somebody has to assign."""
    made = tx.catalog.entity(entry.entity).definition
    return entry.deed == "create" and made.access == "owned" and made.timeline and "owner" not in entry.changes


def _subject(tx: Tx, entry: Entry) -> Ref | None:
    if entry.entity != NOTE:
        return Ref(entry.entity, entry.record)
    about = regarded(entry) if entry.deed == "create" else _regarding_of(tx, entry)
    return about if about and about.entity in tx.catalog.entities else None


def _regarding_of(tx: Tx, entry: Entry) -> Ref | None:
    """What a changed note regards: only asked when it mentions someone, since nothing else of it is news."""
    if not mentioned(entry):
        return None
    found: Ref | None = find(tx, NOTE, entry.record)["regarding"] if exists(tx, NOTE, entry.record) else None
    return found


def _listeners(tx: Tx, records: Sequence[Ref]) -> dict[Ref, dict[UUID, str]]:
    """By record, who follows it and how closely; the owner unless he muted it."""
    found: dict[Ref, dict[UUID, str]] = {ref: {owner: "all"} for ref, owner in owners_of(tx, records).items()}
    for each in subscriptions(tx, records):
        if each.record:
            found.setdefault(Ref(each.entity, each.record), {})[each.user] = each.level
    return found


def new_owner(entry: Entry) -> UUID | None:
    """The person whom the entry made the owner."""
    pair = entry.changes.get("owner")
    return parse_id(pair[1]) if pair else None


def mentioned(entry: Entry) -> list[UUID]:
    """The people whom the entry newly mentions."""
    before, after = entry.changes.get("mentions") or ((), ())
    found = (parse_id(each) for each in after or () if each not in (before or ()))
    return [user for user in found if user]


def regarded(entry: Entry) -> Ref | None:
    """The record that a new note regards."""
    pair = entry.changes.get("regarding")
    value = pair[1] if pair else None
    if not isinstance(value, dict):
        return None
    identity = parse_id(value.get("id"))
    return Ref(str(value.get("entity")), identity) if identity else None


def state_change(entity: Entity, tx: Tx, entry: Entry) -> tuple[str, Any] | None:
    """The field that tells how far a record is, with its new value, when the entry changed it."""
    if entry.deed != "update":
        return None
    screens = tx.catalog.screens.get(entity.name)
    shown = screens.path if screens else None
    for name, pair in entry.changes.items():
        field = entity.fields.get(name)
        if field and (name == shown or any(choice.group for choice in field.definition.choices)):
            return name, pair[1]
    return None
