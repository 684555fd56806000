"""A person's worklist: a page of items with their flags, and how many there are of each kind; one statement each."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Row, Tx, engine_row, engine_rows
from entente.kernel.kit.normal import fold
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.query import Ask, page
from entente.services.search.finding import escaped, search_all
from entente.services.worklist.declared import HolderKind, Outcome
from entente.services.worklist.flags import Flag, flag_at
from entente.services.worklist.holding import Way

View = Literal["inbox", "mine", "groups", "shared", "asked", "away", "people", "asleep", "due", "all"]
Order = Literal["due", "new", "priority"]
TASK = "task"
SOON = timedelta(hours=24)
MOST = 200
COUNT_CAP = 10_000
CHUNKS = 25
_OWN = (
    "SELECT h.holder, CASE WHEN h.holder = %(me)s THEN 'mine' ELSE 'groups' END AS way"
    " FROM {schema}.work_holders(%(me)s) h"
)
_AWAY = "SELECT a.person, 'away' FROM {schema}.work_absent(%(me)s, %(now)s) a"
_PEOPLE = "SELECT r.person, 'people' FROM {schema}.work_reports(%(me)s) r"
_HELD: Mapping[View, str] = {
    "inbox": f"{_OWN} UNION ALL {_AWAY}",
    "due": f"{_OWN} UNION ALL {_AWAY}",
    "mine": "SELECT %(me)s::uuid AS holder, 'mine' AS way",
    "asleep": "SELECT %(me)s::uuid AS holder, 'mine' AS way",
    "asked": _OWN,
    "groups": f"{_OWN} WHERE h.holder <> %(me)s",
    "shared": _OWN,
    "away": _AWAY.replace("a.person, 'away'", "a.person AS holder, 'away' AS way"),
    "people": _PEOPLE.replace("r.person, 'people'", "r.person AS holder, 'people' AS way"),
    "all": "SELECT DISTINCT i.holder, 'all' AS way FROM {schema}.work_item i"
    " WHERE %(everything)s AND i.ended_at IS NULL",
}
_ONLY: Mapping[View, str] = {
    "shared": "AND i.origin = 'share'",
    "asked": "AND i.origin = 'ask'",
    "due": "AND i.due_at <= %(soon)s",
    "people": "AND t.process <> ''",
}
_ORDERS: Mapping[Order, tuple[str, str]] = {
    "due": ("{0}.due_at, {0}.id", "(i.due_at, i.id) > (%(due)s::timestamptz, %(id)s)"),
    "new": ("{0}.id DESC", "i.id < %(id)s"),
    "priority": (
        "{0}.priority DESC, {0}.due_at, {0}.id",
        "(i.priority < %(priority)s OR i.priority = %(priority)s"
        " AND (i.due_at, i.id) > (%(due)s::timestamptz, %(id)s))",
    ),
}
# The lateral part walks one index for each holder and stops at a page; everything else is read for the page alone. A
# team's item is hidden from whoever has a part of the task himself, or has done his.
_PAGE = """
WITH held AS MATERIALIZED ({held})
SELECT f.way, i.id, i.task, i.kind, i.holder, i.state, i.origin, i.original, i.opened_by, i.opened_at, i.wake_at,
  i.question, i.asked_by, i.outcomes AS allowed, i.created_at, i.priority, nullif(i.due_at, 'infinity') AS due_at,
  i.due_at::text AS due_text, coalesce(t.names ->> %(language)s, t.subject) AS subject, t.process, t.element,
  t.instance, t.entity, t.record, t.outcomes, t.plan, t.slots, t.form, t.yellow_at, t.red_at, t.lock_version,
  i.kind <> 'user' AND EXISTS (
    SELECT 1 FROM {schema}.work_item m WHERE m.task = i.task AND m.id <> i.id
      AND (m.holder = %(me)s AND m.ended_at IS NULL OR m.acted_by = %(me)s AND m.state = 'done')) AS hidden
FROM (
  SELECT p.* FROM held h CROSS JOIN LATERAL (
    SELECT h.way, i.id, i.due_at, i.priority FROM {schema}.work_item i{join}
    WHERE i.holder = h.holder AND i.state {states} {only} {after}
      AND (h.way <> 'away' OR i.kind = 'user' AND %(me)s = ANY ({schema}.work_substitutes(i.holder, i.task, %(now)s)))
    ORDER BY {inner} LIMIT %(most)s
  ) p ORDER BY {outer} LIMIT %(most)s
) f JOIN {schema}.work_item i ON i.id = f.id JOIN {schema}.work_task t ON t.id = i.task
ORDER BY {last}
"""
_JOIN = " JOIN {schema}.work_task t ON t.id = i.task"
_WHERE = {
    "process": "AND t.process = %(process)s",
    "record": "AND t.record = %(record)s",
    "text": "AND (t.record = ANY (%(found)s)"
    " OR public.fold(coalesce(t.names ->> %(language)s, t.subject)) LIKE %(like)s)",
}
_COUNT = """
WITH own AS MATERIALIZED (SELECT array_agg(h.holder) AS holders FROM {schema}.work_holders(%(me)s) h)
SELECT
  (SELECT count(*) FROM (SELECT 1 FROM {schema}.work_item i
    WHERE i.holder = %(me)s AND i.state IN ('available', 'open') LIMIT %(cap)s) x) AS mine,
  (SELECT count(*) FROM (SELECT 1 FROM {schema}.work_item i
    WHERE i.holder = ANY (array_remove((SELECT holders FROM own), %(me)s)) AND i.state IN ('available', 'open')
    LIMIT %(cap)s) x)
  - (SELECT count(*) FROM {schema}.work_item m JOIN {schema}.work_item i ON i.id = m.source
    WHERE m.holder = %(me)s AND m.source IS NOT NULL AND m.ended_at IS NULL AND i.kind <> 'user'
      AND i.holder = ANY ((SELECT holders FROM own)::uuid[])
      AND i.state IN ('available', 'open')) AS groups,
  d.due, d.late,
  (SELECT count(*) FROM {schema}.work_item i
    WHERE i.holder = ANY ((SELECT holders FROM own)::uuid[]) AND i.state IN ('available', 'open')
      AND i.origin = 'share') AS shared,
  (SELECT count(*) FROM {schema}.work_item i
    WHERE i.holder = ANY ((SELECT holders FROM own)::uuid[]) AND i.state IN ('available', 'open')
      AND i.origin = 'ask') AS asked,
  (SELECT count(*) FROM {schema}.work_item i WHERE i.holder = %(me)s AND i.state = 'asleep') AS asleep,
  (SELECT count(*) FROM (SELECT 1 FROM {schema}.work_item i
    WHERE i.holder = ANY (ARRAY(SELECT a.person FROM {schema}.work_absent(%(me)s, %(now)s) a)) AND i.kind = 'user'
      AND i.state IN ('available', 'open') AND %(me)s = ANY ({schema}.work_substitutes(i.holder, i.task, %(now)s))
    LIMIT %(cap)s) x) AS away
FROM (SELECT count(*) AS due, count(*) FILTER (WHERE x.due_at <= %(now)s) AS late FROM (
  SELECT i.due_at FROM {schema}.work_item i
  WHERE i.holder = ANY ((SELECT holders FROM own)::uuid[]) AND i.state IN ('available', 'open')
    AND i.due_at <= %(soon)s LIMIT %(cap)s) x) d
"""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """Which items, in which order; `filter` is an expression over the record of the task.

    `text` stands in what the task is called, or its words in the record that it is about.
    """

    view: View = "inbox"
    order: Order = "due"
    process: str | None = None
    record: UUID | None = None
    text: str | None = None
    filter: Any = ""
    limit: int = 50
    after: str | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a worklist: an item with what there is to know of its task; `way` says how the reader comes to it."""

    id: UUID
    task: UUID
    subject: str
    state: str
    way: Way
    origin: str
    kind: HolderKind
    holder: UUID
    original: UUID | None
    opened_by: UUID | None
    opened_at: datetime | None
    wake_at: datetime | None
    question: str
    asked_by: UUID | None
    outcomes: tuple[Outcome, ...]
    process: str
    element: str
    instance: UUID | None
    entity: str | None
    record: UUID | None
    plan: str
    slots: int
    form: str
    priority: int
    created_at: datetime
    due_at: datetime | None
    flag: Flag
    lock_version: int


class Listed(msgspec.Struct, frozen=True):
    """A page of a worklist, and the mark of the next one if there is one."""

    entries: list[Entry]
    next: str | None


class Counters(msgspec.Struct, frozen=True):
    """How many items of each kind are in the principal's hands, counting no further than 10,000."""

    mine: int
    groups: int
    shared: int
    asked: int
    away: int
    asleep: int
    due: int
    late: int


def worklist(tx: Tx, search: Search) -> Listed:
    """A page of the principal's items; Refused when the mark of the page is none."""
    limit = max(1, min(search.limit, MOST))
    kept: list[Row] = []
    mark = _read_mark(search.after)
    for _ in range(CHUNKS):
        rows = _rows(tx, search, mark, limit + 1)
        kept += _fitting(tx, search, rows)
        if len(rows) <= limit or len(kept) > limit:
            break
        mark = _mark(rows[-1])
    now, shown = tx.clock.now(), kept[:limit]
    last = shown[-1] if len(kept) > limit else rows[-1] if len(rows) > limit else None
    return Listed([_entry(row, now) for row in shown], _write_mark(_mark(last)) if last else None)


def _rows(tx: Tx, search: Search, mark: Mapping[str, Any] | None, most: int) -> list[Row]:
    order, after = _ORDERS[search.order]
    asked = [text for name, text in _WHERE.items() if getattr(search, name) is not None]
    joined = asked or search.view == "people"
    sql = (
        _PAGE.replace("{held}", _HELD[search.view])
        .replace("{join}", _JOIN if joined else "")
        .replace("{states}", "= 'asleep'" if search.view == "asleep" else "IN ('available', 'open')")
        .replace("{only}", " ".join([_ONLY.get(search.view, ""), *asked]))
        .replace("{after}", f"AND {after}" if mark else "")
        .replace("{inner}", order.format("i"))
        .replace("{outer}", order.format("p"))
        .replace("{last}", order.format("f"))
    )
    now = tx.clock.now()
    about = search_all(tx, search.text, MOST) if search.text else ()
    everything = tx.principal.is_admin or tx.principal.is_system
    return engine_rows(
        tx, sql, me=tx.principal.user_id, now=now, soon=now + SOON, everything=everything, process=search.process,
        record=search.record, language=tx.language, most=most, found=[hit.id for group in about for hit in group.hits],
        like=f"%{escaped(fold(search.text or ''))}%", **(mark or {}),
    )  # fmt: skip


def _fitting(tx: Tx, search: Search, rows: Sequence[Row]) -> list[Row]:
    """The rows that are not hidden, and whose record fulfils the filter and may be read if there is a filter."""
    open_ones = [row for row in rows if not row["hidden"]]
    if not search.filter or not open_ones:
        return open_ones
    ids = tuple({row["task"] for row in open_ones})
    ask = Ask(entity=TASK, fields=("version",), filter=search.filter, ids=ids, limit=len(ids))
    fitting = {record.id for record in page(tx, ask).records}
    return [row for row in open_ones if row["task"] in fitting]


def _entry(row: Row, now: datetime) -> Entry:
    outcomes = msgspec.convert(row["outcomes"], tuple[Outcome, ...])
    allowed = row["allowed"]
    made = {name: row[name] for name in Entry.__struct_fields__ if name in row and name != "outcomes"}
    return Entry(
        **made,
        outcomes=tuple(each for each in outcomes if allowed is None or each.key in allowed),
        flag=flag_at(now, row["yellow_at"], row["red_at"]),
    )


def _mark(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": row["id"], "due": row["due_text"], "priority": row["priority"]}


def _write_mark(mark: Mapping[str, Any]) -> str:
    return (
        base64.urlsafe_b64encode(msgspec.json.encode([mark["id"], mark["due"], mark["priority"]])).decode().rstrip("=")
    )


def _read_mark(text: str | None) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        identity, due, priority = msgspec.json.decode(raw, type=tuple[UUID, str, int])
        if due != "infinity":
            datetime.fromisoformat(due)
    except ValueError:
        raise Refused("worklist.page", field="$skiptoken") from None
    return {"id": identity, "due": due, "priority": priority}


def counters(tx: Tx) -> Counters:
    """How many items are in the principal's hands, by kind."""
    now = tx.clock.now()
    row = engine_row(tx, _COUNT, me=tx.principal.user_id, now=now, soon=now + SOON, cap=COUNT_CAP) or {}
    return msgspec.convert(row, Counters)
