"""Rows into records: duplicates found for a batch at once, all rows written together, the bad ones singled out."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.access.fields import editable
from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.catalog import Catalog, Entity
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import Write, save_many
from entente.services.transfer.known_rows import Known, known_rows, repeated_rows
from entente.services.transfer.plan import Fate, ImportPlan
from entente.services.transfer.rows import Plan, Reading, read_rows
from entente.services.transfer.sheet import CellFault, SheetRow

HOME = ("team", "unit")
QUIET_STAGES = ("prepare", "derive", "check", "follow")


class Task(msgspec.Struct, frozen=True):
    """A row that is to be written, and the record that it changes, if any."""

    reading: Reading
    write: Write


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one row: the record as written, the id of the one it repeats, or the faults."""

    number: int
    fate: Fate
    record: Record | None = None
    known: UUID | None = None
    faults: tuple[CellFault, ...] = ()


def write_rows(tx: Tx, plan: Plan, made: ImportPlan, rows: Sequence[SheetRow]) -> list[Outcome]:
    """What became of the rows, in their order; nothing is committed here."""
    tx = tx if made.rules else without_rules(tx)
    readings = with_homes(tx, plan.entity, read_rows(tx, plan, rows))
    results = {reading.row.number: _refused(reading, reading.faults) for reading in readings if reading.faults}
    waiting = [reading for reading in readings if not reading.faults]
    while waiting:
        known = _known(tx, plan.entity, made, waiting)
        later = [reading for reading in waiting if reading.row.number in known.later]
        now = [reading for reading in waiting if reading.row.number not in known.later]
        results |= _written(tx, plan, made, now, known)
        waiting = later
    return [results[row.number] for row in rows]


def with_homes(tx: Tx, entity: Entity, readings: Sequence[Reading]) -> Sequence[Reading]:
    """The readings with the team and business unit of the owners that they name, read in one statement for all."""
    names = [name for name in HOME if name in entity.fields and editable(tx, entity, entity.fields[name])]
    owners = {reading.values["owner"] for reading in readings if "owner" in reading.values}
    if entity.definition.access != "owned" or not names or not owners - {tx.principal.user_id}:
        return readings
    found = engine_rows(
        tx, 'SELECT id, team, unit FROM {schema}."user" WHERE id = ANY(%(owners)s)', owners=list(owners)
    )
    homes = {row["id"]: {name: row[name] for name in names if row[name]} for row in found}
    return [
        msgspec.structs.replace(reading, values={**homes.get(reading.values.get("owner"), {}), **reading.values})
        for reading in readings
    ]


def without_rules(tx: Tx) -> Tx:
    """The same transaction under a catalog whose modules complete, compute and check values but do not react."""
    quiet = tx.acting_as(tx.principal)
    quiet.catalog = _quiet_catalog(tx.catalog)
    return quiet


_quiet: dict[int, tuple[Catalog, Catalog]] = {}


def _quiet_catalog(catalog: Catalog) -> Catalog:
    kept = _quiet.get(id(catalog))
    if kept is None or kept[0] is not catalog:
        behaviours = tuple(each for each in catalog.sources.behaviours if each.stage in QUIET_STAGES)
        sources = msgspec.structs.replace(catalog.sources, behaviours=behaviours)
        _quiet.clear()
        kept = _quiet[id(catalog)] = (catalog, Catalog(sources, schema=catalog.schema, version=catalog.version))
    return kept[1]


def _known(tx: Tx, entity: Entity, made: ImportPlan, readings: Sequence[Reading]) -> Known:
    if not made.rules or made.duplicates == "create":
        return Known({}, repeated_rows(tx, entity, [(reading.row.number, reading.values) for reading in readings]))
    fresh = [(reading.row.number, reading.values) for reading in readings if reading.id is None]
    return known_rows(tx, entity, fresh) if fresh else Known({})


def _written(tx: Tx, plan: Plan, made: ImportPlan, readings: Sequence[Reading], known: Known) -> dict[int, Outcome]:
    tasks: list[Task] = []
    results: dict[int, Outcome] = {}
    fillings = _fillings(tx, plan.entity, readings, known) if made.duplicates == "fill" else {}
    for reading in readings:
        number = reading.row.number
        if reading.id is not None:
            tasks.append(Task(reading, Write(values=reading.values, id=reading.id, clean=True)))
        elif number not in known.same:
            tasks.append(Task(reading, Write(values=reading.values, clean=True)))
        elif fillings.get(number):
            tasks.append(Task(reading, Write(values=fillings[number], id=known.same[number], clean=True)))
        else:
            results[number] = Outcome(number=number, fate="skipped", known=known.same[number])
    saved = save_each(tx, plan.entity.name, [task.write for task in tasks])
    for task, outcome in zip(tasks, saved, strict=True):
        results[task.reading.row.number] = _outcome(plan, task, outcome)
    return results


def _fillings(tx: Tx, entity: Entity, readings: Sequence[Reading], known: Known) -> dict[int, dict[str, Any]]:
    """By row: the values that fill a field which is still empty in the record that the row means."""
    wanted = {
        reading.row.number: known.same[reading.row.number] for reading in readings if known.same.get(reading.row.number)
    }
    ids = tuple({identity for identity in wanted.values() if identity})
    if not ids:
        return {}
    found = {record.id: record for record in page(tx, Ask(entity=entity.name, ids=ids, limit=len(ids))).records}
    values = {reading.row.number: reading.values for reading in readings}
    return {
        number: _empty_ones(entity, found[identity], values[number])
        for number, identity in wanted.items()
        if identity in found
    }


def _empty_ones(entity: Entity, record: Record, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in values.items()
        if name in record and entity.fields[name].type.is_empty(record[name])
    }


def save_each(tx: Tx, entity: str, writes: Sequence[Write]) -> list[Record | Refused]:
    """For each write its record, or why it was refused: the good ones are written although others are not.

    A refusal ends its whole savepoint, so the batch is halved until the culprit stands alone.
    """
    if not writes:
        return []
    try:
        with tx.connection.transaction():
            return [*save_many(tx, entity, writes)]
    except Refused as refused:
        if len(writes) == 1:
            return [refused]
    middle = len(writes) // 2
    return save_each(tx, entity, writes[:middle]) + save_each(tx, entity, writes[middle:])


def _outcome(plan: Plan, task: Task, made: Record | Refused) -> Outcome:
    if isinstance(made, Refused):
        return _refused(task.reading, _faults(plan, made))
    number = task.reading.row.number
    return Outcome(number=number, fate="created" if task.write.id is None else "updated", record=made)


def refused_outcome(plan: Plan, reading: Reading, reason: Refused | None = None) -> Outcome:
    """The outcome of a row that was refused for its cells, or for what its record would be."""
    return _refused(reading, _faults(plan, reason) if reason else reading.faults)


def _refused(reading: Reading, faults: Sequence[CellFault]) -> Outcome:
    return Outcome(number=reading.row.number, fate="refused", faults=tuple(faults))


def _faults(plan: Plan, refused: Refused) -> tuple[CellFault, ...]:
    """The faults that a refusal names, each at the column that fills its field."""
    faults = refused.faults if isinstance(refused, Invalid) else (refused,)
    return tuple(
        CellFault(
            fault.code,
            next((place.at for place in plan.places.get(fault.field or "", ())), None),
            {**fault.values, **({"field": fault.field} if fault.field else {})},
        )
        for fault in faults
    )
