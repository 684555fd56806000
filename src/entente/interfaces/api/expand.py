"""`$expand`: the linked records of a page come along, one statement for each link, as far as they may be read."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from entente.interfaces.api.options import Expansion
from entente.interfaces.api.shape import shown, to_json
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.tables import targets
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record

Shown = dict[str, Any]


def expand(tx: Tx, records: Sequence[Record], rows: Sequence[Shown], wanted: Iterable[Expansion]) -> None:
    """Put the linked records into the rows under the links' plain names; unreadable ones are null or left out."""
    for expansion in wanted:
        name = expansion.field.name
        match expansion.field.type.key:
            case "polymorphic":
                _polymorphic(tx, records, rows, expansion)
            case "links":
                found = _read(tx, _target(expansion), _ids(records, name), expansion)
                for record, row in zip(records, rows, strict=True):
                    row[name] = [found[each] for each in record.get(name) or () if each in found]
            case _:
                found = _read(tx, _target(expansion), _ids(records, name), expansion)
                for record, row in zip(records, rows, strict=True):
                    row[name] = found.get(record.get(name))


def _polymorphic(tx: Tx, records: Sequence[Record], rows: Sequence[Shown], expansion: Expansion) -> None:
    name = expansion.field.name
    for target in targets(expansion.field.definition):
        pairs = [
            (record[name].id, row)
            for record, row in zip(records, rows, strict=True)
            if record.get(name) and record[name].entity == target
        ]
        found = _read(tx, target, [identity for identity, _ in pairs], expansion)
        for identity, row in pairs:
            row[name] = {**row[name], **found.get(identity, {})}


def _read(tx: Tx, target: str, ids: Sequence[UUID], expansion: Expansion) -> dict[UUID | None, Shown]:
    if not ids:
        return {}
    entity = tx.catalog.entity(target)
    names = expansion.names or shown(tx, entity)
    read = tuple(dict.fromkeys((*names, *(each.field.name for each in expansion.expand))))
    wanted = tuple(dict.fromkeys(ids))
    records = page(tx, Ask(entity=target, fields=read, ids=wanted, limit=len(wanted))).records
    rows = [to_json(tx, entity, record, names) for record in records]
    expand(tx, records, rows, expansion.expand)
    return {record.id: row for record, row in zip(records, rows, strict=True)}


def _target(expansion: Expansion) -> str:
    return targets(expansion.field.definition)[0]


def _ids(records: Iterable[Record], name: str) -> list[UUID]:
    ids: list[UUID] = []
    for record in records:
        value = record.get(name)
        ids += value if isinstance(value, tuple) else [value] if value else []
    return ids
