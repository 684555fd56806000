"""A task of the worklist and its items, read under the lock of its row, and how each change of them is written."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import NotFound
from entente.services.worklist.declared import Destination, HolderKind, Outcome, Plan

ItemState = Literal["available", "open", "allocated", "asleep", "done", "moved", "withdrawn"]
Origin = Literal["rule", "redirect", "share", "ask", "escalation", "record"]
Way = Literal["mine", "groups", "away", "people", "all"]
LIVE: tuple[ItemState, ...] = ("available", "open", "allocated", "asleep")
# Whose hands an item is in, seen from one person: his own, his teams' and roles', those of whom he stands in for, his
# people's; an administrator has them all.
_WAYS = """
SELECT {columns}, CASE
  WHEN i.holder = %(me)s THEN 'mine'
  WHEN i.holder IN (SELECT h.holder FROM {schema}.work_holders(%(me)s) h) THEN 'groups'
  WHEN i.kind = 'user' AND i.ended_at IS NULL
    AND %(me)s = ANY ({schema}.work_substitutes(i.holder, i.task, %(now)s)) THEN 'away'
  WHEN i.kind = 'user' AND t.process <> '' AND i.holder IN (SELECT r.person FROM {schema}.work_reports(%(me)s) r)
    THEN 'people'
  WHEN %(all)s THEN 'all' END AS way
FROM {schema}.work_item i JOIN {schema}.work_task t ON t.id = i.task
WHERE i.task = %(task)s ORDER BY i.position, i.id
"""


class Item(msgspec.Struct, kw_only=True):
    """A task in somebody's hands; `way` is how the principal comes to it, nothing when he does not."""

    id: UUID
    task: UUID
    kind: HolderKind
    holder: UUID
    state: ItemState
    origin: Origin
    original: UUID | None = None
    source: UUID | None = None
    position: int = 0
    outcomes: list[str] | None = None
    question: str = ""
    asked_by: UUID | None = None
    opened_by: UUID | None = None
    opened_at: datetime | None = None
    wake_at: datetime | None = None
    outcome: str = ""
    comment: str = ""
    acted_by: UUID | None = None
    acted_for: UUID | None = None
    channel: str = ""
    created_at: datetime
    ended_at: datetime | None = None
    due_at: datetime | None = None
    priority: int = 50
    way: Way | None = None

    @property
    def is_live(self) -> bool:
        """Whether it is still in somebody's hands."""
        return self.state in LIVE


class Work(msgspec.Struct, kw_only=True):
    """A task as the worklist knows it, with all its items."""

    id: UUID
    state: Literal["active", "completed", "cancelled", "expired"]
    subject: str
    entity: str | None = None
    record: UUID | None = None
    process: str = ""
    element: str = ""
    instance: UUID | None = None
    token: int | None = None
    plan: Plan = "once"
    slots: int = 1
    outcomes: list[Outcome] = []
    rule: str = ""
    otherwise: str = ""
    form: str = ""
    redirectable: bool = True
    queue: list[Destination] = []
    calendar: str = ""
    priority: int = 50
    created_at: datetime
    due_at: datetime | None = None
    yellow_at: datetime | None = None
    red_at: datetime | None = None
    outcome: str = ""
    ended_at: datetime | None = None
    ended_by: UUID | None = None
    lock_version: int = 1
    items: list[Item] = []

    @property
    def live(self) -> list[Item]:
        """The items that are still in somebody's hands."""
        return [each for each in self.items if each.is_live]

    @property
    def answering(self) -> list[Item]:
        """The items that take part in the decision: all but those that only answer a question."""
        return [each for each in self.items if each.origin != "ask"]

    @property
    def busy(self) -> set[UUID]:
        """The items whose slot somebody works in or has acted in; there are as many slots taken."""
        return {self.root(each).id for each in self.answering if each.state in ("open", "done")}

    def root(self, item: Item) -> Item:
        """The item whose slot another one uses as well: of a copy its original, of a person's part that of his team."""
        by_id = {each.id: each for each in self.items}
        while item.source in by_id and (item.origin == "share" or (item.origin == "rule" and self.plan != "once")):
            item = by_id[item.source]
        return item

    @property
    def is_asked(self) -> bool:
        """Whether a question about it waits for its answer."""
        return any(each.origin == "ask" and each.is_live for each in self.items)


def read_work(tx: Tx, task: UUID, *, lock: bool = True) -> Work:
    """A task with its items, locked for this transaction unless not wanted; NotFound when the worklist has none."""
    clause = " FOR UPDATE" if lock else ""
    row = engine_row(tx, f"SELECT * FROM {{schema}}.work_task WHERE id = %(task)s{clause}", task=task)  # noqa: S608 - own text
    if row is None:
        raise NotFound("worklist.unknown")
    everything = tx.principal.is_system or tx.principal.is_admin
    found = engine_rows(tx, _READ, task=task, me=tx.principal.user_id, now=tx.clock.now(), all=everything)
    return msgspec.convert({**row, "items": [msgspec.convert(each, Item) for each in found]}, Work)


def put_items(tx: Tx, items: Iterable[Item]) -> None:
    """Write items, new or changed."""
    for item in items:
        values = {name: getattr(item, name) for name in _COLUMNS}
        engine_rows(tx, _PUT, **values)


_COLUMNS = tuple(name for name in Item.__struct_fields__ if name != "way")
_READ = _WAYS.replace(
    "{columns}",
    ", ".join("nullif(i.due_at, 'infinity') AS due_at" if name == "due_at" else f"i.{name}" for name in _COLUMNS),
)
_PUT = (
    f"INSERT INTO {{schema}}.work_item ({', '.join(_COLUMNS)}) VALUES ("  # noqa: S608 - own text
    + ", ".join(
        "coalesce(%(due_at)s::timestamptz, 'infinity')" if name == "due_at" else f"%({name})s" for name in _COLUMNS
    )
    + ") ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in ("id", "task", "created_at"))
)


def new_item(work: Work, destination: Destination, origin: Origin, at: datetime, **more: Any) -> Item:
    """An item of a task for a destination; `more` are further values of it."""
    return Item(
        id=new_id(),
        task=work.id,
        kind=destination.kind,
        holder=destination.id,
        state=more.pop("state", "available"),
        origin=origin,
        created_at=at,
        due_at=work.due_at,
        priority=work.priority,
        **more,
    )


def change_work(tx: Tx, work: Work, **values: Any) -> None:
    """Write what changed in a task itself, and count its version up."""
    work.lock_version += 1
    for name, value in values.items():
        setattr(work, name, value)
    sets = ", ".join(f"{name} = %({name})s" for name in (*values, "lock_version"))
    binds = {name: _bound(value) for name, value in values.items()}
    engine_rows(
        tx,
        f"UPDATE {{schema}}.work_task SET {sets} WHERE id = %(id)s",  # noqa: S608 - names of our own struct
        id=work.id,
        lock_version=work.lock_version,
        **binds,
    )


def _bound(value: Any) -> Any:
    return Jsonb(msgspec.to_builtins(value)) if isinstance(value, list | tuple) else value


def write_event(tx: Tx, work: Work, verb: str, item: Item | None = None, **detail: Any) -> None:
    """Write down what happened to a task, by whom, for whom, through which door."""
    said: Mapping[str, Any] = {name: msgspec.to_builtins(value) for name, value in detail.items() if value}
    engine_rows(
        tx,
        "INSERT INTO {schema}.task_event (task, item, at, verb, actor, acted_for, channel, detail) VALUES"
        " (%(task)s, %(item)s, %(at)s, %(verb)s, %(actor)s, %(acted_for)s, %(channel)s, %(detail)s)",
        task=work.id,
        item=item.id if item else None,
        at=tx.clock.now(),
        verb=verb,
        actor=tx.principal.user_id,
        acted_for=item.holder if item is not None and item.way in ("away", "people", "all") else None,
        channel=tx.cause.via,
        detail=Jsonb(said),
    )
