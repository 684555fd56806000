"""Rules that the clock sets off: dates that are reached, schedules over views."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.conftest import NOON
from tests.services.automation.setting import all_of, change, deal, job, later, outcomes, rule, runs
from tests.world.cast import World

from entente.kernel.records.save import save
from entente.services.automation.log import forget_old
from entente.services.automation.sentences import cron_words

DAY = NOON.date()


def days(number: int) -> str:
    return str(DAY + timedelta(days=number))


def looked(world: World, **by: float) -> None:
    later(world, **by)
    job(world, "automation.clock")


@pytest.mark.parametrize(("shift", "fires_on"), [(0, 3), (-2, 1), (2, 5)])
def test_date_is_reached_once_with_its_days(world: World, shift: int, fires_on: int) -> None:
    made = rule(world, entity="opportunity", trigger="date", settings={"field": "close_date", "days": shift})
    who = deal(world, close_date=days(3))
    looked(world)
    for day in range(1, 7):
        looked(world, days=day)
        looked(world, days=day, minutes=1)
        assert len(outcomes(world, made)) == (day >= fires_on)
    assert [run.record for run in runs(world, made)] == [who]


def test_moved_date_is_reached_anew(world: World) -> None:
    made = rule(world, entity="opportunity", trigger="date", settings={"field": "close_date"})
    who = deal(world, close_date=days(1))
    looked(world, days=1)
    change(world, "james", "opportunity", who, close_date=days(4))
    looked(world, days=2)
    looked(world, days=4)
    assert outcomes(world, made) == ["done", "done"]


def test_date_that_was_past_before_the_rule_is_left_alone(world: World) -> None:
    deal(world, close_date=days(-1))
    made = rule(world, entity="opportunity", trigger="date", settings={"field": "close_date"})
    looked(world, minutes=5)
    looked(world, days=1)
    assert outcomes(world, made) == []


def view(world: World, login: str, **values: Any) -> UUID:
    given = {"name": "View", "entity": "lead", "visibility": "everyone", "kind": "list", **values}
    with world.acts(login) as tx:
        return save(tx, "saved_view", given).id


def test_schedule_acts_on_the_records_of_its_view_at_most_once_a_day(world: World) -> None:
    hot = world.has("lead", "james", last_name="Berthier", priority="high")
    world.has("lead", "james", last_name="Dupré", priority="low")
    wanted = view(world, "admin", filter='priority = "high"')
    settings = {"cron": "0 14,16 * * *", "view": str(wanted)}
    made = rule(world, trigger="schedule", settings=settings, once_per="day")
    looked(world, minutes=30)
    assert outcomes(world, made) == []
    # Two o'clock in Paris is one o'clock UTC.
    looked(world, hours=1, minutes=1)
    looked(world, hours=3, minutes=1)
    assert [run.record for run in runs(world, made)] == [hot]
    looked(world, hours=25, minutes=1)
    assert outcomes(world, made) == ["done", "done"]


def test_schedule_whose_view_is_gone_tells_so(world: World) -> None:
    wanted = view(world, "admin")
    made = rule(world, trigger="schedule", settings={"cron": "0 14 * * *", "view": str(wanted)})
    with world.system() as tx:
        tx.connection.execute("UPDATE org_main.saved_view SET deleted_at = now()")
    looked(world, hours=1, minutes=1)
    (run,) = runs(world, made)
    assert (run.outcome, run.record) == ("failed", None)


def test_due_in_working_days_leaves_out_the_weekend(world: World) -> None:
    step = {"kind": "activity", "entity": "task", "subject": "Visit", "due": 3, "due_unit": "working_days"}
    rule(world, trigger="schedule", settings={"cron": "0 10 * * *"}, actions=[step])
    world.has("lead", "james", last_name="Berthier")
    # Friday 27 November 2026: three working days on is Wednesday 2 December.
    looked(world, days=4)
    (task,) = all_of(world, "task")
    assert str(task["due_on"]) == "2026-12-02"


def test_log_is_kept_for_a_while(world: World) -> None:
    made = rule(world, entity="opportunity", trigger="date", settings={"field": "close_date"})
    deal(world, close_date=days(1))
    looked(world, days=1)
    later(world, days=80)
    with world.system() as tx:
        forget_old(tx)
    assert outcomes(world, made) == ["done"]
    later(world, days=100)
    with world.system() as tx:
        forget_old(tx)
    assert outcomes(world, made) == []


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 8 * * 1-5", "every working day at 08:00"),
        ("30 17 * * 5", "every Friday at 17:30"),
        ("0 9 * * 7", "every Sunday at 09:00"),
        ("0 8 1 * *", "on day 1 of every month at 08:00"),
        ("0 * * * *", "every hour"),
        ("*/15 * * * *", "every 15 minutes"),
        ("0 */2 * * *", "every 2 hours"),
        ("30 9 * * 1,4", "every Monday and Thursday at 09:30"),
        ("0 18 L * *", "on the last day of every month at 18:00"),
        ("0 14,16 * * *", "0 14,16 * * *"),
        ("0 8 1 * 1", "0 8 1 * 1"),
    ],
)
def test_a_plain_schedule_is_said_in_words(world: World, cron: str, words: str) -> None:
    with world.acts("admin") as tx:
        assert cron_words(tx, cron) == words
