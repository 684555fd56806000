"""Two at once, in transactions of their own: what the second finds is what the first has left, and nothing is lost."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from tests.conftest import copied
from tests.services.processes.drawing import drawn
from tests.world.cast import World

from entente.kernel.db.database import Database
from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.refusal import Conflict
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.early import Message
from entente.services.processes.instances import repair, start
from entente.services.processes.running import correlate
from entente.services.processes.showing import open_tasks, shown_instance
from entente.services.processes.tasks import complete_task
from entente.services.worklist.declared import Given

BLOCKED = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture(scope="module")
def database(admin_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One copy for all tests of this file: each draws a process of its own."""
    with copied(admin_dsn, template, tmp_path_factory.mktemp("processes")) as made:
        yield made


@pytest.fixture(scope="module")
def world(database: Database) -> World:
    return World(database)


def second(world: World, first: Callable[[Tx], object], then: Callable[[Tx], object]) -> "Future[object]":
    """What the second deed gives that begins while the first has done its work and not committed it yet."""

    def run() -> object:
        with world.acts("admin") as tx:
            return then(tx)

    with ThreadPoolExecutor(1) as pool:
        with world.acts("admin") as tx:
            first(tx)
            waiting = pool.submit(run)
            _await_lock(world, waiting)
        waiting.exception()
    return waiting


def _await_lock(world: World, waiting: "Future[object]") -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and not waiting.done():
        with world.system() as tx:
            if engine_rows(tx, BLOCKED):
                return
        time.sleep(0.01)


def test_second_message_reaches_who_waits_again_after_the_first(world: World) -> None:
    model = drawn("start s\nxor x\ncatch m message=ping\nuser a\nand f\ns > x > m > f > a\nf > x", "twice")
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, model).id)
        made = start(tx, "twice").id
    done = second(world, lambda tx: correlate(tx, Message(name="ping")), lambda tx: correlate(tx, Message(name="ping")))
    assert done.result() == made
    with world.acts("admin") as tx:
        assert len(open_tasks(tx, made)) == 2


def test_two_versions_deployed_at_once_leave_one_that_a_message_starts(world: World) -> None:
    text = "start s message=order\nuser {name}\ns > {name}"
    with world.acts("admin") as tx:
        one, two = (import_model(tx, drawn(text.format(name=name), "rivals")).id for name in ("a", "b"))
    second(world, lambda tx: deploy(tx, one), lambda tx: deploy(tx, two)).result()
    with world.acts("admin") as tx:
        assert correlate(tx, Message(name="order"))
        begun = engine_rows(
            tx,
            "SELECT i.id FROM {schema}.process_instance i JOIN {schema}.process_definition d ON d.id = i.definition"
            " WHERE d.key = 'rivals'",
        )
        found = [each["element"] for row in begun for each in shown_instance(tx, row["id"], ("tokens",))["tokens"]]
    assert found == ["b"]


def test_who_completes_a_task_whose_token_is_moved_is_told_and_moves_nothing(world: World) -> None:
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn("start s\nuser a\nuser b\nuser c\ns > a > b\nb > c", "shifted")).id)
        made = start(tx, "shifted").id
        task = open_tasks(tx, made)[0]["id"]
        token = shown_instance(tx, made, ("tokens",))["tokens"][0]["number"]
    lost = second(
        world,
        lambda tx: repair(tx, made, "move", token=token, element="c"),
        lambda tx: complete_task(tx, task, Given()),
    )
    assert isinstance(lost.exception(), Conflict)
    with world.acts("admin") as tx:
        assert [each["element"] for each in open_tasks(tx, made)] == ["c"]
