"""Reminders and escalations: when they are due, once or again, what they do, and never after the end."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from tests.services.processes.drawing import drawn
from tests.services.worklist.conftest import Office

from entente.kernel.db.tx import engine_rows, new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.principal import system
from entente.kernel.records.query import find
from entente.kernel.records.save import save
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.instances import start
from entente.services.processes.showing import open_tasks
from entente.services.stream.notifications import list_notifications
from entente.services.worklist.calendars import Calendar, read_calendar
from entente.services.worklist.escalating import escalate_due, moment_of

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def later(office: Office, **by: int) -> None:
    office.world.clock.move(timedelta(**by))
    escalate_due(Run(office.world.database, "main", system("test"), new_cause("job")))


def told(office: Office, who: str, task: UUID) -> list[str]:
    with office.world.acts(who) as tx:
        return [each.text for each in list_notifications(tx) if each.subject and each.subject.id == task]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("PT4H", datetime(2026, 11, 23, 16, 0, tzinfo=UTC)),
        ("due", DUE),
        ("due-P1D", datetime(2026, 11, 24, 12, 0, tzinfo=UTC)),
        ("due+PT2H", datetime(2026, 11, 25, 14, 0, tzinfo=UTC)),
        ("2026-12-01T08:00:00Z", datetime(2026, 12, 1, 8, 0, tzinfo=UTC)),
        ("", None),
        ("soon", None),
        ("due-soon", None),
        ("-PT1H", None),
    ],
)
def test_moments_count_from_creation_or_to_the_due_moment(text: str, moment: datetime | None) -> None:
    assert moment_of(text, Calendar(), START, DUE) == moment
    assert moment_of("due-P1D", Calendar(), START, None) is None


def test_moments_count_in_worked_hours() -> None:
    office = read_calendar("UTC", {"mon": ["09:00-13:00"], "tue": ["09:00-13:00"]}, [])
    assert moment_of("PT2H", office, START, None) == datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def test_reminder_comes_again_as_often_as_it_may_and_not_after_the_end(office: Office) -> None:
    inside = "<entente:escalation at='PT1H' action='remind' every='PT1H' most='3'/>"
    _, task = office.asks("remind", "destinations=james subject=Sign", inside)
    later(office, minutes=30)
    assert told(office, "james", task) == []
    for number in (1, 2, 3, 3):
        later(office, hours=1)
        assert told(office, "james", task) == ["Still to be done: Sign"] * number
    _, other = office.asks("remind2", "destinations=james", inside)
    office.does("james", "complete", other)
    later(office, hours=2)
    assert told(office, "james", other) == []


def test_escalation_that_is_late_from_the_start_fires_once(office: Office) -> None:
    inside = "<entente:escalation at='due-P2D' action='remind' every='PT1H' most='1'/>"
    _, task = office.asks("late", "destinations=sam due=PT1H", inside)
    later(office, minutes=1)
    later(office, hours=3)
    assert len(told(office, "sam", task)) == 1


def test_manager_is_told_and_priority_rises(office: Office) -> None:
    with office.world.acts("admin") as tx:
        save(tx, "user", {"manager": office.world.id_of("helene")}, id=office.world.id_of("nadia"))
    inside = (
        "<entente:escalation at='PT1H' action='notify' to='manager'/><entente:escalation at='PT1H' action='priority'/>"
    )
    _, task = office.asks("manager", "destinations=nadia", inside)
    later(office, hours=2)
    assert len(told(office, "helene", task)) == 1
    with office.world.acts("nadia") as tx:
        assert find(tx, "task", task)["priority"] == "high"


def test_task_goes_to_others_or_ends_by_itself(office: Office) -> None:
    moved = "<entente:escalation at='PT1H' action='redirect' to='team:North'/>"
    _, task = office.asks("handed", "destinations=nadia", moved)
    ended = "<entente:escalation at='PT1H' action='complete' outcome='no'/>"
    instance, other = office.asks("ended", "destinations=nadia outcomes=yes,no", ended)
    later(office, hours=1)
    assert (task in office.finds("nadia"), task in office.finds("james")) == (False, True)
    assert office.at(instance) == ["b"]
    with office.world.acts("admin") as tx:
        assert find(tx, "task", other)["outcome"] == "no"


def test_moment_of_an_escalation_may_be_worked_out(office: Office) -> None:
    inside = "<entente:escalation at='=limit' action='remind'/>"
    _, task = office.asks("limit", "destinations=james", inside, values={"limit": "2026-11-23T14:00:00Z"})
    later(office, hours=1)
    assert told(office, "james", task) == []
    later(office, hours=1)
    assert len(told(office, "james", task)) == 1


def test_whoever_is_asked_or_lent_a_task_is_told(office: Office) -> None:
    _, task = office.asks("said", "destinations=james subject=Sign")
    office.does("james", "ask", task, to="sam", question="Do we?")
    assert told(office, "sam", task) == ["James James asks you about a task: Sign"]
    office.does("sam", "answer", task, comment="We do.")
    assert told(office, "james", task) == ["Sam Sam has answered you: Sign"]
    office.does("james", "share", task, to=["stranger"])
    assert told(office, "stranger", task) == ["James James shares a task with you: Sign"]


def test_condition_holds_an_escalation_back(office: Office) -> None:
    inside = "<entente:escalation at='PT1H' action='remind' when='status = \"started\"'/>"
    _, task = office.asks("when", "destinations=james", inside)
    _, opened = office.asks("when2", "destinations=james", inside)
    office.does("james", "open", opened)
    later(office, hours=1)
    assert (len(told(office, "james", task)), len(told(office, "james", opened))) == (0, 1)


def test_escalation_reaches_the_model(office: Office) -> None:
    text = "start s\nuser a destinations=james\nboundary x on=a escalation=SLOW keep\nuser b\nuser c\ns > a > b\nx > c"
    inside = b"<entente:escalation at='PT1H' action='escalate' code='SLOW'/></extensionElements></userTask>"
    with office.world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn(text, "code").replace(b"</userTask>", b"<extensionElements>" + inside, 1)).id)
        instance = start(tx, "code").id
        assert [each["element"] for each in open_tasks(tx, instance)] == ["a"]
    later(office, hours=1)
    assert office.at(instance) == ["a", "c"]


def test_task_laid_aside_wakes_by_itself(office: Office) -> None:
    _, task = office.asks("wakes", "destinations=james")
    office.does("james", "sleep", task, duration="PT4H")
    later(office, hours=3)
    assert task not in office.finds("james")
    later(office, hours=1)
    assert task in office.finds("james")
    with office.world.system() as tx:
        verbs = engine_rows(tx, "SELECT verb FROM {schema}.task_event WHERE task = %(task)s ORDER BY id", task=task)
    assert [each["verb"] for each in verbs] == ["create", "sleep", "wake"]
