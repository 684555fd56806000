"""A web application with the API alone, and people who ask it with their tokens."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.datastructures import State
from litestar.testing import TestClient

from entente.interfaces.api.live import live_updates
from entente.interfaces.api.serve import api_routes
from entente.interfaces.html.http.headers import add_headers
from entente.kernel.db.database import Database
from entente.kernel.identity.tokens import create_token
from tests.conftest import copied
from tests.sent import sent_from_now_on
from tests.world.cast import World

Ask = Callable[..., httpx.Response]


def api_of(database: Database) -> Litestar:
    return Litestar(
        route_handlers=api_routes(),
        state=State({"database": database}),
        before_send=[add_headers],
        lifespan=[live_updates],
        openapi_config=None,
    )


@pytest.fixture(scope="module")
def database(admin_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One copy for all tests of a file: each makes the records that it speaks of."""
    with copied(admin_dsn, template, tmp_path_factory.mktemp("api")) as made:
        yield made


@pytest.fixture(scope="module")
def world(database: Database) -> World:
    return World(database)


@pytest.fixture(scope="module")
def client(database: Database) -> Iterator[TestClient[Litestar]]:
    with TestClient(api_of(database), raise_server_exceptions=False) as made:
        yield made


def token_of(world: World, login: str) -> str:
    with world.system() as tx:
        return create_token(tx, world.id_of(login), "test", 1)


@pytest.fixture(scope="module")
def asks(client: TestClient[Litestar], world: World) -> Callable[[str], Ask]:
    """`asks("nadia")("GET", "/leads")`: a request under `/api/v1` by somebody."""

    def somebody(login: str) -> Ask:
        bearer = {"Authorization": f"Bearer {token_of(world, login)}"}

        def ask(method: str, path: str, json: Any = None, headers: dict[str, str] | None = None, **more: Any) -> Any:
            url = path if path.startswith("/api") else f"/api/v1{path}"
            return client.request(method, url, json=json, headers={**bearer, **(headers or {})}, **more)

        return ask

    return somebody


@pytest.fixture(scope="module")
def nadia(asks: Callable[[str], Ask]) -> Ask:
    return asks("nadia")


@pytest.fixture(scope="module")
def admin(asks: Callable[[str], Ask]) -> Ask:
    return asks("admin")


class Counter:
    """How many statements the driver sent."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def __len__(self) -> int:
        return len(self.sent)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Counter:
    counter = Counter()
    counter.sent = sent_from_now_on(monkeypatch)
    return counter
