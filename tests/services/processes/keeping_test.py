"""Instances over time: failures tried again on schedule, alarms at the second, retention with counters."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from tests.conftest import copied
from tests.services.processes.drawing import drawn
from tests.services.processes.instances_test import at, begun, does, runs, sees, wakes
from tests.services.processes.playing import Play
from tests.world.cast import World

from entente.kernel.db.database import Database
from entente.kernel.db.tx import engine_rows
from entente.kernel.kit.refusal import NotFound
from entente.services.processes.archiving import archive
from entente.services.processes.definitions import NotDeployable, deploy, import_model
from entente.services.processes.early import Message
from entente.services.processes.engine.state import Failed, State, Token
from entente.services.processes.model.graph import Element
from entente.services.processes.running import correlate, wake
from entente.services.processes.showing import shown_instance


@pytest.fixture(scope="module")
def database(admin_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One copy for all tests of this file: each draws a process of its own."""
    with copied(admin_dsn, template, tmp_path_factory.mktemp("keeping")) as made:
        yield made


@pytest.fixture(scope="module")
def world(database: Database) -> World:
    return World(database)


class Work:
    """Work that fails so often, then succeeds."""

    def __init__(self, failures: int) -> None:
        self.left = failures
        self.moments: list[datetime] = []

    def __call__(self, state: State, token: Token, element: Element) -> None:
        self.moments.append(state.outside.now)
        if self.left:
            self.left -= 1
            raise Failed("TimeoutError")

    @property
    def pauses(self) -> list[timedelta]:
        return [later - earlier for earlier, later in zip(self.moments, self.moments[1:], strict=False)]


def minutes(*numbers: int) -> list[timedelta]:
    return [timedelta(minutes=each) for each in numbers]


@pytest.mark.parametrize(
    ("retries", "pauses"),
    [
        ("", minutes(1, 5, 30)),
        ("retries=PT2M,PT4M", minutes(2, 4)),
        ("retries=R3/PT7M", minutes(7, 7, 7)),
        ('retries=""', []),
    ],
)
def test_failing_work_is_tried_again_on_its_schedule_and_then_stops(retries: str, pauses: list[timedelta]) -> None:
    work = Work(99)
    play = Play(f"start s\nservice w {retries}\nuser z\ns > w > z", work=work)
    for _ in range(60):
        play.later(minutes=1)
    assert work.pauses == pauses
    assert play.incidents == [("w", "work")]
    work.left = 0
    play.retry("w")
    assert (play.at, play.incidents) == (["z"], [])


def test_work_that_succeeds_at_last_leaves_no_incident() -> None:
    play = Play("start s\nservice w\nuser z\ns > w > z", work=Work(2))
    for _ in range(7):
        play.later(minutes=1)
    assert (play.at, play.incidents) == (["z"], [])


def test_failing_work_is_left_by_its_boundary_timer() -> None:
    text = "start s\nservice w\nboundary t on=w after=PT10M\nuser late\ns > w\nt > late"
    play = Play(text, work=Work(99))
    for _ in range(12):
        play.later(minutes=1)
    assert play.at == ["late"]


@pytest.mark.parametrize("text", ["PT", "R/x", "soon,PT1M"])
def test_schedule_that_is_none_is_told_at_deployment(world: World, text: str) -> None:
    with world.acts("admin") as tx, pytest.raises(NotDeployable) as refused:
        deploy(tx, import_model(tx, drawn(f'start s\nservice w action=assign retries="{text}"\ns > w', "sched")).id)
    assert [each.code.rpartition(".")[2] for each in refused.value.problems] == ["retries"]


STOPS = {
    "no_flow": ("start s\nxor x\nuser a\nuser b\ns > x\nx >[n = 1] a\nx >[n = 2] b", "No flow may be taken"),
    "deadlock": ("start s\nxor x\nand j\nuser z\ns > x\nx >[true] j\nx >* j\nj > z", "A join waits"),
    "loop_without_wait": ("start s\nmanual a\nmanual b\ns > a > b > a", "goes round"),
    "error": ("start s\nend e error=E7\ns > e", "E7"),
    "expression": (
        "start s\nxor x\nuser a\nuser b\ns > x\nx >[count(for i in 1..99999999 return i) > 1] a\nx >* b",
        "worked out: count",
    ),
    "timer": ("start s\ncatch t after=wait\ns > t", "no moment"),
    "cardinality": ("start s\nuser a times=n\ns > a", "no number of turns"),
    "called": ("start s\ncall c called=absent\ns > c", "absent"),
    "no_key": ("start s\ncatch m message=x correlation=n\ns > m", "gives no key"),
    "no_context": ('start s\nsub x input="1" {\nuser a\n}\ns > x', "context of variables"),
    "no_record": ("start s\nservice w action=disqualify\ns > w", "needs a record"),
}


@pytest.mark.parametrize("code", STOPS)
def test_every_stop_is_an_incident_in_words(world: World, code: str) -> None:
    text, words = STOPS[code]
    runs(world, f"stop-{code}", text)
    identity = begun(world, "james", f"stop-{code}")
    shown = sees(world, "admin", identity)
    assert shown["state"] == "running"
    assert [each["code"].rpartition(".")[2] for each in shown["incidents"]] == [code]
    assert words in shown["incidents"][0]["message"]
    with world.acts("admin") as tx:
        tx.language = "fr"
        french = shown_instance(tx, identity, ("incidents",))["incidents"][0]["message"]
    assert french != shown["incidents"][0]["message"]


def test_alarm_is_set_for_the_second_at_which_something_is_due_soon(world: World) -> None:
    runs(world, "alarmed", "start s\nand f\ncatch t after=PT30S\ncatch u after=P1D\nuser a\nuser b\n"
         "s > f > t > a\nf > u > b")  # fmt: skip
    identity = begun(world, "james", "alarmed")
    asked = (
        "SELECT args -> 'arguments' ->> 'instance' AS instance, scheduled_at FROM public.procrastinate_jobs"
        " WHERE task_name = 'processes.wake'"
    )
    with world.system() as tx:
        found = engine_rows(tx, asked)
        assert found == [{"instance": str(identity), "scheduled_at": tx.clock.now() + timedelta(seconds=30)}]
        wake(tx, identity)
    assert at(world, identity) == ["t", "u"]
    world.clock.move(timedelta(seconds=30))
    with world.system() as tx:
        wake(tx, identity)
        wake(tx, UUID(int=7))
    assert at(world, identity) == ["a", "u"]
    wakes(world, days=1)
    assert at(world, identity) == ["a", "b"]


def test_what_ended_long_ago_is_archived_with_its_history_and_counted(world: World) -> None:
    runs(world, "old", "start s\nuser a\ns > a")
    ended, running = begun(world, "james", "old", values={"n": 1}), begun(world, "james", "old")
    does(world, "james", ended, "a", values={"n": 2})
    before = sees(world, "james", ended)
    world.clock.move(timedelta(days=179))
    with world.system() as tx:
        assert archive(tx) == 0
    world.clock.move(timedelta(days=2))
    with world.system() as tx:
        assert archive(tx) >= 1
        assert archive(tx) == 0
    after = sees(world, "james", ended)
    assert (after["state"], after["process"], after["version"]) == ("completed", "old", 1)
    assert [(each["element"], each["outcome"]) for each in after["history"]] == [
        (each["element"], each["outcome"]) for each in before["history"]
    ]
    assert after["variables"] == before["variables"]
    assert at(world, running) == ["a"]
    counted = (
        "SELECT c.element, c.passages FROM {schema}.process_count c JOIN {schema}.process_definition d"
        " ON d.id = c.definition WHERE d.key = 'old' AND c.outcome = 'completed' ORDER BY c.element"
    )
    with world.system() as tx:
        assert [(row["element"], row["passages"]) for row in engine_rows(tx, counted)] == [("a", 1), ("s", 1)]
    with world.acts("stranger") as tx, pytest.raises(NotFound):
        shown_instance(tx, ended, ())


def test_faulty_instance_keeps_no_other_from_being_woken(world: World) -> None:
    runs(world, "woken", "start s\ncatch t after=PT1H\nuser a\ns > t > a")
    faulty, sound = begun(world, "james", "woken"), begun(world, "james", "woken")
    with world.system() as tx:
        sql = "UPDATE {schema}.process_subscription SET element = 'gone' WHERE instance = %(id)s"
        engine_rows(tx, sql, id=faulty)
    wakes(world, hours=1)
    assert (at(world, faulty), at(world, sound)) == (["t"], ["a"])


def test_zero_byte_in_a_key_is_left_out(world: World) -> None:
    runs(world, "zero", "start s\ncatch m message=hello correlation=number\nuser z\ns > m > z")
    made = begun(world, "james", "zero", values={"number": "A\x00\\u0000"})
    with world.acts("admin") as tx:
        assert correlate(tx, Message(name="hello", correlation="A\\u0000")) == made
    assert at(world, made) == ["z"]
