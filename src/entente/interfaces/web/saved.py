"""Saved views: those shipped with an entity, those of the team and of everyone, one's own."""

from typing import Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import ListDef, Sort
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record

ENTITY = "saved_view"


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A view: what it is called, which records, which columns, in which order."""

    key: str
    label: str
    columns: tuple[str, ...]
    filter: str = ""
    sort: tuple[Sort, ...] = ()
    kind: Literal["list", "board"] = "list"
    group_by: str | None = None
    card: tuple[str, ...] = ()
    origin: Literal["", "personal", "team", "system"] = "system"
    is_mine: bool = False
    id: UUID | None = None


def saved_views(tx: Tx, entity: Entity) -> list[Saved]:
    """The views that the asker may use, shipped ones first."""
    screens = tx.catalog.screens.get(entity.name)
    shipped = [_shipped(tx, made) for made in screens.lists] if screens else []
    own = [_own(tx, record) for record in _stored(tx, entity)] if ENTITY in tx.catalog.entities else []
    return [*shipped, *own] or [_bare(tx, entity)]


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
    )


def _stored(tx: Tx, entity: Entity) -> list[Record]:
    return page(
        tx, Ask(entity=ENTITY, filter=f'entity = "{entity.name}"', sort=(Sort("created_at"),), limit=40)
    ).records


def _own(tx: Tx, record: Record) -> Saved:
    mine = record["owner"] == tx.principal.user_id
    return Saved(
        key=str(record.id),
        label=record["name"],
        columns=tuple(record["columns"] or ()),
        filter=record["filter"] or "",
        sort=tuple(msgspec.convert(each, Sort) for each in record["sort"] or ()),
        kind=record["kind"] or "list",
        group_by=record["group_by"],
        origin="personal" if record["visibility"] == "me" else "team",
        is_mine=mine,
        id=record.id,
    )


def _bare(tx: Tx, entity: Entity) -> Saved:
    """The view of an entity that declares none: its first fields."""
    fields = [name for name, field in entity.fields.items() if field.type.sortable][:6]
    return Saved(key="all", label=tx.say("list.all"), columns=tuple(fields))
