"""The next moments of a schedule, as the picker asks for them."""

from urllib.parse import urlencode

import pytest

from entente.kernel.records.save import save
from entente.kernel.seeding import seed_id
from tests.interfaces.browser import Browser, Client
from tests.services.automation.setting import rule
from tests.world.cast import World


def asked(client: Client, world: World, **query: str) -> str:
    return str(Browser(client, world, "admin").get(f"/schedules/next?{urlencode(query)}").text)


def test_next_five_times_are_said_in_the_zone_that_counts(client: Client, world: World) -> None:
    found = asked(client, world, kind="cron", text="0 8 * * 1,4")
    assert "The next 5 times (Europe/Paris time):" in found
    assert "Monday 30 November 2026 at 08:00" in found
    assert "Thursday 26 November 2026 at 08:00" in found
    assert found.count("<li>") == 5


def test_timers_of_processes_are_reckoned_by_the_clock_of_the_organisation(client: Client, world: World) -> None:
    with world.acts("admin") as tx:
        for unit in ("head", "abroad"):  # either is the topmost, as their ids have it
            save(tx, "business_unit", {"timezone": "Indian/Reunion"}, id=seed_id("business_unit", unit))
    found = asked(client, world, kind="timeCycle", text="0 8 * * *")
    assert "Indian/Reunion time" in found
    assert "Tuesday 24 November 2026 at 08:00" in found


def test_schedule_of_a_rule_is_reckoned_where_its_owner_lives(client: Client, world: World) -> None:
    with world.acts("admin") as tx:
        save(tx, "user", {"timezone": "Indian/Reunion"}, id=tx.principal.user_id)
    made = rule(world, trigger="schedule", settings={"cron": "0 8 * * *"})
    assert "Indian/Reunion time" in asked(client, world, kind="cron", text="0 8 * * *", rule=str(made))


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("timeDuration", "P2D", "Wednesday 25 November 2026 at 13:00"),
        ("timeDate", "2026-12-31T17:00:00Z", "Thursday 31 December 2026 at 18:00"),
        ("timeCycle", "R3/PT15M", "The next 3 times"),
        ("timeCycle", "0 8 * * 1-5", "Tuesday 24 November 2026 at 08:00"),
        ("timeDuration", "wait", "Taken as an expression"),
        ("cron", "0 8 30 2 *", "no schedule that ever comes round"),
    ],
)
def test_kinds_of_timers_are_understood_as_the_engine_does(
    client: Client, world: World, kind: str, text: str, expected: str
) -> None:
    assert expected in asked(client, world, kind=kind, text=text)


@pytest.mark.parametrize(
    ("kind", "text", "due", "expected"),
    [
        ("due", "P2D", "", "Wednesday 25 November 2026 at 13:00"),
        ("due", "P1M", "", "Wednesday 23 December 2026 at 13:00"),
        ("due", "2026-12-31T17:00:00Z", "", "Thursday 31 December 2026 at 18:00"),
        ("due", "record.wanted_on", "", "worked out when the task comes up"),
        ("idle", "PT4H", "", "Monday 23 November 2026 at 17:00"),
        ("idle", "four hours", "", "no length of time"),
        ("escalation", "PT4H", "", "Monday 23 November 2026 at 17:00"),
        ("escalation", "due-P1D", "P2D", "Tuesday 24 November 2026 at 13:00"),
        ("escalation", "due-P1D", "PT1H", "That is past by then"),
        ("escalation", "due", "P2D", "Wednesday 25 November 2026 at 13:00"),
        ("escalation", "due", "", "The task has no due time"),
        ("escalation", "due+P1D", "record.wanted_on", "worked out when the task comes up"),
        ("every", "soon", "", "no length of time"),
    ],
)
def test_times_of_a_task_are_said_for_one_that_begins_now(
    client: Client, world: World, kind: str, text: str, due: str, expected: str
) -> None:
    assert expected in asked(client, world, kind=kind, text=text, due=due)


def test_times_of_a_task_count_in_its_calendar(client: Client, world: World) -> None:
    hours = {day: ["09:00-12:00", "14:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
    with world.system() as tx:
        save(tx, "calendar", {"key": "office", "name": "Office", "timezone": "Europe/Paris", "hours": hours})
    found = asked(client, world, kind="due", text="PT9H", calendar="office")
    assert "Tuesday 24 November 2026 at 16:00" in found
    assert "worked hours of “office”" in found


def test_weeks_are_a_duration(client: Client, world: World) -> None:
    assert "Monday 7 December 2026 at 13:00" in asked(client, world, kind="timeDuration", text="P2W")
