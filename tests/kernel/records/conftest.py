"""One database for each file of these tests: every test makes its own records."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import copied
from tests.world.cast import World


@pytest.fixture(scope="module")
def world(admin_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The cast, in a database of the file's own."""
    data: Path = tmp_path_factory.mktemp("records")
    with copied(admin_dsn, template, data) as database:
        yield World(database)
