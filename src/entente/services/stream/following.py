"""Who follows a record and how closely: its owner, and those who asked, created, wrote or were mentioned."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from entente.kernel.access.prepared import prepared
from entente.kernel.db.statement import marked
from entente.kernel.db.tx import Tx, engine_rows, row, rows, run
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import NotFound
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import exists
from entente.kernel.records.save import save

Level = Literal["all", "mentions", "mute"]
Reason = Literal["asked", "owner", "creator", "mention", "poster"]
MOST_LISTED = 100


class Follower(msgspec.Struct, frozen=True):
    """A person who follows a record."""

    user: UUID
    name: str
    level: Level
    reason: Reason


class Subscription(msgspec.Struct, frozen=True):
    """A person who follows a record, or (without record) every new record of an entity."""

    user: UUID
    entity: str
    record: UUID | None
    level: Level
    reason: Reason


def follow(tx: Tx, entity: str, identity: UUID, level: Level = "all") -> None:
    """The principal follows the record from now on, as closely as he says; NotFound when he may not read it."""
    if not exists(tx, entity, identity):
        raise NotFound("record.not_found", entity=tx.catalog.entity(entity).label.to(tx.language))
    _set(tx, entity, identity, level)


def unfollow(tx: Tx, entity: str, identity: UUID) -> None:
    """The principal is no longer told of the record, even if he owns it; a mention still reaches him."""
    _set(tx, entity, identity, "mute")


def follow_entities(tx: Tx, entities: Iterable[str]) -> None:
    """The principal is told of every new record of these entities that he may read, and of no others."""
    wanted = set(entities)
    for name in wanted:
        tx.catalog.entity(name)
    for name in sorted(wanted | set(followed_entities(tx))):
        _set(tx, name, None, "all" if name in wanted else "mute")


def followed_entities(tx: Tx) -> list[str]:
    """The entities of whose new records the principal is told."""
    table = tx.catalog.entity("follow").table
    mine = sa.and_(table.c.owner == tx.principal.user_id, table.c.record_id.is_(None), table.c.level != "mute")
    statement = sa.select(table.c.entity).where(mine, table.c.deleted_at.is_(None)).order_by(table.c.entity)
    return [each["entity"] for each in rows(tx, marked(statement, "follow"))]


def followed_records(tx: Tx, limit: int = MOST_LISTED) -> list[Ref]:
    """The records that the principal asked to follow or came to follow, the latest first."""
    table = tx.catalog.entity("follow").table
    mine = sa.and_(table.c.owner == tx.principal.user_id, table.c.record_id.is_not(None), table.c.level != "mute")
    statement = sa.select(table.c.entity, table.c.record_id).where(mine, table.c.deleted_at.is_(None))
    found = rows(tx, marked(statement.order_by(table.c.modified_at.desc()).limit(limit), "follow"))
    return [Ref(each["entity"], UUID(each["record_id"])) for each in found]


def my_level(tx: Tx, entity: str, identity: UUID) -> Level | None:
    """How closely the principal follows the record; nothing when he does not."""
    mine = next(
        (each for each in followers_of(tx, entity, identity, muted=True) if each.user == tx.principal.user_id), None
    )
    return mine.level if mine else None


def _record_of(table: sa.Table) -> sa.ColumnElement[Any]:
    """The record that a subscription is about, as the index of what is unique holds it; an id is in small letters."""
    return sa.func.lower(table.c.record_id, type_=sa.Text())


def followers_of(tx: Tx, entity: str, identity: UUID, *, muted: bool = False) -> list[Follower]:
    """Who follows a record, its owner among them, by name; NotFound when it may not be read."""
    if not exists(tx, entity, identity):
        raise NotFound("record.not_found", entity=tx.catalog.entity(entity).label.to(tx.language))
    statement = prepared(tx, ("followers", entity), partial(_followers, tx, entity))
    # Whoever follows a record that he owns follows it as closely as he said: subscriptions come first.
    found: dict[UUID, Follower] = {}
    for each in rows(tx, statement, followed=str(identity), owned=identity):
        made = Follower(each["user"], each["name"] or "", each["level"] or "all", each["reason"])
        found.setdefault(made.user, made)
    return sorted(
        (each for each in found.values() if muted or each.level != "mute"), key=lambda each: each.name.casefold()
    )


def _followers(tx: Tx, entity: str) -> sa.sql.ClauseElement:
    """Subscriptions to a record, then its owner, with the names of those who are active."""
    table, made = tx.catalog.entity("follow").table, tx.catalog.entity(entity).table
    this = sa.and_(table.c.entity == entity, _record_of(table) == sa.bindparam("followed", type_=sa.Text()))
    parts = [_people(tx, table, table.c.level, table.c.reason, 0).where(this, table.c.deleted_at.is_(None))]
    if "owner" in made.c:
        owned = made.c.id == sa.bindparam("owned", type_=made.c.id.type)
        parts.append(_people(tx, made, sa.literal("all"), sa.literal("owner"), 1).where(owned))
    together: sa.sql.ClauseElement = marked(sa.union_all(*parts).order_by("place"), "follow", "user", entity)
    return together


def _people(
    tx: Tx, table: sa.Table, level: sa.ColumnElement[Any], reason: sa.ColumnElement[Any], place: int
) -> sa.Select[Any]:
    user = tx.catalog.entity("user").table.alias("person")
    columns = (user.c.id.label("user"), user.c.name, level.label("level"), reason.label("reason"))
    statement = sa.select(*columns, sa.literal(place).label("place"))
    known = sa.and_(user.c.id == table.c.owner, user.c.active, user.c.deleted_at.is_(None))
    return statement.select_from(table.join(user, known))


def subscriptions(tx: Tx, records: Sequence[Ref]) -> list[Subscription]:
    """All subscriptions to the records, muted ones included."""
    if not records:
        return []
    table = tx.catalog.entity("follow").table

    def build() -> sa.sql.ClauseElement:
        these = _record_of(table) == sa.any_(sa.bindparam("records", type_=sa.ARRAY(sa.Text())))
        return marked(sa.select(table).where(these, table.c.deleted_at.is_(None)), "follow")  # type: ignore[no-any-return]

    found = rows(tx, prepared(tx, "subscriptions", build), records=[str(each.id) for each in records])
    known = set(records)
    made = [
        Subscription(each["owner"], each["entity"], UUID(each["record_id"]), each["level"] or "all", each["reason"])
        for each in found
        if each["owner"] is not None
    ]
    return [each for each in made if each.record and Ref(each.entity, each.record) in known]


def entity_subscriptions(tx: Tx, entities: Iterable[str]) -> list[Subscription]:
    """Who is told of every new record of the entities."""
    table = tx.catalog.entity("follow").table

    def build() -> sa.sql.ClauseElement:
        wanted = table.c.entity == sa.any_(sa.bindparam("entities", type_=sa.ARRAY(sa.Text())))
        heard = (table.c.level != "mute", table.c.deleted_at.is_(None))
        return marked(sa.select(table).where(_record_of(table).is_(None), wanted, *heard), "follow")  # type: ignore[no-any-return]

    return [
        Subscription(each["owner"], each["entity"], None, "all", each["reason"])
        for each in rows(tx, prepared(tx, "entity subscriptions", build), entities=list(entities))
        if each["owner"] is not None
    ]


def owners_of(tx: Tx, records: Sequence[Ref]) -> dict[Ref, UUID]:
    """Who owns the records, for those entities that have owners."""
    entities = sorted({each.entity for each in records})
    names = tuple(name for name in entities if "owner" in tx.catalog.entity(name).table.c)
    if not names:
        return {}
    wanted = {f"wanted_{name}": [each.id for each in records if each.entity == name] for name in names}
    found = rows(tx, prepared(tx, ("owners", names), partial(_owners, tx, names)), **wanted)
    return {Ref(each["entity"], each["id"]): each["owner"] for each in found}


def _owners(tx: Tx, names: Sequence[str]) -> sa.sql.ClauseElement:
    parts = []
    for name in names:
        table = tx.catalog.entity(name).table
        wanted = table.c.id == sa.any_(sa.bindparam(f"wanted_{name}", type_=sa.ARRAY(table.c.id.type)))
        part = sa.select(sa.literal(name).label("entity"), table.c.id, table.c.owner)
        parts.append(part.where(wanted, table.c.owner.is_not(None)))
    return marked(sa.union_all(*parts), *names)  # type: ignore[no-any-return]


def follow_by_itself(tx: Tx, made: Iterable[Subscription]) -> None:
    """Add subscriptions that follow from what people do; whoever has one to the record already keeps it as it is."""
    table = tx.catalog.entity("follow").table
    now = tx.clock.now()
    binds = [
        {
            "id": new_id(),
            "owner": each.user,
            "entity": each.entity,
            "record_id": str(each.record),
            "level": each.level,
            "reason": each.reason,
            "created_at": now,
            "modified_at": now,
            "version": 1,
        }
        for each in made
    ]
    if binds:
        columns = {name: [each[name] for each in binds] for name in binds[0]}
        run(tx, prepared(tx, ("follow by itself",), partial(_insert_columns, table, tuple(columns))), **columns)


def _insert_columns(table: sa.Table, names: Sequence[str]) -> sa.sql.ClauseElement:
    """One statement whatever the number of rows: it is planned once."""
    given = (sa.bindparam(name, type_=sa.ARRAY(table.c[name].type)) for name in names)
    rows_given = sa.select(*(sa.func.unnest(each).label(each.key) for each in given))
    return marked(insert(table).from_select(names, rows_given).on_conflict_do_nothing(), "follow")  # type: ignore[no-any-return]


def _set(tx: Tx, entity: str, identity: UUID | None, level: Level) -> None:
    person = tx.principal.user_id
    if person is None:
        return
    table = tx.catalog.entity("follow").table
    same = _record_of(table) == str(identity) if identity else _record_of(table).is_(None)
    statement = sa.select(table.c.id).where(
        table.c.owner == person, table.c.entity == entity, same, table.c.deleted_at.is_(None)
    )
    known = row(tx, marked(statement, "follow"))
    values = {"owner": person, "entity": entity, "record_id": str(identity) if identity else None, "level": level}
    if known is None:
        save(tx, "follow", {**values, "reason": "asked"}, trusted=True)
    else:
        save(tx, "follow", {"level": level}, id=known["id"], trusted=True)


def assigners(tx: Tx) -> list[UUID]:
    """The active users whose roles let them assign records: they are told of those that nobody owns."""
    found = engine_rows(
        tx,
        'SELECT DISTINCT u.id FROM {schema}."user" u JOIN {schema}.user__roles r ON r.record = u.id '
        "JOIN {schema}.role ON role.id = r.target AND role.deleted_at IS NULL "
        "WHERE u.active AND u.deleted_at IS NULL AND role.may @> '[\"assign\"]'",
    )
    return [each["id"] for each in found]
