"""The cards of a board: what each says, whether it stands still, whether it may move, what is to be done next."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from entente.interfaces.html.views.fields import Names
from entente.interfaces.html.views.lists import BoardCard
from entente.interfaces.web.fields import field_view, names_of, shown, title_of
from entente.interfaces.web.grouping import Group, Grouping, narrowed, stands_in
from entente.interfaces.web.screens import Wanted
from entente.interfaces.web.wording import in_words
from entente.kernel.access.fields import MASK, editable, may_use
from entente.kernel.db.tx import Tx
from entente.kernel.expressions.depends import reads
from entente.kernel.expressions.nodes import Call, In, ListOf, Logic, Name, String, path
from entente.kernel.expressions.parser import parse
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.formulas import holds
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record

PAGE = 20
MOST_ACTIVITIES = 300


class Column(msgspec.Struct, frozen=True):
    """The records of one column and the cursor of those that follow."""

    group: Group
    records: list[Record]
    next: str | None


class Deck(msgspec.Struct, frozen=True):
    """What the cards of one answer have in common."""

    names: Names
    cards: dict[UUID, BoardCard]


def card_fields(tx: Tx, entity: Entity, wanted: Wanted, grouping: Grouping) -> list[str]:
    """The fields on the cards: those of the view, else of the shipped board by the same field, else its columns."""
    screens = tx.catalog.screens.get(entity.name)
    shipped = [made for made in screens.lists if made.card and made.group_by == grouping.field.name] if screens else []
    names = wanted.saved.card or (shipped[0].card if shipped else wanted.columns)
    skipped = (entity.definition.title, grouping.field.name)
    return [name for name in names if name not in skipped and shown(tx, entity, name)]


def ask_of(entity: Entity, wanted: Wanted, grouping: Grouping, fields: Sequence[str], stale: str) -> Ask:
    """What is read of every column's records."""
    made = entity.definition
    read = {each[0] for each in reads(parse(stale))} if stale else set()
    names = dict.fromkeys((made.title, grouping.field.name, made.value or made.title, "owner", *fields, *sorted(read)))
    return Ask(
        entity=entity.name,
        fields=tuple(name for name in names if name in entity.fields),
        filter=wanted.filter,
        search=wanted.query,
        sort=wanted.sort,
        limit=PAGE,
    )


def column_of(tx: Tx, ask: Ask, grouping: Grouping, group: Group, after: str | None = None) -> Column:
    """The first cards of a column, or those after a cursor; columns known to be empty are not asked for."""
    if group.key not in grouping.sums:
        return Column(group, [], None)
    found = page(tx, msgspec.structs.replace(ask, filter=_inside(ask, grouping, group), after=after))
    return Column(group, found.records, found.next)


def _inside(ask: Ask, grouping: Grouping, group: Group) -> Any:
    return narrowed(ask.filter, stands_in(grouping.field, group))


def stale_of(tx: Tx, entity: Entity) -> str:
    """The condition that says a record stands still, as far as the asker may use its fields; empty: there is none."""
    screens = tx.catalog.screens.get(entity.name)
    text = (screens.stale if screens else None) or ""
    names = [each[0] for each in reads(parse(text))] if text else []
    return text if all(may_use(tx, entity.name, name) for name in names if name in entity.fields) else ""


def deck_of(
    tx: Tx, entity: Entity, wanted: Wanted, grouping: Grouping, columns: Sequence[Column], fields: Sequence[str]
) -> Deck:
    """The cards of all records by id."""
    records = [record for column in columns for record in column.records]
    names = names_of(tx, entity, records, [*fields, "owner"])
    movable = _movable(tx, entity, grouping, records)
    due = next_days(tx, entity, [record.id for record in records])
    stale = stale_of(tx, entity)
    cards = {
        record.id: _card(
            tx,
            entity,
            record,
            fields,
            names,
            locked=record.id not in movable,
            due=due.get(record.id),
            stale=bool(stale) and holds(tx, entity, stale, record),
        )
        for record in records
    }
    return Deck(names, {key: msgspec.structs.replace(card, url=wanted.record_url(key)) for key, card in cards.items()})


def _movable(tx: Tx, entity: Entity, grouping: Grouping, records: Sequence[Record]) -> set[UUID]:
    if not records or not editable(tx, entity, grouping.field):
        return set()
    ids = tuple(record.id for record in records)
    ask = Ask(entity=entity.name, fields=("version",), ids=ids, limit=len(ids), privilege="update")
    return {record.id for record in page(tx, ask).records}


def _card(
    tx: Tx,
    entity: Entity,
    record: Record,
    fields: Sequence[str],
    names: Names,
    *,
    locked: bool,
    due: date | None,
    stale: bool,
) -> BoardCard:
    made = entity.definition
    special = {made.value, "owner"}
    title = title_of(tx, entity, record)
    amount = record.get(made.value) if made.value and made.value in fields else None
    return BoardCard(
        id=str(record.id),
        title=title or tx.say("record.untitled"),
        url=f"/{made.path}/{record.id}",
        version=record.version,
        fields=tuple(
            field_view(tx, entity, entity.fields[name], record.get(name)) for name in fields if name not in special
        ),
        value=in_words(tx, entity.fields[made.value], amount, names) if made.value and amount != MASK else "",
        due=due,
        due_text="" if due else tx.say("board.no_activity") if _is_worked_on(tx, entity) else "",
        owner=names.title(record["owner"]) if "owner" in fields and record.get("owner") else "",
        stale=stale,
        locked=locked,
    )


def _is_worked_on(tx: Tx, entity: Entity) -> bool:
    return any(True for _ in _activities(tx, entity))


def _activities(tx: Tx, entity: Entity) -> list[tuple[Entity, str, str]]:
    """The activities with a day that may regard the entity's records: which, by which field, with which day."""
    found = []
    for each, field in tx.catalog.pointing_to(entity.name):
        is_open = "done_at" in each.fields and each.definition.activity and field.type.key == "polymorphic"
        day = each.definition.due
        if is_open and day and tx.principal.depth(each.name, "read") != "none":
            found.append((each, field.name, day))
    return found


def next_days(tx: Tx, entity: Entity, ids: Sequence[UUID]) -> dict[UUID, date]:
    """The day of the next open activity of each record, one statement per kind of activity."""
    found: dict[UUID, date] = {}
    for activity, link, day in _activities(tx, entity) if ids else ():
        regards = In(path(link), (ListOf(tuple(String(str(each)) for each in ids)),))
        is_open = Call(Name("is empty"), (path("done_at"),))
        dated = Call(Name("not"), (Call(Name("is empty"), (path(day),)),))
        ask = Ask(
            entity=activity.name,
            fields=(link, day),
            filter=Logic("and", (regards, is_open, dated)),
            sort=(Sort(day),),
            limit=MOST_ACTIVITIES,
        )
        _take_earliest(found, page(tx, ask).records, link, day)
    return found


def _take_earliest(found: dict[UUID, date], records: Sequence[Mapping[str, Any]], link: str, day: str) -> None:
    for record in records:
        when = record[day].date() if isinstance(record[day], datetime) else record[day]
        identity = record[link].id
        found[identity] = min(when, found.get(identity, when))
