"""The record before and the record after, in the list or the column of a board that one came from."""

from collections.abc import Mapping
from typing import Any

from entente.interfaces.html.views.frame import Crumb
from entente.interfaces.web.fields import shown
from entente.interfaces.web.grouping import NONE, Group, narrowed, stands_in
from entente.interfaces.web.screens import Kind, Wanted, wanted_view
from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import Sort
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record

NEAR = 500  # how far from the top of the page one came from a record still knows its neighbours


def place_of(tx: Tx, entity: Entity, record: Record, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The way back to the list or board, and the addresses of the neighbours there; else of those by creation."""
    kind: Kind = "board" if asked.get("kind") == "board" else "list"
    wanted = wanted_view(tx, entity, asked, kind=kind) if asked.get("view") else None
    base, label = f"/{entity.definition.path}", entity.plural.to(tx.language)
    back = wanted.url(after=wanted.after, at=str(wanted.at or "")) if wanted else base
    found = (_in_list(tx, entity, record, wanted) if wanted else None) or _by_creation(tx, entity, record)
    return {"crumbs": (Crumb(label=label, url=back),), **found}


def _in_list(tx: Tx, entity: Entity, record: Record, wanted: Wanted) -> dict[str, Any] | None:
    ask = Ask(
        entity=entity.name,
        fields=("version",),
        filter=_around(tx, entity, record, wanted),
        sort=wanted.sort,
        search=wanted.query,
        limit=NEAR,
        after=wanted.after,
        ids=wanted.ids,
    )
    ids = [each.id for each in page(tx, ask).records]
    if record.id not in ids:
        return None
    at = ids.index(record.id)
    return {
        "previous_url": wanted.record_url(ids[at - 1]) if at else "",
        "next_url": wanted.record_url(ids[at + 1]) if at + 1 < len(ids) else "",
    }


def _around(tx: Tx, entity: Entity, record: Record, wanted: Wanted) -> Any:
    """The filter of the list; on a board, of the column in which the record stands."""
    field = shown(tx, entity, wanted.group_by or "") if wanted.kind == "board" else None
    if field is None or field.name not in entity.definition.board or not may_use(tx, entity.name, field.name):
        return wanted.filter
    value = record.get(field.name)
    return narrowed(wanted.filter, stands_in(field, Group(key=NONE if value is None else str(value), label="")))


def _by_creation(tx: Tx, entity: Entity, record: Record) -> dict[str, Any]:
    base = f"/{entity.definition.path}"
    at = f'@"{record["created_at"].isoformat()}"' if record.get("created_at") else None
    if at is None:
        return {}
    before = _nearest(tx, entity, f"created_at > {at}", Sort("created_at"))
    after = _nearest(tx, entity, f"created_at < {at}", Sort("created_at", descending=True))
    return {
        "previous_url": f"{base}/{before[0].id}" if before else "",
        "next_url": f"{base}/{after[0].id}" if after else "",
    }


def _nearest(tx: Tx, entity: Entity, condition: str, sort: Sort) -> list[Record]:
    return page(tx, Ask(entity=entity.name, fields=("created_at",), filter=condition, sort=(sort,), limit=1)).records
