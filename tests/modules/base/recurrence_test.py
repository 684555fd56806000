"""Activities that come again, and those that are called to mind before they begin."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.world.cast import World

from entente.kernel.db.tx import Tx
from entente.kernel.kit.clock import SetClock
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.actions import perform
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import Write, save, save_many
from entente.modules.base.recurrence import next_day
from entente.modules.base.reminder import remind

DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))


@settings(max_examples=2000)
@given(
    start=DAYS,
    after=DAYS,
    every=st.sampled_from(["daily", "workdays", "weekly", "fortnightly", "monthly", "quarterly", "yearly"]),
)
def test_next_day_of_a_series_comes_after_and_belongs_to_it(start: date, after: date, every: str) -> None:
    found = next_day(every, start, after)
    assert found > after or (found == start and start > after)
    if every == "workdays":
        assert found.weekday() < 5
        assert found - after <= timedelta(days=3)
    elif every in ("daily", "weekly", "fortnightly"):
        length = {"daily": 1, "weekly": 7, "fortnightly": 14}[every]
        assert (found - start).days % length == 0
        assert found - max(start, after) <= timedelta(days=length)
    else:
        months = (found.year - start.year) * 12 + found.month - start.month
        assert months % {"monthly": 1, "quarterly": 3, "yearly": 12}[every] == 0
        assert found.day == start.day or (found.day < start.day and (found + timedelta(days=1)).day == 1)


def test_last_of_january_stays_the_last_day() -> None:
    days, day = [], date(2027, 1, 31)
    for _ in range(4):
        days.append(day := next_day("monthly", date(2027, 1, 31), day))
    assert days == [date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30), date(2027, 5, 31)]


def _after(tx: Tx, entity: str, identity: UUID) -> list[Record]:
    return page(tx, Ask(entity=entity, filter=f'previous = "{identity}"')).records


def _done(world: World, entity: str, identity: UUID, **wish: Any) -> list[Record]:
    with world.acts("james") as tx:
        perform(tx, entity, "complete", [identity], wish)
    with world.acts("james") as tx:
        return [find(tx, entity, each.id) for each in _after(tx, entity, identity)]


def test_done_task_makes_the_next_of_its_series(world: World) -> None:
    account = world.has("account", "james", name="Sorel")
    due = datetime.now(UTC).date() + timedelta(days=1)
    task = world.has(
        "task", "james", subject="Relancer", regarding={"entity": "account", "id": str(account)}, due_on=due,
        recurrence="weekly", priority="high", checklist=[{"text": "Appeler", "done": True}, "Noter"],
    )  # fmt: skip
    (made,) = _done(world, "task", task)
    assert (made["subject"], made["due_on"], made["priority"]) == ("Relancer", due + timedelta(days=7), "high")
    assert [(step.text, step.done) for step in made["checklist"]] == [("Appeler", False), ("Noter", False)]
    assert (made["status"], made["done_at"], made["regarding"].id) == ("not_started", None, account)
    assert (made["recurrence"], made["series_from"]) == ("weekly", due)


def test_missed_days_of_a_series_are_not_made_up_for(world: World) -> None:
    today = datetime.now(UTC).date()
    task = world.has(
        "task", "james", subject="Relever les compteurs", due_on=today - timedelta(days=30), recurrence="daily"
    )
    (made,) = _done(world, "task", task)
    assert made["due_on"] in (today, today + timedelta(days=1))  # the day of the owner, who may be a day ahead


def test_meeting_keeps_its_time_on_the_wall_when_the_clocks_change(world: World) -> None:
    meeting = world.has(
        "meeting", "james", subject="Point", start_at="2027-03-22T08:00:00Z", recurrence="weekly", duration=45
    )
    (made,) = _done(world, "meeting", meeting)
    assert made["start_at"] == datetime(2027, 3, 29, 7, tzinfo=UTC)  # nine in Paris, before and after 28 March
    assert made["duration"] == 45


@pytest.fixture
def canceled(world: World) -> UUID:
    task = world.has("task", "james", subject="Série", due_on="2026-11-30", recurrence="monthly")
    with world.acts("james") as tx:
        save(tx, "task", {"status": "canceled"}, id=task)
    return task


def test_canceling_one_of_a_series_makes_the_next(world: World, canceled: UUID) -> None:
    with world.acts("james") as tx:
        (made,) = _after(tx, "task", canceled)
    assert (made["due_on"], made["status"]) == (date(2026, 12, 30), "not_started")


@pytest.mark.parametrize("entity", ["task", "call", "meeting"])
def test_ended_series_goes_no_further_and_its_open_one_stays(world: World, entity: str) -> None:
    one = world.has(entity, "james", subject="Série", start_at="2026-11-30T09:00:00Z", recurrence="monthly")
    with world.acts("james") as tx:
        perform(tx, entity, "end_series", [one], {})
    with world.acts("james") as tx:
        assert find(tx, entity, one)["done_at"] is None
    assert _done(world, entity, one) == []
    with pytest.raises(Refused, match=r"action\.not_now"), world.acts("james") as tx:
        perform(tx, entity, "end_series", [one], {})


def test_what_is_past_its_end_is_the_last(world: World) -> None:
    last = world.has(
        "task", "james", subject="Fin", due_on="2030-01-01", recurrence="yearly", repeat_until="2030-12-31"
    )
    assert _done(world, "task", last) == []


def test_reopened_and_done_again_makes_no_second_one(world: World) -> None:
    call = world.has("call", "james", subject="Appel du lundi", start_at="2026-11-23T09:00:00Z", recurrence="weekly")
    assert len(_done(world, "call", call)) == 1
    with world.acts("james") as tx:
        perform(tx, "call", "reopen", [call], {})
    assert len(_done(world, "call", call)) == 1


def _remind_at(world: World, moment: datetime) -> list[str]:
    with world.acts("james") as tx:
        tx.clock = SetClock(moment)
        remind(tx)
    with world.acts("james") as tx:
        found = page(tx, Ask(entity="notification", filter='kind = "reminder"')).records
        return [str(each["text"]) for each in found]


def test_reminder_comes_once_in_its_time(world: World) -> None:
    start = datetime(2027, 5, 4, 12, tzinfo=UTC)
    meeting = world.has("meeting", "james", subject="Visite", start_at=start, reminder="minutes_30")
    assert _remind_at(world, start - timedelta(minutes=31)) == []
    (text,) = _remind_at(world, start - timedelta(minutes=29))
    assert "Visite" in text
    assert "14:00" in text
    assert len(_remind_at(world, start - timedelta(minutes=28))) == 1
    with world.acts("james") as tx:
        save(tx, "meeting", {"start_at": start + timedelta(days=1)}, id=meeting)
    assert len(_remind_at(world, start + timedelta(days=1) - timedelta(minutes=5))) == 2


def test_what_is_done_is_not_called_to_mind(world: World) -> None:
    due = date(2027, 6, 1)
    task = world.has("task", "james", subject="Déclarer", due_on=due, reminder="day_1")
    with world.acts("james") as tx:
        assert find(tx, "task", task)["remind_at"] == datetime(2027, 5, 31, 7, tzinfo=UTC)
        perform(tx, "task", "complete", [task], {})
    assert _remind_at(world, datetime(2027, 5, 31, 7, 1, tzinfo=UTC)) == []


def test_colleagues_of_a_meeting_are_reminded_too(world: World) -> None:
    start = datetime(2027, 5, 4, 12, tzinfo=UTC)
    nadia = world.id_of("nadia")
    world.has("meeting", "james", subject="Visite", start_at=start, reminder="hour_1", attendees=[str(nadia)])
    _remind_at(world, start - timedelta(minutes=30))
    with world.acts("nadia") as tx:
        assert len(page(tx, Ask(entity="notification", filter='kind = "reminder"')).records) == 1


def test_reminders_of_one_minute_reach_everybody_however_many(world: World) -> None:
    start = datetime(2027, 5, 4, 12, tzinfo=UTC)
    with world.acts("james") as tx:
        same = {"start_at": start, "reminder": "hour_1"}
        save_many(tx, "call", [Write(values={"subject": f"Appel {at}", **same}) for at in range(510)])
    for minute in (30, 29):
        with world.system() as tx:
            tx.clock = SetClock(start - timedelta(minutes=minute))
            assert remind(tx) == (510 if minute == 30 else 0)
