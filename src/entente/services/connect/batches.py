"""Work on many records in a job: batches commit one by one, the person who asked sees how far it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Cause, Tx, engine_rows
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.jobs.queue import Run, enqueue, job
from entente.kernel.kit.refusal import Forbidden
from entente.kernel.records.bulk import do_with_each, touched_by
from entente.kernel.undoing import DEED as UNDO
from entente.kernel.undoing import undo_part
from entente.services.connect.left import keep_left, reason_of
from entente.services.connect.live import CHANNEL, Notice

BATCH = 100
LONGEST_SECONDS = 3600
WORK, TAKE_BACK = "connect.batches", "connect.undo_batches"


def order_batches(tx: Tx, entity: str, deed: str, ids: Sequence[UUID], values: Mapping[str, Any]) -> None:
    """Have a deed done with many records once this transaction has committed, in the name of its principal."""
    user = tx.principal.user_id
    enqueue(tx, do_batches, user=user, entity=entity, deed=deed, ids=list(ids), values=dict(values))


def order_undo(tx: Tx, cause: UUID) -> None:
    """Have everything that was done at one stroke taken back, in the name of the transaction's principal."""
    enqueue(tx, undo_batches, user=tx.principal.user_id, cause=cause)


@job(WORK, limit=LONGEST_SECONDS, transaction=False)
def do_batches(run: Run, user: UUID, entity: str, deed: str, ids: list[UUID], values: dict[str, Any]) -> None:
    """Do what is left of a deed with many records; a repeated run passes over what the first one did."""
    for batch in _batches(run, entity, deed, ids):
        with run.begin() as tx:
            under = _on_behalf(tx, user, run.cause.id, deed)
            done = touched_by(tx, entity, run.cause.id, batch)
            outcome = do_with_each(under, entity, deed, [each for each in batch if each not in done], values)
            made = under.catalog.entity(entity)
            left = [(entity, identity, reason_of(under, made, refusal)) for identity, refusal in outcome.refused]
            keep_left(tx, run.cause.id, user, left)
            tell_progress(tx, run.cause.id, user)
    with run.begin() as tx:
        tell_progress(tx, run.cause.id, user)


def _batches(run: Run, entity: str, deed: str, ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    """The records by hundreds; an action over the whole selection gets it whole."""
    with run.begin() as tx:
        action = tx.catalog.actions.get(f"{entity}.{deed}")
    size = len(ids) if action is not None and action.scope == "all" else BATCH
    return (ids[at : at + size] for at in range(0, len(ids), size))


@job(TAKE_BACK, limit=LONGEST_SECONDS, transaction=False)
def undo_batches(run: Run, user: UUID, cause: UUID) -> None:
    """Take back what was done at one stroke, newest first, a batch per transaction; may be repeated after a crash."""
    before: int | None = None
    while True:
        with run.begin() as tx:
            under = _on_behalf(tx, user, run.cause.id, UNDO)
            part = undo_part(under, cause, before)
            keep_left(tx, run.cause.id, user, [(entity, record, under.say(code)) for entity, record, code in part.left])
            tell_progress(tx, run.cause.id, user)
        before = part.next
        if before is None:
            return


def _on_behalf(tx: Tx, user: UUID, cause: UUID, deed: str) -> Tx:
    person = principal_of(tx, user)
    if person is None:
        raise Forbidden("batches.person_gone")
    return tx.acting_as(person, Cause(cause, "web", deed))


def tell_progress(tx: Tx, cause: UUID, user: UUID) -> None:
    """Tell the screens of a person, when the transaction commits, that his work has come further."""
    organisation = tx.catalog.schema.removeprefix("org_")
    notice = Notice(organisation=organisation, kind="progress", id=str(cause), users=(str(user),))
    engine_rows(
        tx, "SELECT pg_notify(%(channel)s, %(text)s)", channel=CHANNEL, text=msgspec.json.encode(notice).decode()
    )
