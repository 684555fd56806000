"""The work of an import in jobs: batches commit with their cursor, so that a crash neither loses nor doubles a row."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from uuid import UUID

import msgspec
from psycopg.errors import ReadOnlySqlTransaction

from entente.kernel.db.tx import Cause, Tx, engine_rows
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.jobs.queue import Run, job
from entente.kernel.kit.principal import Principal, system
from entente.kernel.kit.refusal import Forbidden, Refused
from entente.kernel.records.query import find
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.kernel.undoing import undo_part
from entente.services.transfer.ahead import Drafted, can_draft, draft_rows, one_ahead, write_drafted
from entente.services.transfer.broken_off import import_broke_off, undo_broke_off
from entente.services.transfer.mapping import checked_map
from entente.services.transfer.plan import JOB, Counts, State, put_cursor, put_undo_left, state_of
from entente.services.transfer.refusals import keep_failure, keep_refusals, refused_rows_file
from entente.services.transfer.rows import Plan, plan_rows
from entente.services.transfer.sheet import SheetRow
from entente.services.transfer.telling import tell_end
from entente.services.transfer.traces import count_kept, keep_kept
from entente.services.transfer.uploads import keep_file, source_of
from entente.services.transfer.writing_rows import Outcome, write_rows

BATCH = 1000
LONGEST_SECONDS = 4 * 3600
QUEUE = "import"
# A batch that a crash of the machine takes back is imported again, for its cursor goes with it; the end of the import
# waits until all of it is on the disk.
LATER = "SET LOCAL synchronous_commit = off"


class Batch(msgspec.Struct, frozen=True):
    """Rows that are written in one transaction, as drafts where they could be made ahead."""

    rows: list[SheetRow]
    drafted: Drafted | None


@job("transfer.import", queue=QUEUE, limit=LONGEST_SECONDS, transaction=False, buried=import_broke_off)
def import_rows(run: Run, import_id: UUID, user: UUID | None) -> None:
    """Do what is left of an import, batch by batch, in the name of the person who started it."""
    with run.begin() as tx:
        record, state = find(tx, JOB, import_id), state_of(tx, import_id)
        source = source_of(tx, record["file"])
    if record["status"] != "running":
        return
    try:
        with source.opened(state.plan.sheet) as sheet:
            rows = (row for row in sheet.rows if row.number > state.row_done)
            if _all_batches(run, import_id, user, rows, state.row_done):
                _end(run, import_id, user, "done")
    except Refused as refused:
        with run.begin() as tx:
            keep_failure(tx, import_id, refused)
        _end(run, import_id, user, "failed")


def _all_batches(run: Run, import_id: UUID, user: UUID | None, rows: Iterator[SheetRow], done: int) -> bool:
    """Whether the rows were done to their end here; not when it was stopped or another worker took it over."""
    with closing(one_ahead(_drafted_batches(run, import_id, user, rows))) as batches:
        for batch, make_next in batches:
            with run.begin() as tx:
                engine_rows(tx, LATER)
                state, record = state_of(tx, import_id, lock=True), find(tx, JOB, import_id)
                if state.row_done != done or record["status"] != "running":
                    return False
                _one_batch(tx, record, user, state, batch, make_next)
            done = batch.rows[-1].number
    return True


def _drafted_batches(run: Run, import_id: UUID, user: UUID | None, rows: Iterator[SheetRow]) -> Iterator[Batch]:
    able = True
    while batch := list(islice(rows, BATCH)):
        drafted = _draft_batch(run, import_id, user, batch) if able else None
        able = drafted is not None
        yield Batch(batch, drafted)


def _draft_batch(run: Run, import_id: UUID, user: UUID | None, batch: Sequence[SheetRow]) -> Drafted | None:
    """The batch as drafts; nothing when it must wait for those before it, or code of a module wants to write."""
    try:
        with run.begin() as tx:
            state = state_of(tx, import_id)
            under, plan = _planned(tx, find(tx, JOB, import_id), user, state)
            return draft_rows(under, plan, batch) if can_draft(tx, plan, state.plan) else None
    except ReadOnlySqlTransaction:
        return None


def _planned(tx: Tx, record: Record, user: UUID | None, state: State) -> tuple[Tx, Plan]:
    entity = tx.catalog.entity(record["entity"])
    under = on_behalf(tx, person_of(tx, user), state.cause)
    return under, plan_rows(under, entity, checked_map(under, entity, state.plan.columns))


def _one_batch(
    tx: Tx, record: Record, user: UUID | None, state: State, batch: Batch, meanwhile: Callable[[], None]
) -> None:
    under, plan = _planned(tx, record, user, state)
    outcomes = write_drafted(under, plan, batch.drafted, batch.rows, meanwhile) if batch.drafted else None
    if outcomes is None:
        meanwhile()
        outcomes = write_rows(under, plan, state.plan, batch.rows)
    keep_refusals(tx, record.id, batch.rows, outcomes)
    put_cursor(tx, record.id, batch.rows[-1].number)
    _count(tx, record, outcomes)


def _count(tx: Tx, record: Record, outcomes: Sequence[Outcome]) -> None:
    before = Counts(
        record["created_count"] or 0,
        record["updated_count"] or 0,
        record["skipped_count"] or 0,
        record["refused_count"] or 0,
    )
    now = before.plus([outcome.fate for outcome in outcomes])
    values = {
        "done": now.done,
        "created_count": now.created,
        "updated_count": now.updated,
        "skipped_count": now.skipped,
        "refused_count": now.refused,
    }
    save(tx, JOB, values, id=record.id, trusted=True)


def _end(run: Run, import_id: UUID, user: UUID | None, status: str) -> None:
    with run.begin() as tx:
        state_of(tx, import_id, lock=True)
        record = find(tx, JOB, import_id)
        if record["status"] != "running":
            return
        reader = on_behalf(tx, person_of(tx, user), tx.cause.id)
        tell_end(reader, end_import(tx, reader, record, status))


def end_import(tx: Tx, reader: Tx, record: Record, status: str) -> Record:
    """The import as ended, with the file of its refused rows in the reader's language."""
    values = {"status": status, "finished_at": tx.clock.now()}
    if record["refused_count"] or status == "failed":
        made = refused_rows_file(reader, record.id)
        values["refused_file"] = keep_file(reader, made.name, made.data, made.mime)
    return save(tx, JOB, values, id=record.id, trusted=True)


@job("transfer.undo", queue=QUEUE, limit=LONGEST_SECONDS, transaction=False, buried=undo_broke_off)
def undo_rows(run: Run, import_id: UUID, user: UUID | None) -> None:
    """Take back all changes of an import, newest first, a batch per transaction; may be repeated after a crash."""
    with run.begin() as tx:
        cause, status = state_of(tx, import_id).cause, find(tx, JOB, import_id)["status"]
    if status != "undoing":
        return
    before: int | None = None
    while True:
        with run.begin() as tx:
            part = undo_part(on_behalf(tx, person_of(tx, user), run.cause.id), cause, before)
            keep_kept(tx, import_id, part.left)
        before = part.next
        if before is None:
            break
    with run.begin() as tx:
        put_undo_left(tx, import_id, count_kept(tx, import_id))
        values = {"status": "undone", "finished_at": tx.clock.now()}
        made = save(tx, JOB, values, id=import_id, trusted=True)
        tell_end(on_behalf(tx, person_of(tx, user), run.cause.id), made)


def person_of(tx: Tx, user: UUID | None) -> Principal:
    """The person with the rights of the moment, or the system when the system asked; Forbidden when he is gone."""
    if user is None:
        return system(QUEUE)
    found = principal_of(tx, user)
    if found is None:
        raise Forbidden("import.person_gone")
    return found


def on_behalf(tx: Tx, person: Principal, cause: UUID) -> Tx:
    """The transaction in a person's name and language, all its changes under one cause of the import door."""
    made = tx.acting_as(person, Cause(cause, "import", "import"))
    made.language = person.language
    return made
