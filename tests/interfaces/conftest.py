"""The whole product for tests of pages: built once in a run, put before the database of each test in turn."""

from collections.abc import Callable, Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from entente import app
from entente.interfaces.html.assets import load_manifest
from entente.interfaces.html.environment import Templates
from entente.kernel.db.database import Database
from tests.world.cast import World


@pytest.fixture(scope="session")
def product() -> Callable[[Database], Litestar]:
    """The web application over a database, until it is asked for over the next one."""
    built: list[Litestar] = []

    def over(database: Database) -> Litestar:
        if not built:
            made = app.build(database)
            made.state.templates = Templates(database.words, load_manifest(), lambda: made.state.database.clock.now())
            built.append(made)
        built[0].state.database = database
        return built[0]

    return over


@pytest.fixture
def client(product: Callable[[Database], Litestar], world: World) -> Iterator[TestClient[Litestar]]:
    """Asks the product over a database of the test's own."""
    with TestClient(product(world.database)) as made:
        yield made
