"""A task of the worklist and its items, read under the lock of its row, and how each change of them is written."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import NotFound
from entente.kernel.records.stroke import recall, remember
from entente.services.worklist.declared import Destination, HolderKind, Outcome, Plan

WORK = "work_task"
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
    """A task as the worklist knows it, with all its items, and how these were written last."""

    id: UUID
    state: Literal["active", "completed", "cancelled", "expired"]
    subject: str
    names: dict[str, str] = {}
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
    written: dict[UUID, Item] = {}

    def called(self, language: str) -> str:
        """What it is called in a language, where its model says so; else its only subject."""
        return self.names.get(language) or self.subject

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
    sql = f"SELECT row_to_json(t)::text AS found FROM {{schema}}.work_task t WHERE id = %(task)s{clause}"  # noqa: S608 - own text
    row = engine_row(tx, sql, task=task)
    if row is None:
        raise NotFound("worklist.unknown")
    found = engine_row(tx, f"SELECT {ITEMS_SEEN}", task=task, **sight_of(tx)) or {}
    return work_of(row["found"], found["items"])


def sight_of(tx: Tx) -> dict[str, Any]:
    """What `ITEMS_SEEN` has to know of whoever looks, besides the task."""
    everything = tx.principal.is_system or tx.principal.is_admin
    return {"me": tx.principal.user_id, "now": tx.clock.now(), "all": everything}


def work_of(row: str, items: str) -> Work:
    """The task that its row as JSON and its `ITEMS_SEEN` say, read under its lock."""
    work = _WORK.decode(row)
    work.items = _ITEMS.decode(items)
    work.written = {each.id: copy(each) for each in work.items}
    return work


def is_in_hands(tx: Tx, task: UUID) -> bool:
    """Whether a task is, or was, in the principal's hands in one way or another."""
    row = engine_row(tx, _IN_HANDS, task=task, me=tx.principal.user_id, now=tx.clock.now(), all=False)
    return row is not None and row["found"] is True


class Event(msgspec.Struct, frozen=True):
    """Something that happened to a task, with the item that it is about."""

    verb: str
    item: Item | None = None
    detail: Mapping[str, Any] = {}


def write_work(tx: Tx, work: Work, *events: Event, **values: Any) -> None:
    """Write what changed in a task and its items and what happened to it in one statement; its version counts up."""
    work.lock_version += 1
    for name, value in values.items():
        setattr(work, name, value)
    changed = [each for each in work.items if work.written.get(each.id) != each]
    _write(tx, work, changed, events, (*values, "lock_version"))
    work.written |= {each.id: copy(each) for each in changed}


def put_items(tx: Tx, items: Iterable[Item]) -> None:
    """Write items, new or changed."""
    if listed := list(items):
        engine_rows(tx, f"WITH {_PUT} SELECT 1", items=rows_of(listed))


def change_work(tx: Tx, work: Work, **values: Any) -> None:
    """Write what changed in a task itself, and count its version up."""
    work.lock_version += 1
    for name, value in values.items():
        setattr(work, name, value)
    _write(tx, work, (), (), (*values, "lock_version"))


def write_event(tx: Tx, work: Work, verb: str, item: Item | None = None, **detail: Any) -> None:
    """Write down what happened to a task, by whom, for whom, through which door."""
    _write(tx, work, (), [Event(verb, item, detail)], ())


def _write(tx: Tx, work: Work, items: Sequence[Item], events: Sequence[Event], names: Sequence[str]) -> None:
    sets = ", ".join(f"{name} = %({name})s" for name in names)
    parts = [f"task AS (UPDATE {{schema}}.work_task SET {sets} WHERE id = %(id)s)"] if names else []  # noqa: S608 - names of our own struct
    parts += [_PUT] if items else []
    parts += [EVENTS] if events else []
    binds = {name: _bound(getattr(work, name)) for name in names}
    binds |= {"items": rows_of(items)} if items else {}
    binds |= {"events": events_of(tx, work, events)} if events else {}
    engine_rows(tx, f"WITH {', '.join(parts)} SELECT 1", id=work.id, **binds)
    if "state" in names:
        remember(tx, WORK, work.id, work.state)


def state_of(tx: Tx, task: UUID) -> str:
    """The state of a task in the worklist; `active` for one that it does not know."""

    def read() -> str:
        row = engine_row(tx, "SELECT state FROM {schema}.work_task WHERE id = %(task)s", task=task)
        return row["state"] if row else "active"

    return recall(tx, WORK, task, read)


def _bound(value: Any) -> Any:
    return Jsonb(msgspec.to_builtins(value)) if isinstance(value, list | tuple | dict) else value


def rows_of(items: Iterable[Item]) -> str:
    """Items as rows."""
    return msgspec.json.encode([{name: getattr(each, name) for name in _KINDS} for each in items]).decode()


def events_of(tx: Tx, work: Work, events: Iterable[Event]) -> str:
    """What happened to a task as rows: by whom, for whom, through which door."""
    made = [
        {
            "task": work.id,
            "item": each.item.id if each.item else None,
            "at": tx.clock.now(),
            "verb": each.verb,
            "actor": tx.principal.user_id,
            "acted_for": each.item.holder if each.item and each.item.way in ("away", "people", "all") else None,
            "channel": tx.cause.via,
            "detail": {name: value for name, value in each.detail.items() if value},
        }
        for each in events
    ]
    return msgspec.json.encode(made).decode()


def _recorded(name: str, table: str, kinds: Mapping[str, str], tail: str = "") -> str:
    """A part of a statement that puts rows, given as JSON under its name, into a table."""
    chosen = ("coalesce(due_at, 'infinity')" if each == "due_at" else each for each in kinds)
    return (
        f"{name} AS (INSERT INTO {{schema}}.{table} ({', '.join(kinds)}) SELECT {', '.join(chosen)}"  # noqa: S608 - own text
        f" FROM jsonb_to_recordset(%({name})s::jsonb)"
        f" AS x({', '.join(f'{each} {kind}' for each, kind in kinds.items())}){tail})"
    )


_KINDS = {
    "id": "uuid", "task": "uuid", "kind": "text", "holder": "uuid", "state": "text", "origin": "text",
    "original": "uuid", "source": "uuid", "position": "int", "outcomes": "text[]", "question": "text",
    "asked_by": "uuid", "opened_by": "uuid", "opened_at": "timestamptz", "wake_at": "timestamptz", "outcome": "text",
    "comment": "text", "acted_by": "uuid", "acted_for": "uuid", "channel": "text", "created_at": "timestamptz",
    "ended_at": "timestamptz", "due_at": "timestamptz", "priority": "smallint",
}  # fmt: skip
_FIXED = ("id", "task", "created_at")
_PUT = _recorded(
    "items",
    "work_item",
    _KINDS,
    " ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _KINDS if name not in _FIXED),
)
ITEMS = _recorded("items", "work_item", _KINDS)
EVENTS = _recorded(
    "events",
    "task_event",
    {
        "task": "uuid", "item": "uuid", "at": "timestamptz", "verb": "text", "actor": "uuid", "acted_for": "uuid",
        "channel": "text", "detail": "jsonb",
    },
)  # fmt: skip
_IN_HANDS = "SELECT bool_or(x.way IS NOT NULL) AS found FROM (@) x".replace("@", _WAYS).replace("{columns}", "i.id")
_WORK = msgspec.json.Decoder(Work)
_ITEMS = msgspec.json.Decoder(list[Item])
# The items of a task, with how each is in the hands of whoever looks.
ITEMS_SEEN = "(SELECT coalesce(json_agg(x), '[]')::text FROM (@) x) AS items".replace("@", _WAYS).replace(
    "{columns}",
    ", ".join("nullif(i.due_at, 'infinity') AS due_at" if name == "due_at" else f"i.{name}" for name in _KINDS),
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
