"""One database for all tests of a file, processes drawn in a line, and what people find in their worklists."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from tests.conftest import NOON, copied
from tests.services.processes.drawing import drawn
from tests.world.cast import World

from entente.kernel.db.database import Database
from entente.kernel.records.actions import perform
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.instances import start
from entente.services.processes.showing import open_tasks, shown_instance
from entente.services.worklist.listing import Search, View, worklist


@pytest.fixture(scope="module")
def database(admin_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One copy for all tests of a file: each draws a process of its own."""
    with copied(admin_dsn, template, tmp_path_factory.mktemp("worklist")) as made:
        yield made


@pytest.fixture(scope="module")
def world(database: Database) -> World:
    return World(database)


@pytest.fixture
def office(world: World) -> Iterator["Office"]:
    world.clock.put(NOON)
    yield Office(world)
    world.clock.put(NOON)


class Office:
    """People at work on the tasks of processes."""

    def __init__(self, world: World) -> None:
        self.world = world

    def asks(self, key: str, task: str, inside: str = "", **given: Any) -> tuple[UUID, UUID]:
        """A running instance that waits at the user task `a`, and the task."""
        instance = self.starts(key, task, inside, **given)
        with self.world.acts("admin") as tx:
            return instance, open_tasks(tx, instance)[0]["id"]

    def starts(self, key: str, task: str, inside: str = "", **given: Any) -> UUID:
        model = drawn(f"start s\nuser a {task}\nuser b\nend e\ns > a > b > e", key)
        extended = f"<extensionElements>{inside}</extensionElements></userTask>".encode()
        with self.world.acts("admin") as tx:
            deploy(tx, import_model(tx, model.replace(b"</userTask>", extended, 1)).id)
            return start(tx, key, **given).id

    def does(self, who: str, verb: str, task: UUID, **wish: Any) -> Any:
        with self.world.acts(who) as tx:
            return perform(tx, "task", verb, [task], wish).results[0]

    def finds(self, who: str, view: View = "inbox") -> list[UUID]:
        with self.world.acts(who) as tx:
            return [each.task for each in worklist(tx, Search(view=view, limit=200)).entries]

    def at(self, instance: UUID) -> list[str]:
        with self.world.acts("admin") as tx:
            return sorted(each["element"] for each in shown_instance(tx, instance, ("tokens",))["tokens"])

    def incidents(self, instance: UUID) -> list[str]:
        with self.world.acts("admin") as tx:
            return [each["code"] for each in shown_instance(tx, instance, ("incidents",))["incidents"]]
