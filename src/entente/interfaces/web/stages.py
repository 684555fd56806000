"""The bar of steps of a record: the options of a choice, or the stages of its process, with the time spent in each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from entente.interfaces.html.views.fields import Names
from entente.interfaces.html.views.records import Stage
from entente.interfaces.web.fields import title_of
from entente.interfaces.web.grouping import shared_parent
from entente.kernel.access.fields import editable
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import Sort
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.records.journal import history
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record


def stages_of(tx: Tx, entity: Entity, record: Record, names: Names, *, writable: bool = False) -> tuple[Stage, ...]:
    """The steps in order: those behind, the present one, those to come; empty when the entity has no path.

    Who may write moves the record along them, as on the board; what has ended is opened again first.
    """
    screens = tx.catalog.screens.get(entity.name)
    field = entity.fields.get(screens.path) if screens and screens.path else None
    if field is None or field.name not in record:
        return ()
    value = record[field.name]
    steps = _choice_steps(tx, field, value) if field.type.key == "choice" else _linked_steps(tx, entity, field, record)
    times = _times(tx, entity, record, field.name)
    current = next((at for at, (key, _, _) in enumerate(steps) if key == str(value)), -1)
    url = _move_url(tx, entity, record, field) if writable else ""
    return tuple(
        Stage(
            label=label,
            state="failed" if at == current and failed else _state(at, current, visited=key in times),
            time=_length(tx, times.get(key)) if at <= current else "",
            url=url if at != current else "",
            key=key,
        )
        for at, (key, label, failed) in enumerate(steps)
    )


def _move_url(tx: Tx, entity: Entity, record: Record, field: Field) -> str:
    """Where the record is moved to another step; nothing when it cannot be, or has come to its end."""
    if field.name not in entity.definition.board or not editable(tx, entity, field):
        return ""
    asked = {"group": field.name}
    if field.type.key == "choice":
        ended = _has_ended(field, record[field.name])
    else:
        here = find(tx, targets(field.definition)[0], record[field.name]) if record[field.name] else None
        ended = here is None or here.get("type") not in (None, "open")
        shared = shared_parent(tx, entity, field)
        asked |= {"within": str(record[shared])} if shared else {}
    return "" if ended else f"/{entity.definition.path}/{record.id}/move?{urlencode(asked)}"


def _state(at: int, current: int, *, visited: bool) -> Any:
    """Where a step stands: who jumped over a step has not done it."""
    if at >= current:
        return "current" if at == current else "coming"
    return "done" if visited else "skipped"


def _choice_steps(tx: Tx, field: Field, value: Any) -> list[tuple[str, str, bool]]:
    """The options that lie on the way; those beside it (a second way to end) only when the record is there."""
    steps = []
    groups = [choice.group for choice in field.definition.choices]
    for choice in field.definition.choices:
        ends = choice.group is not None and choice.group != groups[0]
        first_end = next((each.key for each in field.definition.choices if each.group not in (None, groups[0])), None)
        lies_on_the_way = not ends or choice.key == value or (choice.key == first_end and not _has_ended(field, value))
        if lies_on_the_way:
            steps.append((choice.key, choice.label.to(tx.language), ends and choice.key != first_end))
    return steps


def _has_ended(field: Field, value: Any) -> bool:
    first = field.definition.choices[0].group
    return any(each.key == value and each.group not in (None, first) for each in field.definition.choices)


def _linked_steps(tx: Tx, entity: Entity, field: Field, record: Record) -> list[tuple[str, str, bool]]:
    """The stages of the record's own process, in their order."""
    target = tx.catalog.entity(targets(field.definition)[0])
    shared = next(
        (
            name
            for name, each in target.fields.items()
            if each.type.key == "link" and name in entity.fields and name != "owner"
        ),
        None,
    )
    if shared is None or not record.get(shared):
        return []
    order = "position" if "position" in target.fields else "created_at"
    found = page(tx, Ask(entity=target.name, filter=f'{shared} = "{record[shared]}"', sort=(Sort(order),), limit=30))
    here = str(record[field.name])
    lost = any(str(each.id) == here and each.get("type") == "lost" for each in found.records)
    on_the_way = (None, "open") if lost else (None, "open", "won")
    return [
        (str(each.id), title_of(tx, target, each), each.get("type") == "lost")
        for each in found.records
        if each.get("type") in on_the_way or str(each.id) == here
    ]


def _times(tx: Tx, entity: Entity, record: Record, name: str) -> dict[str, float]:
    """The seconds that the record spent at each value of a field, by the journal."""
    moves: list[tuple[datetime, str]] = [
        (entry.at, str(entry.changes[name][1]))
        for entry in reversed(history(tx, entity.name, record.id))
        if name in entry.changes
    ]
    return _spent(moves, tx.clock.now())


def _spent(moves: Sequence[tuple[datetime, str]], now: datetime) -> dict[str, float]:
    spent: dict[str, float] = {}
    for at, (since, value) in enumerate(moves):
        until = moves[at + 1][0] if at + 1 < len(moves) else now
        spent[value] = spent.get(value, 0.0) + (until - since).total_seconds()
    return spent


def _length(tx: Tx, seconds: float | None) -> str:
    if seconds is None:
        return ""
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= size:
            return tx.say(f"time.{unit}", count=int(seconds // size))
    return tx.say("time.moments")
