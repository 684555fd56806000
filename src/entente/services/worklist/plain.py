"""Tasks that people make by hand: in their owner's worklist, as their record says."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.ids import new_id
from entente.services.worklist.calendars import Calendar
from entente.services.worklist.declared import Destination
from entente.services.worklist.flags import flagged
from entente.services.worklist.holding import Work, change_work, new_item, put_items, read_work, write_event

State = Literal["active", "completed", "cancelled"]
_NEW = """
WITH made AS (
  INSERT INTO {schema}.work_task (id, state, subject, entity, record, priority, created_at, due_at, yellow_at, red_at)
  VALUES (%(id)s, 'active', %(subject)s, %(entity)s, %(record)s, %(priority)s, %(created_at)s, %(due_at)s,
    %(yellow_at)s, %(due_at)s)
  ON CONFLICT (id) DO NOTHING RETURNING id, created_at, due_at, priority)
INSERT INTO {schema}.work_item (id, task, kind, holder, state, origin, created_at, due_at, priority)
SELECT %(item)s, id, 'user', %(owner)s::uuid, 'available', 'record', created_at, coalesce(due_at, 'infinity'), priority
FROM made WHERE %(owner)s::uuid IS NOT NULL
"""
_KNOWN = """
SELECT t.state, t.subject, t.entity, t.record, t.priority, t.due_at, EXISTS (
  SELECT 1 FROM {schema}.work_item i WHERE i.task = t.id AND i.holder = %(owner)s AND i.ended_at IS NULL) AS held
FROM {schema}.work_task t WHERE t.id = %(id)s
"""


class Plain(msgspec.Struct, frozen=True, kw_only=True):
    """What the record of a task made by hand says that concerns the worklist."""

    id: UUID
    state: State
    subject: str
    entity: str | None
    record: UUID | None
    owner: UUID | None
    priority: int
    created_at: datetime
    due_at: datetime | None


def put_plain(tx: Tx, plain: Plain) -> None:
    """Take a new task into its owner's worklist; one that is done already is in nobody's."""
    if plain.state != "active":
        return
    flags = flagged(Calendar(), plain.created_at, plain.due_at, None)
    engine_rows(
        tx, _NEW, item=new_id(), yellow_at=flags.yellow_at, **{n: getattr(plain, n) for n in plain.__struct_fields__}
    )


def follow_plain(tx: Tx, plain: Plain) -> None:
    """Bring the worklist to what the changed record of a task says: its owner, when it is due, whether it is over."""
    known = engine_row(tx, _KNOWN, id=plain.id, owner=plain.owner)
    if known is None:
        put_plain(tx, plain)
        return
    facts = {name: getattr(plain, name) for name in ("state", "subject", "entity", "record", "priority", "due_at")}
    if all(known[name] == value for name, value in facts.items()) and (known["held"] or plain.state != "active"):
        return
    work = read_work(tx, plain.id)
    _follow_facts(tx, work, plain)
    if work.state != plain.state:
        _follow_state(tx, work, plain)
    elif work.state == "active":
        _follow_owner(tx, work, plain.owner)


def follow_facts(tx: Tx, plain: Plain) -> None:
    """Bring what the worklist shows of a task of a process to what its changed record says."""
    known = engine_row(tx, "SELECT 1 FROM {schema}.work_task WHERE id = %(id)s", id=plain.id)
    if known is not None:
        work = read_work(tx, plain.id)
        _follow_facts(tx, work, plain)


def _follow_facts(tx: Tx, work: Work, plain: Plain) -> None:
    now = (work.subject, work.entity, work.record, work.priority, work.due_at)
    wanted = (plain.subject, plain.entity, plain.record, plain.priority, plain.due_at)
    if now == wanted:
        return
    values: dict[str, Any] = dict(zip(("subject", "entity", "record", "priority", "due_at"), wanted, strict=True))
    if work.subject != plain.subject:
        # Whoever renames a task has one name for everybody.
        values["names"] = {}
    if work.due_at != plain.due_at:
        flags = flagged(Calendar(), work.created_at, plain.due_at, None)
        values |= {"yellow_at": flags.yellow_at, "red_at": flags.red_at}
    change_work(tx, work, **values)
    for item in work.live:
        item.due_at, item.priority = plain.due_at, plain.priority
    put_items(tx, work.live)


def _follow_state(tx: Tx, work: Work, plain: Plain) -> None:
    now, me = tx.clock.now(), tx.principal.user_id
    over = plain.state != "active"
    for item in work.live:
        done = plain.state == "completed" and item.holder == plain.owner
        item.state, item.ended_at = "done" if done else "withdrawn", now
        item.acted_by = me if done else None
    put_items(tx, work.items)
    change_work(tx, work, state=plain.state, ended_at=now if over else None, ended_by=me if over else None)
    write_event(tx, work, {"completed": "complete", "cancelled": "withdraw", "active": "reopen"}[plain.state])
    if not over:
        _follow_owner(tx, work, plain.owner)


def _follow_owner(tx: Tx, work: Work, owner: UUID | None) -> None:
    held = [each for each in work.live if each.origin in ("record", "redirect")]
    if owner in {each.holder for each in held} or (owner is None and not held):
        return
    for item in held:
        item.state, item.ended_at, item.acted_by = "moved", tx.clock.now(), tx.principal.user_id
    made = [new_item(work, Destination("user", owner), "record", tx.clock.now())] if owner else []
    work.items += made
    put_items(tx, [*held, *made])
    write_event(tx, work, "redirect", made[0] if made else None)
