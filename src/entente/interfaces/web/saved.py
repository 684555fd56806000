"""Saved views: those shipped with an entity, those of the team and of everyone, one's own."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec

from entente.interfaces.web.appearance import preferences_of, set_preferences
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import NotFound
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import ListDef, Sort
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save

ENTITY = "saved_view"
ORDERS = "view_orders"


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A view: what it is called, which records, which columns, in which order.

    `filter` is an expression, `conditions` the JSON of the filter builder; both hold.
    """

    key: str
    label: str
    columns: tuple[str, ...]
    filter: str = ""
    conditions: str = "[]"
    sort: tuple[Sort, ...] = ()
    kind: Literal["list", "board"] = "list"
    group_by: str | None = None
    card: tuple[str, ...] = ()
    origin: Literal["", "personal", "team", "system"] = "system"
    visibility: str = "everyone"
    is_mine: bool = False
    is_first: bool = False
    waiting: bool = False
    id: UUID | None = None


class Shape(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a stored view keeps besides its name: the value of its field `definition`."""

    columns: tuple[str, ...] = ()
    conditions: list[dict[str, Any]] = []
    sort: tuple[Sort, ...] = ()
    group_by: str | None = None
    card: tuple[str, ...] = ()
    is_first: bool = False


def saved_views(tx: Tx, entity: Entity) -> list[Saved]:
    """The views that the asker may use: shipped ones, then those saved; the one that he wants first is the first."""
    screens = tx.catalog.screens.get(entity.name)
    shipped = [_shipped(tx, made) for made in screens.lists] if screens else []
    own = [_own(tx, record) for record in _stored(tx, entity)] if ENTITY in tx.catalog.entities else []
    found = [*shipped, *own] or [_bare(tx, entity)]
    order = {key: at for at, key in enumerate(_orders(tx).get(entity.name, ()))}
    last = len(order)
    return sorted(found, key=lambda view: (not (view.is_first and view.is_mine), order.get(view.key, last)))


def _orders(tx: Tx) -> Mapping[str, Sequence[str]]:
    """By entity, the keys of the principal's views in the order that he gave them."""
    try:
        return msgspec.convert(preferences_of(tx).get(ORDERS) or {}, dict[str, list[str]])
    except msgspec.ValidationError:
        return {}


def order_views(tx: Tx, entity: Entity, keys: Sequence[str]) -> None:
    """Keep in which order the principal wants the views of an entity; without keys, as they come."""
    known = {view.key: view for view in saved_views(tx, entity)}
    order = [key for key in dict.fromkeys(keys) if key in known]
    orders = {name: each for name, each in _orders(tx).items() if name != entity.name}
    set_preferences(tx, {ORDERS: {**orders, **({entity.name: order} if order else {})}})
    first = known[order[0]].id if order else None
    _no_other_first(tx, entity, first)


def _shipped(tx: Tx, made: ListDef) -> Saved:
    return Saved(
        key=made.key,
        label=made.label.to(tx.language),
        columns=made.columns,
        filter=made.filter,
        sort=made.sort,
        kind=made.kind,
        group_by=made.group_by,
        card=made.card,
        waiting=made.waiting,
    )


def _stored(tx: Tx, entity: Entity) -> list[Record]:
    """Of the stored views that the asker may read, those meant for him: whoever reads all is not offered all."""
    ways = ['visibility = "everyone"', f'owner = "{tx.principal.user_id}"']
    ways += [f'(visibility = "team" and team = "{team}")' for team in tx.principal.team_ids]
    wanted = f'entity = "{entity.name}" and ({" or ".join(ways)})'
    order = (Sort("position"), Sort("created_at"))
    return page(tx, Ask(entity=ENTITY, filter=wanted, sort=order, limit=60)).records


def _own(tx: Tx, record: Record) -> Saved:
    shape = msgspec.convert(record["definition"] or {}, Shape, strict=False)
    return Saved(
        key=str(record.id),
        label=tx.words.called(tx.language, record.id, record["name"]),
        columns=shape.columns,
        filter=record["filter"] or "",
        conditions=msgspec.json.encode(shape.conditions).decode(),
        sort=shape.sort,
        kind=record["kind"] or "list",
        group_by=shape.group_by,
        card=shape.card,
        origin="personal" if record["visibility"] == "private" else "team",
        visibility=record["visibility"],
        is_mine=record["owner"] == tx.principal.user_id,
        is_first=shape.is_first,
        id=record.id,
    )


def stored_view(tx: Tx, entity: Entity, identity: UUID) -> Saved:
    """A stored view that the asker may use; NotFound when there is none."""
    found = next((view for view in saved_views(tx, entity) if view.id == identity), None)
    if found is None:
        raise NotFound("view.unknown")
    return found


def keep_view(tx: Tx, entity: Entity, view: Saved, identity: UUID | None = None) -> Record:
    """The view as stored, new or in place of an old one; Forbidden when it would be shared further than allowed."""
    if view.is_first:
        _no_other_first(tx, entity, identity)
    conditions = msgspec.json.decode(view.conditions or "[]")
    shape = Shape(
        columns=view.columns,
        conditions=conditions,
        sort=view.sort,
        group_by=view.group_by,
        card=view.card,
        is_first=view.is_first,
    )
    values: Mapping[str, Any] = {
        "name": view.label,
        "entity": entity.name,
        "visibility": view.visibility,
        "kind": view.kind,
        "filter": view.filter,
        "definition": msgspec.to_builtins(shape),
    }
    return save(tx, ENTITY, values, id=identity)


def _no_other_first(tx: Tx, entity: Entity, identity: UUID | None) -> None:
    for view in saved_views(tx, entity):
        if view.is_first and view.is_mine and view.id and view.id != identity:
            keep_view(tx, entity, msgspec.structs.replace(view, is_first=False), view.id)


def _bare(tx: Tx, entity: Entity) -> Saved:
    """The view of an entity that declares none: its first fields."""
    fields = [name for name, field in entity.fields.items() if field.type.sortable][:6]
    return Saved(key="all", label=tx.say("list.all"), columns=tuple(fields))
