"""An import from upload to undo: started, mapped, checked without writing, run by a job, taken back.

The record that people see is an `import_job`; how it is done and how far it got stands beside it (`plan.py`).
"""

from itertools import islice
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.jobs.queue import enqueue
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.refusal import Conflict, Forbidden, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import find
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.transfer.check_jobs import check_rows
from entente.services.transfer.import_jobs import end_import, import_rows, on_behalf, undo_rows
from entente.services.transfer.mapping import ColumnMap, checked_map, guess_map, recalled_map, remember_map
from entente.services.transfer.plan import (
    JOB,
    Counts,
    ImportPlan,
    Preview,
    begin_state,
    put_checked,
    put_plan,
    state_of,
)
from entente.services.transfer.previewing import SHOWN, try_rows, with_more
from entente.services.transfer.refusals import forget_failure, forget_refusals, keep_refusals
from entente.services.transfer.rows import plan_rows
from entente.services.transfer.sheet import Sheet, SheetRow
from entente.services.transfer.traces import forget_kept
from entente.services.transfer.uploads import source_of

SAMPLE = 200
CHECKED = 500


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A file ready to be mapped: the plan proposed for it, its first rows, how many rows it has."""

    plan: ImportPlan
    headers: tuple[str, ...]
    sample: list[SheetRow]
    total: int
    sheets: tuple[str, ...] = ()  # of a workbook: the one that was read, then the others


def start_import(tx: Tx, file: UUID, entity: str, name: str, *, sheet: str | None = None) -> UUID:
    """The id of a new import of an uploaded file; Refused when it cannot be read to its end or holds no rows."""
    made = tx.catalog.entity(entity)
    may_import(tx, made)
    proposal = propose_mapping(tx, file, entity, sheet=sheet)
    if not proposal.total and len(proposal.sheets) < 2:
        raise Refused("import.no_rows")
    values = {
        "name": name,
        "entity": entity,
        "file": file,
        "status": "waiting",
        "duplicates": proposal.plan.duplicates,
        "mapping": msgspec.to_builtins(proposal.plan.columns),
        "total": proposal.total,
    }
    job = save(tx, JOB, values, trusted=True)
    begin_state(tx, job.id, proposal.plan, new_id())
    return job.id


def may_use_imports(tx: Tx) -> None:
    """Nothing when the principal has the right to import files at all; else Forbidden."""
    if not (tx.principal.is_admin or "import" in tx.principal.may):
        raise Forbidden()


def may_import(tx: Tx, entity: Entity) -> None:
    """Nothing when the principal may create records of the entity and keep imports; else Forbidden."""
    for wanted in (entity, tx.catalog.entity(JOB)):
        if tx.principal.depth(wanted.name, "create") == "none":
            raise Forbidden("access.create", entity=wanted.label.to(tx.language))


def propose_mapping(tx: Tx, file: UUID, entity: str, *, sheet: str | None = None) -> Proposal:
    """What is proposed for a file: the map remembered for its headers, else the one guessed from names and contents."""
    made = tx.catalog.entity(entity)
    with source_of(tx, file).opened(sheet) as opened:
        sample, total = _sampled(opened)
        columns = recalled_map(tx, made, opened.headers) or guess_map(tx, made, opened.headers, sample)
        plan = ImportPlan(columns=columns, sheet=sheet, remarks=opened.remarks)
        sheets = (opened.name, *opened.others) if opened.name else ()
        return Proposal(plan=plan, headers=opened.headers, sample=sample[:SHOWN], total=total, sheets=sheets)


def _sampled(sheet: Sheet) -> tuple[list[SheetRow], int]:
    """The first rows and the number of all; walks the file to its end, so that what is wrong with it shows now."""
    sample = list(islice(sheet.rows, SAMPLE))
    return sample, len(sample) + sum(1 for _ in sheet.rows)


def choose_sheet(tx: Tx, job: UUID, sheet: str) -> None:
    """Let another sheet of the workbook be imported, its columns proposed anew; Refused when it cannot be read."""
    record = _own(tx, job, ("waiting",))
    before = state_of(tx, job).plan
    proposal = propose_mapping(tx, record["file"], record["entity"], sheet=sheet)
    if not proposal.total:
        raise Refused("import.no_rows")
    put_plan(tx, job, msgspec.structs.replace(proposal.plan, duplicates=before.duplicates, rules=before.rules))
    values = {"total": proposal.total, "mapping": msgspec.to_builtins(proposal.plan.columns)}
    save(tx, JOB, values, id=job, trusted=True)


def plan_import(tx: Tx, job: UUID, plan: ImportPlan) -> ImportPlan:
    """The plan as kept for an import that has not run yet; its map is remembered for files with the same headers."""
    record = _own(tx, job, ("waiting",))
    columns = checked_map(tx, tx.catalog.entity(record["entity"]), plan.columns)
    kept = msgspec.structs.replace(plan, columns=columns, remarks=state_of(tx, job).plan.remarks)
    put_plan(tx, job, kept)
    remember_map(tx, record["entity"], columns)
    save(tx, JOB, {"duplicates": kept.duplicates, "mapping": msgspec.to_builtins(columns)}, id=job, trusted=True)
    return kept


def check_import(tx: Tx, job: UUID, *, most: int | None = CHECKED) -> Preview:
    """What the import would do with its first rows (`most`; none: with all): written for real, then taken back."""
    record = _own(tx, job, ("waiting",))
    state = state_of(tx, job)
    entity = tx.catalog.entity(record["entity"])
    under = on_behalf(tx, tx.principal, state.cause)
    plan = plan_rows(under, entity, checked_map(tx, entity, state.plan.columns))
    with source_of(tx, record["file"]).opened(state.plan.sheet) as sheet:
        rows = list(islice(sheet.rows, most))
    outcomes = try_rows(under, plan, state.plan, rows)
    forget_refusals(tx, job)
    keep_refusals(tx, job, rows, outcomes)
    checked = with_more(entity, Preview(counts=Counts(), rows=[], total=record["total"]), rows, outcomes)
    put_checked(tx, job, checked)
    return checked


def begin_check(tx: Tx, job: UUID) -> Preview:
    """What the import would do with its first rows; a job goes on with the others once this has committed."""
    checked = check_import(tx, job, most=CHECKED)
    if checked.counts.done < checked.total:
        checked = msgspec.structs.replace(checked, under_way=new_id())
        put_checked(tx, job, checked)
        enqueue(tx, check_rows, import_id=job, user=tx.principal.user_id, check=checked.under_way)
    return checked


def run_import(tx: Tx, job: UUID) -> None:
    """Let a job do the import once this transaction has committed; Refused when nothing is mapped."""
    ready_import(tx, job)
    enqueue(tx, import_rows, key=str(job), import_id=job, user=tx.principal.user_id)


def ready_import(tx: Tx, job: UUID) -> None:
    """Mark the import as running for whoever does its rows next; Refused when nothing is mapped."""
    record = _own(tx, job, ("waiting", "failed", "stopped"))
    entity = tx.catalog.entity(record["entity"])
    may_import(tx, entity)
    checked_map(tx, entity, state_of(tx, job).plan.columns)
    forget_failure(tx, job)
    if record["status"] == "waiting":
        forget_refusals(tx, job)
    values = {"status": "running", "started_at": record["started_at"] or tx.clock.now(), "finished_at": None}
    save(tx, JOB, values, id=job, trusted=True)


def stop_import(tx: Tx, job: UUID) -> Record:
    """The import as stopped behind the batch under way: what is written stays, to be gone on with or undone."""
    find(tx, JOB, job, privilege="update")
    state_of(tx, job, lock=True)  # whoever writes a batch holds it until that batch is committed
    return end_import(tx, tx, _own(tx, job, ("running",)), "stopped")


def undo_import(tx: Tx, job: UUID) -> None:
    """Let a job take back everything that the import did; what somebody changed since is left alone and listed."""
    record = _own(tx, job, ("done", "failed", "stopped"))
    forget_failure(tx, job)
    forget_kept(tx, job)
    save(tx, JOB, {"status": "undoing"}, id=record.id, trusted=True)
    enqueue(tx, undo_rows, key=str(job), import_id=job, user=tx.principal.user_id)


def _own(tx: Tx, job: UUID, statuses: tuple[str, ...]) -> Record:
    """The import, when the principal may change it and it stands where it should; NotFound or Conflict else."""
    record = find(tx, JOB, job, privilege="update")
    if record["status"] not in statuses:
        raise Conflict("import.not_now")
    return record


__all__ = ["ColumnMap", "ImportPlan", "Preview", "Proposal"]
