"""Records into files: a list with its filter, order and columns as CSV or XLSX, in words that people read."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from entente.kernel.access.fields import level
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Forbidden, Refused
from entente.kernel.kit.sanitiser import plain_text
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import Ask, page, titles
from entente.kernel.records.record import Record
from entente.services.transfer.tables import Made, csv_line, xlsx_bytes
from entente.services.transfer.targets import ADDRESS_PARTS, CURRENCY, NEVER, joined

PAGE = 1000
MOST_XLSX = 200_000
BOM = "\ufeff"


class Shown(msgspec.Struct, frozen=True):
    """A column of the file: its header, its field, the part of the field that it shows."""

    header: str
    field: Field
    part: str = ""


def export_csv(tx: Tx, ask: Ask, *, with_id: bool = False) -> Iterator[bytes]:
    """The file in pieces, read page by page while the transaction is open; Forbidden without the right to export."""
    entity, columns = _columns(tx, ask)
    return _csv(tx, ask, entity, columns, with_id)


def _csv(tx: Tx, ask: Ask, entity: Entity, columns: Sequence[Shown], with_id: bool) -> Iterator[bytes]:
    yield (BOM + csv_line(_headers(columns, with_id), tx.language)).encode()
    for rows in _pages(tx, ask, entity, columns, with_id):
        yield "".join(csv_line(row, tx.language) for row in rows).encode()


def export_xlsx(tx: Tx, ask: Ask, *, with_id: bool = False) -> Made:
    """The workbook; `with_id` adds a hidden first column by which an import finds the records again."""
    entity, columns = _columns(tx, ask)
    rows = (row for rows in _pages(tx, ask, entity, columns, with_id) for row in rows)
    table = _capped([_headers(columns, with_id)], rows)
    return xlsx_bytes(entity.plural.to(tx.language), table, hidden=1 if with_id else 0)


def _capped(head: list[list[Any]], rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    yield from head
    for at, row in enumerate(rows):
        if at >= MOST_XLSX:
            raise Refused("export.too_many_rows", limit=MOST_XLSX)
        yield row


def _columns(tx: Tx, ask: Ask) -> tuple[Entity, list[Shown]]:
    entity = tx.catalog.entity(ask.entity)
    if tx.principal.depth(entity.name, "export") == "none":
        raise Forbidden("access.export", entity=entity.plural.to(tx.language))
    names = ask.fields or tuple(entity.fields)
    columns = [
        column
        for name in names
        if level(tx, entity.name, entity.field(name).name) != "hidden"
        for column in _shown(tx, entity.field(name))
    ]
    if not columns:
        raise Refused("export.no_column")
    return entity, columns


def _shown(tx: Tx, field: Field) -> Iterator[Shown]:
    label = field.definition.label
    match field.type.key:
        case key if key in NEVER:
            return
        case "address":
            for part, text in ADDRESS_PARTS.items():
                yield Shown(joined(label, text).to(tx.language), field, part)
        case "money":
            yield Shown(label.to(tx.language), field)
            yield Shown(joined(label, CURRENCY).to(tx.language), field, "currency")
        case _:
            yield Shown(label.to(tx.language), field)


def _headers(columns: Sequence[Shown], with_id: bool) -> list[Any]:
    return [*(["id"] if with_id else []), *(column.header for column in columns)]


def _pages(tx: Tx, ask: Ask, entity: Entity, columns: Sequence[Shown], with_id: bool) -> Iterator[list[list[Any]]]:
    names = tuple(dict.fromkeys(column.field.name for column in columns))
    asked = msgspec.structs.replace(ask, fields=names, privilege="export", limit=PAGE)
    while True:
        found = page(tx, asked)
        called = _called(tx, columns, found.records)
        yield [
            [*([str(record.id)] if with_id else []), *(_cell(tx, column, record, called) for column in columns)]
            for record in found.records
        ]
        if found.next is None:
            return
        asked = msgspec.structs.replace(asked, after=found.next)


def _called(tx: Tx, columns: Sequence[Shown], records: Sequence[Record]) -> dict[tuple[str, UUID], str]:
    """What all linked records of a page are called, by entity and id."""
    wanted: dict[str, set[UUID]] = {}
    for column in columns:
        for record in records:
            for name, identity in _ends(column.field, record.get(column.field.name)):
                wanted.setdefault(name, set()).add(identity)
    return {(name, key): title for name, ids in wanted.items() for key, title in titles(tx, name, list(ids)).items()}


def _ends(field: Field, value: Any) -> list[tuple[str, UUID]]:
    if not value or isinstance(value, str):
        return []
    match field.type.key:
        case "link":
            return [(str(field.definition.to), value)]
        case "links":
            return [(str(field.definition.to), each) for each in value]
        case "polymorphic" if isinstance(value, Ref):
            return [(value.entity, value.id)]
        case _:
            return []


def _cell(tx: Tx, column: Shown, record: Record, called: dict[tuple[str, UUID], str]) -> Any:
    field = column.field
    value: Any = record.get(field.name)
    if isinstance(value, str) and field.type.key not in ("rich_text", "choice"):
        return value  # a text, or the mask of a field that is hidden in part
    if field.type.is_empty(value):
        return None
    match field.type.key:
        case "link" | "links" | "polymorphic":
            return "; ".join(filter(None, (called.get(end) for end in _ends(field, value))))
        case "choice" | "multi_choice":
            return _labels(tx, field, (value,) if isinstance(value, str) else value)
        case "email_set" | "phone_set":
            return "; ".join(entry.value for entry in sorted(value, key=lambda entry: not entry.primary))
        case "checklist":
            return "; ".join(("✓ " if step.done else "") + step.text for step in value)
        case _:
            return _plain(tx, column, value)


def _plain(tx: Tx, column: Shown, value: Any) -> Any:
    match column.field.type.key:
        case "address":
            return getattr(value, column.part) or None
        case "money":
            return value.currency if column.part else value.amount
        case "rich_text":
            return plain_text(value)
        case "boolean":
            return tx.say("export.yes" if value else "export.no")
        case "datetime":
            return value.astimezone(ZoneInfo(tx.principal.timezone)).replace(tzinfo=None)
        case _:
            return value


def _labels(tx: Tx, field: Field, keys: Sequence[str]) -> str:
    labels = {choice.key: choice.label.to(tx.language) for choice in field.definition.choices}
    return "; ".join(labels.get(key, key) for key in keys)
