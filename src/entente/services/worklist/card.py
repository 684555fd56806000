"""One task as its reader sees it: in whose hands it is, what happened to it, what he may do with it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.principal import system
from entente.kernel.records.actions import offered
from entente.kernel.records.query import find, titles
from entente.services.worklist.declared import HolderKind, Outcome
from entente.services.worklist.flags import Flag, flag_at
from entente.services.worklist.holding import Item, Way, Work, read_work
from entente.services.worklist.listing import TASK, Entry
from entente.services.worklist.seats import ABOVE

HOLDERS: tuple[HolderKind, ...] = ("user", "team", "role")


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """In whose hands a task is, or was; `way` is how the reader comes to it."""

    id: UUID
    kind: HolderKind
    holder: UUID
    name: str
    state: str
    origin: str
    way: Way | None
    opened_by: str
    opened_at: datetime | None
    wake_at: datetime | None
    question: str
    outcome: str
    comment: str
    acted_by: str
    acted_for: str
    ended_at: datetime | None


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what happened to a task."""

    at: datetime
    verb: str
    actor: str
    acted_for: str
    channel: str
    detail: dict[str, Any]


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A task in the worklist; `verbs` are the actions that its reader may do now, `outcomes` those that he may give."""

    task: UUID
    state: str
    subject: str
    process: str
    element: str
    instance: UUID | None
    plan: str
    slots: int
    done: int
    rule: str
    outcome: str
    form: str
    flag: Flag
    due_at: datetime | None
    ended_at: datetime | None
    ended_by: str
    lock_version: int
    outcomes: tuple[Outcome, ...]
    verbs: tuple[str, ...]
    hands: list[Hand]
    history: list[Happening]


def card_of(tx: Tx, task: UUID) -> Card:
    """A task as the principal sees it; NotFound when he may not read its record or the worklist has none."""
    record = find(tx, TASK, task)
    work = read_work(tx, task, lock=False)
    events = engine_rows(tx, "SELECT * FROM {schema}.task_event WHERE task = %(task)s ORDER BY id", task=task)
    people = {each for item in work.items for each in (item.holder, item.opened_by, item.acted_by, item.acted_for)}
    people |= {each for row in events for each in (row["actor"], row["acted_for"])} | {work.ended_by}
    names = holder_names(tx, (each for each in people if each))
    entity = tx.catalog.entity(TASK)
    now = _possible(tx, work)
    verbs = tuple(
        made.name
        for made in tx.catalog.actions_of(TASK)
        if now.get(made.name, True) and offered(tx, entity, made, record)
    )
    plain = {name: getattr(work, name) for name in Card.__struct_fields__ if hasattr(work, name)}
    return Card(
        **{name: value for name, value in plain.items() if name not in ("outcomes", "ended_by", "subject")},
        task=work.id,
        subject=work.called(tx.language),
        done=sum(each.state == "done" for each in work.answering),
        flag=flag_at(tx.clock.now(), work.yellow_at, work.red_at),
        ended_by=names.get(work.ended_by, "") if work.ended_by else "",
        outcomes=_allowed(work),
        verbs=verbs,
        hands=[_hand(each, names) for each in work.items],
        history=[_happening(row, names) for row in events],
    )


def _possible(tx: Tx, work: Work) -> dict[str, bool]:
    """Which verbs make sense as the task stands; of others the record alone decides."""
    me = tx.principal.user_id
    asked = [each for each in work.live if each.origin == "ask"]
    opened = [each for each in work.live if each.state == "open" and (each.opened_by == me or each.way in ABOVE)]
    mine = [each for each in work.live if each.way and each.origin != "ask"]
    acts = bool(mine) or not work.process  # what was made by hand is done by whoever may change it
    return {
        "open": not opened and any(each.state == "available" for each in mine),
        "release": bool(opened),
        "complete": acts and not asked,
        "redirect": acts,
        "share": acts,
        "ask": bool(mine) and not asked,
        "answer": any(each.way for each in asked),
        "withdraw_question": any(each.asked_by == me for each in asked),
        "wake": any(each.state == "asleep" for each in mine),
        "sleep": any(each.state != "asleep" and each.kind == "user" for each in mine),
    }


def _allowed(work: Work) -> tuple[Outcome, ...]:
    mine = [each for each in work.live if each.way and each.origin != "ask"]
    limited = [set(each.outcomes) for each in mine if each.outcomes is not None]
    if not mine or len(limited) < len(mine):
        return tuple(work.outcomes)
    return tuple(each for each in work.outcomes if any(each.key in some for some in limited))


def _hand(item: Item, names: dict[UUID, str]) -> Hand:
    plain = {name: getattr(item, name) for name in Hand.__struct_fields__ if hasattr(item, name)}
    named = {name: names.get(plain[name], "") if plain[name] else "" for name in ("opened_by", "acted_by", "acted_for")}
    return Hand(**{**plain, **named}, name=names.get(item.holder, ""))


def _happening(row: dict[str, Any], names: dict[UUID, str]) -> Happening:
    said = {name: names.get(row[name], "") if row[name] else "" for name in ("actor", "acted_for")}
    return Happening(at=row["at"], verb=row["verb"], channel=row["channel"], detail=row["detail"], **said)


def holder_names(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, str]:
    """What people, teams and roles are called, by id."""
    wanted = list(dict.fromkeys(ids))
    everything = tx.acting_as(system("worklist"))
    return {each: name for kind in HOLDERS for each, name in titles(everything, kind, wanted).items()}


def names_in(tx: Tx, entries: Iterable[Entry]) -> dict[UUID, str]:
    """What the people, teams and roles of a page of items are called, and the records as far as they may be read."""
    listed = list(entries)
    people = {p for each in listed for p in (each.holder, each.opened_by, each.asked_by, each.original) if p}
    names = holder_names(tx, people)
    by_entity: dict[str, list[UUID]] = {}
    for each in listed:
        if each.entity in tx.catalog.entities and each.record is not None:
            by_entity.setdefault(each.entity or "", []).append(each.record)
    for entity, ids in by_entity.items():
        names |= titles(tx, entity, ids)
    return names
