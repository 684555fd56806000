"""Programs stop an import and have it taken back."""

from collections.abc import Callable
from uuid import UUID

from entente.kernel.db.tx import new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.principal import system
from entente.services.transfer.import_jobs import import_rows
from entente.services.transfer.importing import run_import, start_import
from entente.services.transfer.uploads import keep_file
from tests.interfaces.api.conftest import Ask
from tests.world.cast import World


def test_an_import_is_stopped_once_and_taken_back(asks: Callable[[str], Ask], world: World) -> None:
    with world.acts("james") as tx:
        job = start_import(tx, keep_file(tx, "a.csv", b"Nom\nCourtois\n"), "contact", "a.csv")
        run_import(tx, job)
    james, marie = asks("james"), asks("marie")
    assert marie("POST", f"/import-jobs/{job}/stop").status_code == 404
    stopped = james("POST", f"/import-jobs/{job}/stop")
    assert stopped.status_code == 200, stopped.text
    assert state(james, job) == "stopped"
    import_rows(Run(world.database, "main", system("job"), new_cause("job")), job, world.id_of("james"))
    assert james("GET", "/contacts?$filter=last_name eq 'Courtois'").json()["value"] == []
    assert james("POST", f"/import-jobs/{job}/stop").status_code == 409
    assert james("POST", f"/import-jobs/{job}/undo").status_code == 200
    assert state(james, job) == "undoing"


def state(ask: Ask, job: UUID) -> str:
    return str(ask("GET", f"/import-jobs/{job}").json()["status"])
