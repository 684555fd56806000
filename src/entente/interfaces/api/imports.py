"""Imports by programs, step by step as in the wizard: a file, its columns, a check that writes nothing, the start.

How far it got is told by the import's own record; `stop` and `undo` are actions of it.
"""

from typing import Any
from uuid import UUID

import msgspec

from entente.interfaces.api.call import Answer, Call, only
from entente.interfaces.api.collections import written
from entente.interfaces.api.processes import read_body
from entente.interfaces.api.records import addressed
from entente.interfaces.api.shape import member
from entente.interfaces.html.http.headers import attachment
from entente.interfaces.html.http.refusals import BadRequest
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import find
from entente.kernel.records.record import Record
from entente.services.transfer.importing import (
    begin_check,
    choose_sheet,
    may_use_imports,
    plan_import,
    propose_mapping,
    run_import,
    start_import,
)
from entente.services.transfer.mapping import Column, ColumnMap
from entente.services.transfer.plan import JOB, Duplicates, ImportPlan, Preview, RowResult, State, state_of
from entente.services.transfer.refusals import refused_rows_file, told
from entente.services.transfer.targets import targets_of
from entente.services.transfer.uploads import source_of

LONGEST_NAME = 250


class BeginBody(msgspec.Struct, forbid_unknown_fields=True):
    """The file that was sent to `/files`, what its rows become, and which sheet of a workbook is meant."""

    file: UUID
    entity: str
    name: str | None = None
    sheet: str | None = None


class ColumnBody(msgspec.Struct, forbid_unknown_fields=True):
    """Where a column, counted from 1, goes (empty: nowhere), and which choices its words mean."""

    number: int
    target: str
    words: dict[str, str] | None = None


class PlanBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be done otherwise than planned so far; columns that are not named stay as they are."""

    columns: list[ColumnBody] = []
    duplicates: Duplicates | None = None
    rules: bool | None = None
    sheet: str | None = None


def begin(tx: Tx, call: Call) -> Answer:
    """A new import of a file that was sent, with the columns as they are guessed or remembered."""
    only(call)
    may_use_imports(tx)
    body: BeginBody = read_body(call, BeginBody)
    name = (body.name or source_of(tx, body.file).name)[:LONGEST_NAME]
    job = start_import(tx, body.file, body.entity, name, sheet=body.sheet)
    answer = {**_record(tx, job), "plan": _plan(tx, find(tx, JOB, job))}
    return Answer(status=201, body=answer, headers={"Location": f"{call.base}/import-jobs/{job}"})


def read_plan(tx: Tx, call: Call) -> Answer:
    """How the file becomes records: its columns with samples, where they may go, what is done with duplicates."""
    return Answer(body=_plan(tx, _import(tx, call)))


def change_plan(tx: Tx, call: Call) -> Answer:
    """The plan as changed; another sheet has its columns proposed anew."""
    record = _import(tx, call)
    body: PlanBody = read_body(call, PlanBody)
    if body.sheet is not None:
        choose_sheet(tx, record.id, body.sheet)
    plan = state_of(tx, record.id).plan
    entity = tx.catalog.entity(record["entity"])
    wanted = {"duplicates": body.duplicates, "rules": body.rules}
    changed = msgspec.structs.replace(
        plan,
        columns=_columns(tx, entity, plan, body.columns),
        **{name: value for name, value in wanted.items() if value is not None},
    )
    plan_import(tx, record.id, changed)
    return Answer(body=_plan(tx, find(tx, JOB, record.id)))


def _columns(tx: Tx, entity: Entity, plan: ImportPlan, wanted: list[ColumnBody]) -> ColumnMap:
    known, columns = targets_of(tx, entity), list(plan.columns.columns)
    for each in wanted:
        if not 0 < each.number <= len(columns):
            raise Refused("import.no_such_column", field="columns", number=each.number)
        if each.target and each.target not in known:
            raise Refused("field.unknown", field=each.target[:80])
        before = columns[each.number - 1]
        words = (before.words if each.target == before.target else {}) if each.words is None else each.words
        columns[each.number - 1] = Column(before.header, each.target, words)
    return ColumnMap(tuple(columns))


def check(tx: Tx, call: Call) -> Answer:
    """What the import would do with its first rows; the others are tried by a job while `under_way` is true."""
    record = _import(tx, call)
    begin_check(tx, record.id)
    return Answer(body=_checked(tx, record))


def read_check(tx: Tx, call: Call) -> Answer:
    """What the check has found so far; Refused when the plan has not been checked as it stands."""
    return Answer(body=_checked(tx, _import(tx, call)))


def start(tx: Tx, call: Call) -> Answer:
    """The import as running, begun or gone on with."""
    record = _import(tx, call)
    run_import(tx, record.id)
    return Answer(status=202, body=_record(tx, record.id))


def give_refused(tx: Tx, call: Call) -> Answer:
    """The refused rows with the reason for every cell, as CSV or as a workbook."""
    form = call.query.get("format", "csv")
    if form not in ("csv", "xlsx"):
        raise BadRequest("api.unknown_option", field="format")
    record = _import(tx, call, "format")
    made = refused_rows_file(tx, record.id, "csv" if form == "csv" else "xlsx")
    return Answer(body=made.data, media=made.mime, headers=dict(attachment(made.name)))


def _import(tx: Tx, call: Call, *options: str) -> Record:
    """The import that the path names, for whoever may import and read it."""
    only(call, *options)
    may_use_imports(tx)
    _, identity = addressed(tx, call)
    return find(tx, JOB, identity)


def _record(tx: Tx, job: UUID) -> dict[str, Any]:
    return written(tx, tx.catalog.entity(JOB), find(tx, JOB, job))


def _plan(tx: Tx, record: Record) -> dict[str, Any]:
    plan, entity = state_of(tx, record.id).plan, tx.catalog.entity(record["entity"])
    proposal = propose_mapping(tx, record["file"], entity.name, sheet=plan.sheet)
    columns = [
        {
            "number": at + 1,
            "header": column.header,
            "target": column.target,
            "words": column.words,
            "sample": [None if at >= len(row.cells) else _text(row.cells[at]) for row in proposal.sample[:3]],
        }
        for at, column in enumerate(plan.columns.columns)
    ]
    return {
        "columns": columns,
        "remembered": plan.columns.remembered,
        "duplicates": plan.duplicates,
        "rules": plan.rules,
        "sheet": plan.sheet,
        "sheets": proposal.sheets,
        "remarks": [tx.say(remark.code, **remark.values) for remark in plan.remarks],
        "targets": [
            {"key": key, "label": target.label.to(tx.language)} for key, target in targets_of(tx, entity).items()
        ],
    }


def _text(cell: Any) -> str | None:
    return None if cell is None else str(cell)


def _checked(tx: Tx, record: Record) -> dict[str, Any]:
    state, entity = state_of(tx, record.id), tx.catalog.entity(record["entity"])
    found: Preview | None = state.checked
    if found is None:
        raise Refused("import.not_checked")
    known = targets_of(tx, entity)
    filled = {known[key].field for key in state.plan.columns.target_keys() if key in known}
    names = [name for name in entity.fields if name in filled]
    return {
        "counts": msgspec.structs.asdict(found.counts),
        "done": found.counts.done,
        "total": found.total,
        "under_way": found.under_way is not None,
        "rows": [_row(tx, entity, state, each, names) for each in found.rows],
        "refused": [_row(tx, entity, state, each, names) for each in found.refused],
    }


def _row(tx: Tx, entity: Entity, state: State, row: RowResult, names: list[str]) -> dict[str, Any]:
    """A row with what it would become: values of the fields that its columns fill, or why nothing comes of it."""
    return {
        "number": row.number,
        "fate": row.fate,
        "values": {member(entity.fields[name]): row.values[name] for name in names if name in row.values},
        "cells": row.cells,
        "faults": [
            {
                "code": fault.code,
                "column": None if fault.column is None else fault.column + 1,
                "text": told(tx, entity, state, fault),
            }
            for fault in row.faults
        ],
    }
