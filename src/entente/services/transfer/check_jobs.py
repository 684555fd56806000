"""The check of a large file in a job: batch by batch, each tried and taken back, so that nobody waits for its locks."""

from collections.abc import Mapping, Sequence
from itertools import islice
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.jobs.queue import Run, job
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import find
from entente.services.transfer.import_jobs import BATCH, LONGEST_SECONDS, QUEUE, on_behalf, person_of
from entente.services.transfer.known_rows import keys_by_row
from entente.services.transfer.mapping import checked_map
from entente.services.transfer.plan import JOB, Counts, Preview, State, put_checked, state_of
from entente.services.transfer.previewing import try_rows, with_more
from entente.services.transfer.refusals import forget_refusals, keep_refusals
from entente.services.transfer.rows import Plan, plan_rows, read_rows
from entente.services.transfer.sheet import SheetRow
from entente.services.transfer.uploads import source_of
from entente.services.transfer.writing_rows import Outcome

MOST_BROUGHT = 1000


class Earlier(msgspec.Struct):
    """Rows before a batch that would be created, and under which keys later ones would find them."""

    rows: dict[int, SheetRow] = {}
    by_key: dict[str, list[int]] = {}


def check_broke_off(tx: Tx, reason: str, import_id: UUID, user: UUID | None, check: UUID) -> None:
    """The check as ended where it got to, which the page says."""
    _end(tx, import_id, check)


def _end(tx: Tx, import_id: UUID, check: UUID) -> None:
    state = state_of(tx, import_id, lock=True)
    if state.checked is not None and state.checked.under_way == check:
        put_checked(tx, import_id, msgspec.structs.replace(state.checked, under_way=None))


@job("transfer.check", queue=QUEUE, limit=LONGEST_SECONDS, transaction=False, buried=check_broke_off)
def check_rows(run: Run, import_id: UUID, user: UUID | None, check: UUID) -> None:
    """Try all rows of an import in the name of the person who asked, until another check or the import begins."""
    with run.begin() as tx:
        record, state = find(tx, JOB, import_id), state_of(tx, import_id, lock=True)
        if not _is_wanted(record["status"], state, check):
            return
        forget_refusals(tx, import_id)
        source = source_of(tx, record["file"])
        preview = Preview(counts=Counts(), rows=[], total=record["total"], under_way=check)
    earlier = Earlier()
    with source.opened(state.plan.sheet) as sheet:
        while batch := list(islice(sheet.rows, BATCH)):
            with run.begin() as tx:
                made = _one_batch(tx, import_id, user, check, preview, batch, earlier)
            if made is None:
                return
            preview = made
    with run.begin() as tx:
        _end(tx, import_id, check)


def _is_wanted(status: str, state: State, check: UUID) -> bool:
    return status == "waiting" and state.checked is not None and state.checked.under_way == check


def _one_batch(
    tx: Tx,
    import_id: UUID,
    user: UUID | None,
    check: UUID,
    preview: Preview,
    batch: Sequence[SheetRow],
    earlier: Earlier,
) -> Preview | None:
    """What is known of the file after one more batch; nothing when nobody waits for it any more."""
    record, state = find(tx, JOB, import_id), state_of(tx, import_id, lock=True)
    if not _is_wanted(record["status"], state, check):
        return None
    entity = tx.catalog.entity(record["entity"])
    under = on_behalf(tx, person_of(tx, user), state.cause)
    plan = plan_rows(under, entity, checked_map(under, entity, state.plan.columns))
    keys = _keys(under, entity, plan, state, batch)
    brought = _resembling(earlier, keys)
    outcomes = try_rows(under, plan, state.plan, [*brought, *batch])[len(brought) :]
    _note(earlier, keys, batch, outcomes)
    keep_refusals(tx, import_id, batch, outcomes)
    made = with_more(entity, preview, batch, outcomes)
    put_checked(tx, import_id, made)
    return made


def _keys(tx: Tx, entity: Entity, plan: Plan, state: State, batch: Sequence[SheetRow]) -> Mapping[int, set[str]]:
    if not state.plan.rules or state.plan.duplicates == "create":
        return {}
    readings = [each for each in read_rows(tx, plan, batch) if not each.faults and each.id is None]
    return keys_by_row(tx, entity, [(each.row.number, each.values) for each in readings])


def _resembling(earlier: Earlier, keys: Mapping[int, set[str]]) -> list[SheetRow]:
    """The rows of earlier batches that rows of this one may repeat: they are tried once more before them."""
    found = {number for own in keys.values() for key in own for number in earlier.by_key.get(key, ())}
    return [earlier.rows[number] for number in sorted(found)[:MOST_BROUGHT]]


def _note(
    earlier: Earlier, keys: Mapping[int, set[str]], batch: Sequence[SheetRow], outcomes: Sequence[Outcome]
) -> None:
    for row, outcome in zip(batch, outcomes, strict=True):
        if outcome.fate == "created" and keys.get(row.number):
            earlier.rows[row.number] = row
            for key in keys[row.number]:
                earlier.by_key.setdefault(key, []).append(row.number)
