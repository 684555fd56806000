"""An import whose job failed for good ends as failed, says why, and can be gone on with or undone."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.world.cast import World

from entente.kernel.db.tx import Cause, new_cause
from entente.kernel.jobs.queue import MOST_RETRIES, Order, Run, job_of
from entente.kernel.jobs.reaper import reap
from entente.kernel.jobs.worker import Buried, run_job
from entente.kernel.kit.principal import system
from entente.kernel.records.query import Ask, find, page
from entente.services.transfer import import_jobs
from entente.services.transfer.import_jobs import import_rows, undo_rows
from entente.services.transfer.importing import run_import, start_import, undo_import
from entente.services.transfer.refusals import refused_rows
from entente.services.transfer.uploads import keep_file


@pytest.fixture
def job(world: World) -> UUID:
    """An import that was started."""
    text = "Nom;E-mail\n" + "".join(f"N{n};n{n}@x.example\n" for n in range(5))
    with world.acts("james") as tx:
        made = start_import(tx, keep_file(tx, "clients.csv", text.encode()), "contact", "clients.csv")
        run_import(tx, made)
    return made


def order(world: World, job: UUID) -> Order:
    arguments = msgspec.to_builtins({"import_id": job, "user": world.id_of("james")})
    return Order("main", Cause(new_cause("job").id, "job", "import"), arguments)


def last_try(world: World, function: Callable[..., Any], job: UUID) -> None:
    run_job(world.database, job_of(function), 7, MOST_RETRIES, order(world, job))


def ends(world: World, job: UUID) -> tuple[str, list[str]]:
    with world.system() as tx:
        codes = [fault.code for row in refused_rows(tx, job) for fault in row.faults]
        return find(tx, "import_job", job)["status"], codes


def contacts(world: World) -> int:
    with world.system() as tx:
        return len(page(tx, Ask(entity="contact")).records)


def finish(world: World, function: Callable[..., Any], job: UUID) -> None:
    function(Run(world.database, "main", system("test"), new_cause("job")), job, world.id_of("james"))


def test_an_import_that_fails_for_good_is_failed_and_goes_on(
    world: World, job: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(import_jobs, "write_rows", lambda *_: 1 / 0)
        with pytest.raises(Buried):
            last_try(world, import_rows, job)
    assert ends(world, job) == ("failed", ["import.broke_off"])
    with world.acts("james") as tx:
        run_import(tx, job)
    finish(world, import_rows, job)
    assert ends(world, job) == ("done", [])
    assert contacts(world) == 5


def test_an_import_whose_worker_died_too_often_is_failed_and_undone(world: World, job: UUID) -> None:
    with world.system() as tx:
        tx.connection.execute(
            "UPDATE public.procrastinate_jobs SET status = 'doing', attempts = %s WHERE task_name = 'transfer.import'",
            (MOST_RETRIES,),
        )
    reap(world.database, {made.name: made for made in (job_of(import_rows), job_of(undo_rows))})
    assert ends(world, job) == ("failed", ["import.broke_off"])
    with world.acts("james") as tx:
        undo_import(tx, job)
    finish(world, undo_rows, job)
    assert ends(world, job) == ("undone", [])


def test_an_undoing_that_fails_for_good_is_repeated(world: World, job: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    finish(world, import_rows, job)
    with world.acts("james") as tx:
        undo_import(tx, job)
    with monkeypatch.context() as broken:
        broken.setattr(import_jobs, "undo_part", lambda *_: 1 / 0)
        with pytest.raises(Buried):
            last_try(world, undo_rows, job)
    assert ends(world, job) == ("failed", ["import.undo_broke_off"])
    with world.acts("james") as tx:
        undo_import(tx, job)
    finish(world, undo_rows, job)
    assert ends(world, job)[0] == "undone"
    assert contacts(world) == 0
