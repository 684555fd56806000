"""A task put into people's hands: its record, its items, its clock; and taken back when nobody needs it any more."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.principal import system
from entente.kernel.metadata.tables import targets
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.kernel.records.stroke import prove
from entente.services.worklist.absences import CONDITIONS, match_task
from entente.services.worklist.acting import TASK, close
from entente.services.worklist.declared import Destination, Given, Wanted, priority_name
from entente.services.worklist.destinations import Home, administrators, reached_at_home
from entente.services.worklist.escalating import plan_escalations
from entente.services.worklist.flags import Flags, flags_of
from entente.services.worklist.holding import EVENTS, ITEMS, Event, Item, Work, events_of, new_item, read_work, rows_of

_INSERT = f"""
WITH task AS (INSERT INTO {{schema}}.work_task (
  id, state, subject, names, entity, record, process, element, instance, token, plan, slots, outcomes, rule, otherwise,
  form, redirectable, idle, queue, calendar, expected_minutes, priority, created_at, follow_up_at, due_at, yellow_at,
  red_at)
VALUES (
  %(id)s, 'active', %(subject)s, %(names)s, %(entity)s, %(record)s, %(process)s, %(element)s, %(instance)s, %(token)s,
  %(plan)s, %(slots)s, %(outcomes)s, %(rule)s, %(otherwise)s, %(form)s, %(redirectable)s, %(idle)s, %(queue)s,
  %(calendar)s, %(expected_minutes)s, %(priority)s, %(created_at)s, %(follow_up_at)s, %(due_at)s, %(yellow_at)s,
  %(red_at)s)),
{ITEMS}, {EVENTS} {CONDITIONS}
"""  # noqa: S608 - own text
_WANTED = (
    "entity", "record", "process", "element", "instance", "token", "plan", "rule", "otherwise", "form",
    "redirectable", "calendar", "priority",
)  # fmt: skip
_PLAIN = ("id", "subject", "slots", "created_at", "due_at", "yellow_at", "red_at", *_WANTED)
LONGEST = 250


def put_task(tx: Tx, wanted: Wanted) -> UUID:
    """The id of a new task in the hands of its destinations.

    It goes to the fallback when none of them has anybody active, and to the administrators when that has none either.
    """
    homes = reached_at_home(tx, wanted.destinations)
    lost = not homes
    homes = homes or reached_at_home(tx, wanted.fallback) or dict.fromkeys(administrators(tx))
    found = list(homes)
    flags = flags_of(tx, wanted)
    record = _record(tx, wanted, homes, flags)
    work = _work(tx, wanted, found, flags, record)
    asked = found[:1] if wanted.plan == "sequential" else found
    items = [_item(tx, work, each, at, wanted) for at, each in enumerate(asked)]
    conditions = engine_rows(
        tx, _INSERT, items=rows_of(items), events=events_of(tx, work, [Event("create", None, {"lost": lost})]),
        names=Jsonb(work.names), outcomes=Jsonb(msgspec.to_builtins(work.outcomes)),
        queue=Jsonb(msgspec.to_builtins(work.queue)),
        expected_minutes=wanted.expected_minutes, idle=wanted.idle, follow_up_at=wanted.follow_up_at,
        people=[each.id for each in found if each.kind == "user"], now=tx.clock.now(),
        **{name: getattr(work, name) for name in _PLAIN},
    )  # fmt: skip
    match_task(tx, record, conditions)
    plan_escalations(tx, work, wanted.escalations)
    return record.id


def _work(tx: Tx, wanted: Wanted, found: Sequence[Destination], flags: Flags, record: Record) -> Work:
    slots = len(found) if wanted.plan != "once" else wanted.slots or 1
    return Work(
        id=record.id,
        state="active",
        subject=record["subject"],
        names={language: _line(text) for language, text in wanted.names.items()},
        slots=max(slots, 1),
        outcomes=list(wanted.outcomes),
        queue=list(found[1:]) if wanted.plan == "sequential" else [],
        created_at=tx.clock.now(),
        **msgspec.structs.asdict(flags),
        **{name: getattr(wanted, name) for name in _WANTED},
    )


def _line(text: str) -> str:
    return " ".join(text.split())[:LONGEST]


def _item(tx: Tx, work: Work, destination: Destination, at: int, wanted: Wanted) -> Item:
    asleep = wanted.follow_up_at is not None and wanted.follow_up_at > tx.clock.now()
    state = "asleep" if asleep else "available"
    wake = wanted.follow_up_at if asleep else None
    return new_item(work, destination, "rule", tx.clock.now(), position=at, state=state, wake_at=wake)


def _record(tx: Tx, wanted: Wanted, found: Mapping[Destination, Home | None], flags: Flags) -> Record:
    engine = tx.acting_as(system("worklist"))
    values: dict[str, Any] = {
        "subject": _line(wanted.subject) or wanted.element or wanted.process,
        "description": wanted.instructions or None,
        "priority": priority_name(wanted.priority),
        "due_at": flags.due_at,
        "process": wanted.process or None,
        "process_instance": str(wanted.instance) if wanted.instance else None,
        "element": wanted.element or None,
        "outcomes": msgspec.to_builtins(wanted.outcomes) or None,
        **_owner(engine, found),
    }
    if wanted.entity in targets(tx.catalog.entity(TASK).field("regarding").definition):
        values["regarding"] = {"entity": wanted.entity, "id": wanted.record}
    return save(engine, TASK, values, trusted=True)


def _owner(engine: Tx, found: Mapping[Destination, Home | None]) -> dict[str, UUID | None]:
    """Whose a task is that only one has: his, in his team and unit, which need not be read again to be linked to."""
    [(one, home), *others] = found.items()
    if others or one.kind == "role":
        return {}
    owned: dict[str, UUID | None] = {"owner" if one.kind == "user" else "team": one.id}
    if home is None:
        return owned
    for entity, identity in ((one.kind, one.id), ("team", home.team), ("business_unit", home.unit)):
        if identity is not None:
            prove(engine, entity, identity)
    return {"team": home.team, "unit": home.unit, **owned}


def withdraw(tx: Tx, instance: UUID, tokens: Sequence[int]) -> None:
    """Take the tasks of tokens that are gone out of everybody's hands; those that are over stay as they are."""
    found = engine_rows(
        tx,
        "SELECT id FROM {schema}.work_task WHERE instance = %(instance)s AND token = ANY (%(tokens)s)"
        " AND state = 'active' ORDER BY id",
        instance=instance,
        tokens=list(tokens),
    )
    for row in found:
        work = read_work(tx, row["id"])
        close(tx, work, "", Given(), Event("withdraw"), state="cancelled")
