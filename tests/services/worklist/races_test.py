"""Two at once, in threads and transactions of their own: one wins, the other is told who was first."""

from datetime import timedelta
from uuid import UUID

import pytest
from tests.services.processes.drawing import drawn
from tests.services.worklist.conftest import Office
from tests.world.racing import one_won, together

from entente.kernel.db.tx import engine_rows, new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Conflict, Refused
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.instances import start
from entente.services.processes.showing import open_tasks
from entente.services.processes.waking import wake_due

ROUNDS = 6


@pytest.mark.parametrize("at", range(ROUNDS))
def test_last_slot_is_taken_once(office: Office, at: int) -> None:
    _, task = office.asks(f"slot{at}", 'destinations="james;nadia"')
    lost = one_won(together(lambda: office.does("james", "open", task), lambda: office.does("nadia", "open", task)))
    assert isinstance(lost, Conflict)
    assert (lost.code, bool(lost.values["name"])) == ("worklist.slot_taken", True)
    assert len([who for who in ("james", "nadia") if task in office.finds(who)]) == 1


@pytest.mark.parametrize("at", range(ROUNDS))
def test_task_is_completed_once(office: Office, at: int) -> None:
    instance, task = office.asks(f"done{at}", 'destinations="team:North" outcomes=yes,no')
    lost = one_won(
        together(
            lambda: office.does("james", "complete", task, outcome="yes"),
            lambda: office.does("bastien", "complete", task, outcome="no"),
        )
    )
    assert (lost.code, isinstance(lost, Conflict)) == ("worklist.done_by", True)
    assert office.at(instance) == ["b"]
    with office.world.system() as tx:
        done = engine_rows(tx, "SELECT 1 FROM {schema}.work_item WHERE task = %(task)s AND state = 'done'", task=task)
    assert len(done) == 1


@pytest.mark.parametrize("at", range(ROUNDS))
def test_timer_and_completion_have_one_winner(office: Office, at: int) -> None:
    world, instance = office.world, _timed(office, f"timer{at}")
    with world.acts("admin") as tx:
        task = open_tasks(tx, instance)[0]["id"]
    world.clock.move(timedelta(hours=2))
    run = Run(world.database, "main", system("test"), new_cause("job"))
    found = together(lambda: office.does("james", "complete", task), lambda: wake_due(run))
    with world.system() as tx:
        state = engine_rows(tx, "SELECT state FROM {schema}.work_task WHERE id = %(task)s", task=task)[0]["state"]
    if isinstance(found[0], Refused):
        assert (found[0].code, state, office.at(instance)) == ("worklist.taken_back", "cancelled", ["late"])
    else:
        assert (state, office.at(instance)) == ("completed", ["b"])


def _timed(office: Office, key: str) -> UUID:
    text = "start s\nuser a destinations=james\nboundary t on=a after=PT1H\nuser b\nuser late\ns > a > b\nt > late"
    with office.world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn(text, key)).id)
        return start(tx, key).id


@pytest.mark.parametrize("at", range(ROUNDS))
def test_handing_on_and_completing_have_one_winner(office: Office, at: int) -> None:
    instance, task = office.asks(f"hand{at}", "destinations=james")
    found = together(
        lambda: office.does("james", "complete", task), lambda: office.does("admin", "redirect", task, to="sam")
    )
    lost = one_won(found)
    assert isinstance(lost, Conflict)
    assert office.at(instance) == (["a"] if isinstance(found[0], Refused) else ["b"])
    assert (task in office.finds("sam")) is isinstance(found[0], Refused)
