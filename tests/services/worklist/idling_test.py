"""Tasks that somebody opened and left alone: free again after the time that the model says, and never without one."""

from datetime import timedelta
from uuid import UUID

import pytest
from tests.services.worklist.conftest import Office

from entente.kernel.db.tx import engine_rows, new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.principal import system
from entente.services.processes.definitions import NotDeployable
from entente.services.stream.notifications import list_notifications
from entente.services.worklist.escalating import escalate_due


def later(office: Office, **by: int) -> None:
    office.world.clock.move(timedelta(**by))
    escalate_due(Run(office.world.database, "main", system("test"), new_cause("job")))


def states(office: Office, task: UUID) -> list[str]:
    with office.world.system() as tx:
        sql = "SELECT state FROM {schema}.work_item WHERE task = %(task)s AND state IN ('open', 'available')"
        return [row["state"] for row in engine_rows(tx, sql, task=task)]


def test_task_left_alone_is_free_again_and_its_holder_is_told(office: Office) -> None:
    _, task = office.asks("idle", "destinations=team:North idle=PT4H subject=Sign")
    office.does("james", "open", task)
    assert task not in office.finds("bastien")
    later(office, hours=3)
    assert task not in office.finds("bastien")
    later(office, hours=2)
    assert task in office.finds("bastien")
    with office.world.acts("james") as tx:
        assert [each.text for each in list_notifications(tx) if each.subject and each.subject.id == task] == [
            "Free again, as nothing happened for a while: Sign"
        ]
    with office.world.system() as tx:
        (event,) = engine_rows(
            tx, "SELECT detail FROM {schema}.task_event WHERE task = %(task)s AND verb = 'release'", task=task
        )
    assert event["detail"] == {"because": "idle"}
    office.does("bastien", "open", task)


def test_whoever_works_on_it_keeps_it(office: Office) -> None:
    _, task = office.asks("idle", "destinations=team:North idle=PT4H")
    office.does("james", "open", task)
    later(office, hours=3)
    office.does("james", "ask", task, to=str(office.world.id_of("helene")), question="Really?")
    later(office, hours=3)
    assert task not in office.finds("bastien")
    later(office, hours=2)
    assert task in office.finds("bastien")


def test_without_a_time_nothing_is_taken_away(office: Office) -> None:
    _, task = office.asks("idle", "destinations=team:North")
    office.does("james", "open", task)
    later(office, days=30)
    assert states(office, task) == ["open"]


def test_time_counts_in_the_working_calendar_of_the_task(office: Office) -> None:
    hours = {day: ["09:00-13:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
    office.world.has("calendar", "admin", name="Office", key="office", timezone="UTC", hours=hours)
    _, task = office.asks("idle", "destinations=team:North idle=PT4H calendar=office")
    office.does("james", "open", task)
    later(office, hours=20)
    assert states(office, task) == ["open"]
    later(office, hours=26)
    assert states(office, task) == ["available"]


def test_model_with_a_time_that_is_none_is_not_deployed(office: Office) -> None:
    with pytest.raises(NotDeployable):
        office.asks("idle", "destinations=james idle=soon")
