"""An import under way can be stopped: whole batches stay, nothing more comes, and it can be gone on with or undone."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from tests.world.cast import World

from entente.kernel.db.tx import Tx, new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Conflict, NotFound
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.stream.notifications import list_notifications
from entente.services.transfer import import_jobs
from entente.services.transfer.import_jobs import import_rows, undo_rows
from entente.services.transfer.importing import run_import, start_import, stop_import, undo_import
from entente.services.transfer.plan import put_cursor, state_of
from entente.services.transfer.sheet import SheetRow
from entente.services.transfer.traces import kept_of, written_by
from entente.services.transfer.uploads import keep_file
from entente.services.transfer.writing_rows import Outcome, write_rows

ROWS = 7
BATCH = 3


@pytest.fixture
def job(world: World, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """An import of seven rows that was started, to be done three by three."""
    monkeypatch.setattr(import_jobs, "BATCH", BATCH)
    text = "Nom;E-mail\n" + "".join(f"N{n};n{n}@stop.example\n" for n in range(ROWS - 1)) + "N;pas une adresse\n"
    with world.acts("james") as tx:
        made = start_import(tx, keep_file(tx, "clients.csv", text.encode()), "contact", "clients.csv")
        run_import(tx, made)
    return made


def finish(world: World, function: Callable[..., Any], job: UUID) -> None:
    function(Run(world.database, "main", system("test"), new_cause("job")), job, world.id_of("james"))


def after(batches: int, deed: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Do something once between two batches of an import."""
    seen: list[int] = []

    def counted(tx: Tx, job: UUID, row: int) -> None:
        seen.append(row)
        put_cursor(tx, job, row)

    def asked(tx: Tx, job: UUID, *, lock: bool = False) -> Any:
        if lock and len(seen) == batches:
            seen.append(0)
            deed()
        return state_of(tx, job, lock=lock)

    monkeypatch.setattr(import_jobs, "put_cursor", counted)
    monkeypatch.setattr(import_jobs, "state_of", asked)


def stop(world: World, job: UUID) -> None:
    with world.acts("james") as tx:
        stop_import(tx, job)


def record(world: World, job: UUID) -> Record:
    with world.system() as tx:
        return find(tx, "import_job", job)


def contacts(world: World) -> list[str]:
    with world.system() as tx:
        found = page(tx, Ask(entity="contact")).records
        return sorted(each["last_name"] for each in found if each["emails"] and "stop" in each["emails"][0].value)


def test_a_stopped_import_keeps_whole_batches_and_goes_on(
    world: World, job: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    after(1, lambda: stop(world, job), monkeypatch)
    finish(world, import_rows, job)
    made = record(world, job)
    assert (made["status"], made["done"], made["created_count"]) == ("stopped", BATCH, BATCH)
    assert contacts(world) == ["N0", "N1", "N2"]
    with world.acts("james") as tx:
        run_import(tx, job)
    finish(world, import_rows, job)
    made = record(world, job)
    assert (made["status"], made["done"], made["refused_count"]) == ("done", ROWS, 1)
    assert contacts(world) == [f"N{n}" for n in range(ROWS - 1)]


def test_what_was_written_before_a_stop_can_be_taken_back(
    world: World, job: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    after(1, lambda: stop(world, job), monkeypatch)
    finish(world, import_rows, job)
    with world.acts("james") as tx:
        undo_import(tx, job)
        with pytest.raises(Conflict):
            stop_import(tx, job)
    finish(world, undo_rows, job)
    assert (record(world, job)["status"], contacts(world)) == ("undone", [])


def test_a_stop_before_the_first_batch_writes_nothing(world: World, job: UUID) -> None:
    stop(world, job)
    finish(world, import_rows, job)
    assert (record(world, job)["status"], contacts(world)) == ("stopped", [])


def test_a_stop_waits_for_the_batch_under_way(world: World, job: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(tx: Tx, plan: Any, made: Any, rows: Sequence[SheetRow]) -> list[Outcome]:
        with world.system() as other:
            other.connection.execute("SET LOCAL lock_timeout = '50ms'")
            with pytest.raises(Exception, match="lock timeout"):
                stop_import(other, job)
            other.connection.rollback()
        return write_rows(tx, plan, made, rows)

    monkeypatch.setattr(import_jobs, "write_rows", write)
    finish(world, import_rows, job)
    assert record(world, job)["status"] == "done"


def test_nobody_stops_the_import_of_somebody_else(world: World, job: UUID) -> None:
    with world.acts("marie") as tx, pytest.raises(NotFound):
        stop_import(tx, job)


def test_the_refused_rows_of_a_stopped_import_are_kept_as_a_file(
    world: World, job: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_jobs, "BATCH", ROWS)
    after(1, lambda: stop(world, job), monkeypatch)
    finish(world, import_rows, job)
    made = record(world, job)
    assert (made["status"], made["refused_count"]) == ("stopped", 1)
    assert made["refused_file"]


def told(world: World) -> list[str]:
    with world.acts("james") as tx:
        return [each.text for each in list_notifications(tx) if each.kind == "import.told"]


def test_whoever_imports_is_told_of_the_end(world: World, job: UUID) -> None:
    finish(world, import_rows, job)
    assert told(world) == ["The import of “clients.csv” has ended: 6 created, 0 updated, 1 refused."]
    with world.acts("james") as tx:
        undo_import(tx, job)
    finish(world, undo_rows, job)
    finish(world, undo_rows, job)
    assert told(world)[0] == "The import of “clients.csv” is undone."
    assert len(told(world)) == 2


def test_the_undo_of_an_import_names_what_it_left_and_why(world: World, job: UUID) -> None:
    finish(world, import_rows, job)
    with world.acts("james") as tx:
        made = written_by(tx, job, "created")
        assert len(made) == ROWS - 1
        assert written_by(tx, job, "updated") == []
    with world.acts("helene") as tx:
        save(tx, "contact", {"job_title": "Présidente"}, id=made[0])
    with world.acts("james") as tx:
        undo_import(tx, job)
    finish(world, undo_rows, job)
    with world.acts("james") as tx:
        left = kept_of(tx, job)
        assert [(each.id, each.title, each.reason) for each in left] == [(made[0], "N0", "undo.changed_since")]
        assert left[0].changed_by == find(tx, "user", world.id_of("helene"))["name"]
        assert left[0].changed_at
        assert written_by(tx, job, "kept") == [made[0]]
        assert state_of(tx, job).undo_left == 1
    with world.acts("marie") as tx, pytest.raises(NotFound):
        kept_of(tx, job)
