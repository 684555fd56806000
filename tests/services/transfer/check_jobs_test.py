"""The check of a whole file says what the import then does, writes nothing, gives way to what people do meanwhile."""

import csv
import io
from uuid import UUID

import pytest
from tests.services.transfer.importing_test import contacts, counts, done, started
from tests.world.cast import World

from entente.kernel.db.tx import engine_rows, new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.principal import system
from entente.services.transfer import check_jobs, importing
from entente.services.transfer.check_jobs import check_rows
from entente.services.transfer.importing import begin_check, plan_import, run_import
from entente.services.transfer.plan import Preview, state_of
from entente.services.transfer.refusals import refused_rows_file

PEOPLE = 23


def the_file() -> str:
    """Twenty-three people, two of them again much later, two rows at fault, the last one among them."""
    lines = [f"Paul;Nom{number};n{number}@kerv.example" for number in range(PEOPLE)]
    lines += ["Paul;Nom1;n1@kerv.example", "Paul;Nom20;n20@kerv.example", "Zoë;Loin;pas une adresse"]
    lines.insert(12, ";;")
    return "Prénom;Nom;E-mail\n" + "\n".join(lines) + "\n;;;x\n"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHECKED", 5)
    monkeypatch.setattr(check_jobs, "BATCH", 7)


def begun(world: World, job: UUID) -> Preview:
    with world.acts("james") as tx:
        return begin_check(tx, job)


def checked(world: World, job: UUID, check: UUID | None) -> Preview | None:
    assert check is not None
    check_rows(Run(world.database, "main", system("test"), new_cause("job")), job, world.id_of("james"), check)
    with world.system() as tx:
        return state_of(tx, job).checked


def refused_lines(world: World, job: UUID) -> list[str]:
    with world.acts("james") as tx:
        made = refused_rows_file(tx, job, "csv")
    return [row[0] for row in csv.reader(io.StringIO(made.data.decode("utf-8-sig")), delimiter=";")][1:]


@pytest.mark.parametrize("duplicates", ["skip", "fill", "create"])
def test_the_check_of_the_whole_file_says_what_the_import_then_does(world: World, duplicates: str) -> None:
    job = started(world, the_file(), duplicates=duplicates)
    first = begun(world, job)
    assert (first.counts.done, first.under_way is not None) == (5, True)
    preview = checked(world, job, first.under_way)
    assert preview is not None
    assert preview.under_way is None
    assert preview.counts.done == preview.total
    assert contacts(world) == []
    refused = refused_lines(world, job)
    assert len(refused) == preview.counts.refused > 0
    made = done(world, job)
    told = preview.counts
    assert counts(made) == (told.created, told.updated, told.skipped, told.refused)
    assert refused_lines(world, job) == refused


def test_a_row_that_repeats_an_earlier_batch_is_found(world: World) -> None:
    job = started(world, the_file(), duplicates="skip")
    preview = checked(world, job, begun(world, job).under_way)
    assert preview is not None
    assert (preview.counts.created, preview.counts.skipped) == (PEOPLE, 2)


def test_a_check_ends_when_the_plan_changes(world: World) -> None:
    job = started(world, the_file())
    check = begun(world, job).under_way
    with world.acts("james") as tx:
        plan_import(tx, job, state_of(tx, job).plan)
    assert checked(world, job, check) is None


def test_a_check_ends_when_another_one_begins(world: World) -> None:
    job = started(world, the_file())
    first = begun(world, job).under_way
    second = begun(world, job)
    assert checked(world, job, first) == second


def test_a_check_leaves_a_running_import_alone(world: World) -> None:
    job = started(world, the_file())
    check = begun(world, job).under_way
    with world.acts("james") as tx:
        run_import(tx, job)
    checked(world, job, check)
    with world.system() as tx:
        assert engine_rows(tx, "SELECT 1 AS one FROM {schema}.import_refusal WHERE job = %(job)s", job=job) == []


def test_a_small_file_is_checked_at_once(world: World) -> None:
    job = started(world, "Nom;E-mail\nSeul;seul@kerv.example\n")
    assert begun(world, job).under_way is None
    with world.system() as tx:
        assert (
            engine_rows(tx, "SELECT 1 AS one FROM public.procrastinate_jobs WHERE task_name = 'transfer.check'") == []
        )
