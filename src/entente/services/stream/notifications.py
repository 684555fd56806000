"""What a person was told: counted, listed in his language, marked as read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from entente.kernel.access.prepared import prepared
from entente.kernel.db.statement import marked
from entente.kernel.db.tx import Tx, rows, run, value
from entente.kernel.kit.ids import parse_id
from entente.kernel.metadata.types.links import Ref
from entente.services.stream.notifying import announce, sentence

MOST_COUNTED = 100
PAGE = 30


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the principal was told; `subject` is there when it speaks of one record."""

    id: UUID
    kind: str
    text: str
    at: datetime
    sender: UUID | None
    entity: str
    subject: Ref | None
    count: int
    is_read: bool


def unread_count(tx: Tx) -> int:
    """How many notifications the principal has not read, counting no further than 100."""
    table = tx.catalog.entity("notification").table

    def build() -> sa.Select[Any]:
        mine = table.c.owner == sa.bindparam("reader", type_=table.c.owner.type)
        unread = sa.select(sa.literal(1)).where(mine, table.c.deleted_at.is_(None), table.c.read_at.is_(None))
        counted = sa.select(sa.func.count()).select_from(unread.limit(MOST_COUNTED).subquery())
        return marked(counted, "notification")  # type: ignore[no-any-return]

    return int(value(tx, prepared(tx, "unread notifications", build), reader=tx.principal.user_id))


def list_notifications(
    tx: Tx, *, unread_only: bool = False, limit: int = PAGE, after: tuple[datetime, UUID] | None = None
) -> list[Notification]:
    """The principal's notifications, latest first, behind the moment and id of the last one seen."""
    table = tx.catalog.entity("notification").table
    statement = sa.select(table).where(*_mine(tx)).order_by(table.c.modified_at.desc(), table.c.id.desc()).limit(limit)
    if unread_only:
        statement = statement.where(table.c.read_at.is_(None))
    if after:
        place = sa.tuple_(sa.literal(after[0]), sa.literal(after[1], table.c.id.type))
        statement = statement.where(sa.tuple_(table.c.modified_at, table.c.id) < place)
    return [_notification(tx, each) for each in rows(tx, marked(statement, "notification"))]


def mark_read(tx: Tx, ids: Sequence[UUID]) -> int:
    """How many of these notifications of the principal were unread and are read now."""
    table = tx.catalog.entity("notification").table
    return _read(tx, table.c.id == sa.any_(sa.literal(list(ids), sa.ARRAY(table.c.id.type))))


def mark_all(tx: Tx) -> int:
    """How many notifications of the principal were unread; none is now."""
    return _read(tx, sa.true())


def _read(tx: Tx, which: sa.ColumnElement[bool]) -> int:
    table = tx.catalog.entity("notification").table
    statement = (
        sa.update(table)
        .where(*_mine(tx), table.c.read_at.is_(None), which)
        .values(read_at=tx.clock.now(), version=table.c.version + 1)
    )
    changed = run(tx, marked(statement, "notification"))
    if changed and tx.principal.user_id:
        announce(tx, [tx.principal.user_id])
    return changed


def _mine(tx: Tx) -> tuple[sa.ColumnElement[bool], ...]:
    table = tx.catalog.entity("notification").table
    return table.c.owner == tx.principal.user_id, table.c.deleted_at.is_(None)


def _notification(tx: Tx, row: dict[str, Any]) -> Notification:
    values = row["values"] if isinstance(row["values"], dict) else {}
    count = int(values.get("count") or 1)
    entity = str(values.get("entity") or row["regarding_type"] or "")
    record = parse_id((values.get("records") or [row["regarding"]])[0])
    return Notification(
        id=row["id"],
        kind=row["kind"],
        text=sentence(tx, row["kind"], values) if "entries" in values else row["text"] or "",
        at=row["modified_at"],
        sender=row["sender"],
        entity=entity,
        subject=Ref(entity, record) if record and count == 1 else None,
        count=count,
        is_read=row["read_at"] is not None,
    )
