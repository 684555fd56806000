"""Reading records: one by id, a page of many, their number, their sums; always through the access predicate."""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from entente.kernel.access.fields import may_use
from entente.kernel.access.predicate import guarded, lent_by, visible
from entente.kernel.access.prepared import prepared
from entente.kernel.db.lifted_ids import lift_ids, put_ids
from entente.kernel.db.statement import marked, touched
from entente.kernel.db.tx import Row, Statement, Tx, row, rows
from entente.kernel.expressions.unparse import unparse
from entente.kernel.kit.normal import fold
from entente.kernel.kit.principal import Privilege
from entente.kernel.kit.refusal import NotFound, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import Sort
from entente.kernel.metadata.tables import SEARCH, Field, searched
from entente.kernel.records.columns import condition
from entente.kernel.records.paging import cursor_of, order_by, past
from entente.kernel.records.reading import columns_of, link_columns, linked, record_of, stored
from entente.kernel.records.record import Record
from entente.kernel.records.stroke import LOCKED, prove, remember

COUNT_CAP = 10_000
PAGE = 50
ALLOWED = "acl_allowed"
Names = tuple[str, ...]
# An expression with one of these words means something else for another person or at another time.
MOMENTARY = re.compile(r"\b(user|today|now)\b")


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Which records, which of their fields, in which order.

    `filter` is an expression, `search` words that the record must contain, `after` the cursor of the page before.
    """

    entity: str
    fields: tuple[str, ...] = ()
    filter: Any = ""
    sort: tuple[Sort, ...] = ()
    search: str = ""
    limit: int = PAGE
    after: str | None = None
    skip: int = 0
    privilege: Privilege = "read"
    deleted: bool = False
    ids: tuple[UUID, ...] | None = None


class Page(msgspec.Struct, frozen=True):
    """Records of one page and the cursor of the next one, if there is one."""

    records: list[Record]
    next: str | None


class Count(msgspec.Struct, frozen=True):
    """How many records; `capped` when counting stopped at the number."""

    number: int
    capped: bool


class Sums(msgspec.Struct, frozen=True):
    """One group of an aggregate: its key, how many, the sum and the weighted sum in the base currency."""

    key: Any
    count: int
    value: Any = None
    weighted: Any = None


def find(
    tx: Tx, entity: str, identity: UUID, *, fields: Names = (), privilege: Privilege = "read", links: bool = True
) -> Record:
    """The record with its readable fields or those asked for, links if wanted; NotFound when there is none for him."""
    made = tx.catalog.entity(entity)
    asked = _asked_fields(made, fields)
    columns = stored(asked)

    def build() -> sa.Select[Any]:
        wanted = made.table.c.id == sa.bindparam("identity", type_=made.table.c.id.type)
        return guarded(tx, sa.select(*columns_of(made, columns)).where(wanted), made, privilege)

    found = row(tx, prepared(tx, ("find", entity, fields, privilege), build), identity=identity)
    if found is None:
        raise NotFound("record.not_found", entity=made.label.to(tx.language))
    record = record_of(tx, made, found, columns)
    if privilege == "read":
        prove(tx, entity, identity)
    return with_links(tx, made, [record])[0] if links and len(columns) < len(asked) else record


def find_with(tx: Tx, entity: str, identity: UUID, privilege: Privilege, *, lock: bool = False) -> tuple[Record, bool]:
    """The record as `find` gives it, for this transaction alone if wanted, and whether one has another privilege."""
    made = tx.catalog.entity(entity)
    fields = made.facets.stored

    def build() -> sa.Select[Any]:
        columns = (*columns_of(made, fields), *link_columns(made), visible(tx, made, privilege).label(ALLOWED))
        wanted = made.table.c.id == sa.bindparam("identity", type_=made.table.c.id.type)
        found = guarded(tx, sa.select(*columns).where(wanted), made)
        return found.with_for_update(of=made.table, key_share=True) if lock else found

    found = row(tx, prepared(tx, ("find with", entity, privilege, lock), build), identity=identity)
    if found is None:
        raise NotFound("record.not_found", entity=made.label.to(tx.language))
    prove(tx, entity, identity)
    if lock:
        remember(tx, entity, (LOCKED, identity), found)
    return with_links(tx, made, [record_of(tx, made, found, fields)], found)[0], found[ALLOWED]


def exists(tx: Tx, entity: str, identity: UUID, privilege: Privilege = "read") -> bool:
    """Whether the principal has the privilege on a live record."""
    made = tx.catalog.entity(entity)

    def build() -> sa.Select[Any]:
        wanted = made.table.c.id == sa.bindparam("identity", type_=made.table.c.id.type)
        return guarded(tx, sa.select(made.table.c.id).where(wanted), made, privilege)

    return row(tx, prepared(tx, ("exists", entity, privilege), build), identity=identity) is not None


def with_links(tx: Tx, entity: Entity, records: Sequence[Record], row: Row | None = None) -> list[Record]:
    """The records with their fields of many links read as well; `row` has the `link_columns` of a single one."""
    virtual = [field for field in entity.fields.values() if field.type.virtual and may_use(tx, entity.name, field.name)]
    if not virtual or not records:
        return list(records)
    ids = [record.id for record in records]
    found: dict[str, Mapping[UUID, Sequence[UUID]]] = {
        each.name: {ids[0]: row[each.name]} if row and each.name in entity.pairs else linked(tx, entity, each, ids)
        for each in virtual
    }
    more = [{name: tuple(by_id.get(each.id, ())) for name, by_id in found.items()} for each in records]
    both = zip(records, more, strict=True)
    return [Record(each.entity, each.id, each.version, {**each, **links}) for each, links in both]


def page(tx: Tx, ask: Ask) -> Page:
    """A page of records with the asked fields; Refused when the filter or the order reads what may not be read."""
    entity = tx.catalog.entity(ask.entity)
    fields = _asked_fields(entity, ask.fields)
    order = order_by(tx, entity, ask.sort)
    needed = stored({field.name: field for field in (*fields, *(each.field for each in order if each.field))}.values())

    def build(ask: Ask) -> sa.Select[Any]:
        columns = (*columns_of(entity, needed), *(each.shown for each in order))
        statement = _limited(tx, sa.select(*columns).where(*_conditions(tx, entity, ask)), entity, ask)
        if ask.after:
            statement = statement.where(past(order, ask.after))
        return statement.order_by(*(each.ordering for each in order)).limit(ask.limit + 1).offset(ask.skip or None)

    found = rows(tx, _statement(tx, ("page", ask.fields), ask, build), **_binds(ask))
    records = [record_of(tx, entity, each, needed) for each in found[: ask.limit]]
    if any(field.type.virtual for field in fields):
        records = with_links(tx, entity, records)
    return Page(records, cursor_of(order, found[ask.limit - 1]) if len(found) > ask.limit else None)


def _statement(tx: Tx, kind: tuple[Any, ...], ask: Ask, build: Callable[[Ask], sa.Select[Any]]) -> Statement:
    """The statement of a kind of question: compiled once for all ids, unless it holds values of the moment."""
    text = ask.filter if isinstance(ask.filter, str) else unparse(ask.filter)
    if ask.after or MOMENTARY.search(text):
        return build(ask)
    shape, ids = lift_ids(text)
    if not ids:
        return prepared(tx, _key(tx, kind, ask, text), lambda: build(ask))
    asked = msgspec.structs.replace(ask, filter=shape)
    return put_ids(prepared(tx, _key(tx, kind, asked, shape), lambda: build(asked)), ids) or build(ask)


def _key(tx: Tx, kind: tuple[Any, ...], ask: Ask, text: str) -> Hashable:
    zone = tx.principal.timezone if text else ""
    bound = (len(_patterns(ask.search)), ask.ids is not None)
    return (kind, ask.entity, text, zone, bound, ask.sort, ask.limit, ask.skip, ask.privilege, ask.deleted)


def _binds(ask: Ask) -> dict[str, Any]:
    """The words and the ids that a statement compiled for another question is to look for."""
    binds: dict[str, Any] = {f"word_{at}": pattern for at, pattern in enumerate(_patterns(ask.search))}
    return binds if ask.ids is None else binds | {"wanted_ids": list(ask.ids)}


def _limited(tx: Tx, statement: sa.Select[Any], entity: Entity, ask: Ask) -> sa.Select[Any]:
    if statement.whereclause is not None:
        # What a filter reaches behind links was limited to readable rows by `condition`.
        statement = marked(statement, *touched(statement.whereclause))
    if not ask.deleted:
        return guarded(tx, statement, entity, ask.privilege)
    binned = statement.where(visible(tx, entity, "delete"), entity.table.c.deleted_at.is_not(None))
    return marked(binned, *lent_by(tx, entity))  # type: ignore[no-any-return]


@lru_cache(maxsize=1024)
def _asked_fields(entity: Entity, names: Names) -> tuple[Field, ...]:
    return tuple(entity.field(name) for name in names) if names else tuple(entity.fields.values())


def _conditions(tx: Tx, entity: Entity, ask: Ask) -> list[sa.ColumnElement[bool]]:
    made = []
    if ask.filter:
        made.append(condition(tx, entity, ask.filter))
    if ask.search.strip():
        made.append(contains(tx, entity, ask.search))
    if ask.ids is not None:
        kind = sa.ARRAY(entity.table.c.id.type)
        made.append(entity.table.c.id == sa.any_(sa.bindparam("wanted_ids", list(ask.ids), type_=kind)))
    return made


def contains(tx: Tx, entity: Entity, words: str) -> sa.ColumnElement[bool]:
    """The condition that a record contains every word, anywhere and in any order, without case and accents.

    A word that stands only in a field that the principal may not read is not found.
    """
    if SEARCH not in entity.table.columns:
        return sa.false()
    patterns = [sa.bindparam(f"word_{at}", pattern, type_=sa.Text()) for at, pattern in enumerate(_patterns(words))]
    places: list[sa.ColumnElement[Any]] = [entity.table.c[SEARCH]]
    fields = searched(entity.fields)
    readable = [field for field in fields if may_use(tx, entity.name, field.name)]
    if len(readable) < len(fields):
        shown = sa.func.concat_ws(" ", *(entity.table.c[field.column] for field in readable))
        places.append(sa.func.public.fold(shown, type_=sa.Text()))
    # A rare word that is among the planner's few samples passes for common; each of these leaves a third, it believes.
    sizes = (sa.func.length, sa.func.octet_length, sa.func.bit_length, sa.func.ascii)
    surely = [size(entity.table.c[SEARCH]) >= 0 for size in sizes]
    return sa.and_(*(place.like(pattern) for place in places for pattern in patterns), *surely)


def _patterns(words: str) -> list[str]:
    return [f"%{_escaped(part)}%" for part in fold(words).split()[:8]]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def count(tx: Tx, ask: Ask, cap: int = COUNT_CAP) -> Count:
    """How many records there are, counting no further than the cap."""
    entity = tx.catalog.entity(ask.entity)

    def build(ask: Ask) -> sa.Select[Any]:
        rows_of = sa.select(sa.literal(1)).select_from(entity.table).where(*_conditions(tx, entity, ask))
        inner = _limited(tx, rows_of, entity, ask)
        options = inner.get_execution_options()
        return sa.select(sa.func.count()).select_from(inner.limit(cap + 1).subquery()).execution_options(**options)

    found = row(tx, _statement(tx, ("count", cap), ask, build), **_binds(ask)) or {}
    number = next(iter(found.values()))
    return Count(min(number, cap), number > cap)


def aggregate(tx: Tx, ask: Ask, group_by: str | None = None) -> list[Sums]:
    """Count, sum and weighted sum (base currency) of the entity's value, by group or over everything."""
    entity = tx.catalog.entity(ask.entity)
    if group_by and not may_use(tx, entity.name, group_by):
        raise Refused("field.unknown", field=group_by)

    def build(ask: Ask) -> sa.Select[Any]:
        key = entity.table.c[entity.field(group_by).column] if group_by else sa.literal(None)
        columns = [key.label("key"), sa.func.count().label("count"), *_figures(tx, entity)]
        statement = sa.select(*columns).select_from(entity.table).where(*_conditions(tx, entity, ask))
        limited = _limited(tx, statement, entity, ask)
        return limited.group_by(key) if group_by else limited

    found = rows(tx, _statement(tx, ("aggregate", group_by), ask, build), **_binds(ask))
    return [msgspec.convert(each, Sums) for each in found]


def _figures(tx: Tx, entity: Entity) -> list[sa.ColumnElement[Any]]:
    """The sum of the entity's value and its weighted sum, as far as both may be read."""
    made = entity.definition
    if not made.value or not may_use(tx, entity.name, made.value):
        return []
    amount = entity.table.c[entity.field(made.value).column]
    if not made.weight or not may_use(tx, entity.name, made.weight):
        return [sa.func.sum(amount).label("value")]
    weight = entity.table.c[entity.field(made.weight).column]
    return [sa.func.sum(amount).label("value"), (sa.func.sum(amount * weight) / 100).label("weighted")]


def titles(tx: Tx, entity: str, ids: Sequence[UUID]) -> dict[UUID, str]:
    """What the records are called, for those that the principal may read."""
    made = tx.catalog.entity(entity)
    wanted = list(dict.fromkeys(ids))
    if not wanted or not may_use(tx, entity, made.definition.title):
        return {}
    column = made.table.c[made.field(made.definition.title).column]

    def build() -> sa.Select[Any]:
        these = made.table.c.id == sa.any_(sa.bindparam("wanted_ids", type_=sa.ARRAY(made.table.c.id.type)))
        statement = sa.select(made.table.c.id, column.label("title")).where(these, visible(tx, made))
        return marked(statement, *lent_by(tx, made))  # type: ignore[no-any-return]

    found: list[Row] = rows(tx, prepared(tx, ("titles", entity), build), wanted_ids=wanted)
    return {each["id"]: tx.words.called(tx.language, each["id"], str(each["title"] or "")) for each in found}
