from collections.abc import Iterator

import pytest
from tests.kernel.installation import NOON, clock_of, installation

from entente.kernel.db.database import Database


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with installation(tmp_path_factory.mktemp("installation")) as database:
        yield database


@pytest.fixture
def database(running: Database) -> Database:
    clock_of(running).put(NOON)
    return running
