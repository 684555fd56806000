"""The clock of a tested installation: timers driven through the API, refused where it was not asked for."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import anyio
import httpx
import pytest

from entente import product
from entente.kernel.db.database import Database
from entente.kernel.identity.tokens import create_token
from entente.settings import Settings
from tests.interfaces.api.conftest import api_of
from tests.services.processes.drawing import drawn
from tests.world.cast import World

Ask = Callable[..., httpx.Response]
TEXT = """start s
user a
boundary soon on=a keep every=R2/PT1H
user reminded
catch t after=P2D
user late
s > a > t > late
soon > reminded"""


@pytest.fixture
def tested(database: Database, tmp_path: Path) -> Iterator[Database]:
    """The same database under a clock that tests set."""
    made = product.open_database(database.conninfo, Settings(data=tmp_path, pool_size=4, demo=False, test_clock=True))
    yield made
    made.close()


def asking(database: Database, world: World, peer: str = "127.0.0.1") -> Ask:
    """A client with the administrator's token, at an address."""
    application = api_of(database)
    with world.system() as tx:
        bearer = {"Authorization": f"Bearer {create_token(tx, world.id_of('admin'), 'clock', 90)}"}

    async def ask(method: str, path: str, more: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app=cast("Any", application), client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://here", headers=bearer) as client:
            return await client.request(method, f"/api{path}", **more)

    return lambda method, path, **more: anyio.run(ask, method, path, more)


def set_to(ask: Ask, moment: str) -> httpx.Response:
    return ask("POST", "/test/clock", json={"now": moment})


def test_timers_follow_the_clock_that_was_set(tested: Database, world: World) -> None:
    ask = asking(tested, world)
    assert set_to(ask, "2026-11-24T08:00:00Z").json() == {"now": "2026-11-24T08:00:00Z"}
    made = ask("POST", "/v1/processes/import", content=drawn(TEXT), headers={"Content-Type": "text/xml"}).json()
    ask("POST", f"/v1/processes/{made['id']}/deploy")
    started = ask("POST", "/v1/processes/p/start").json()
    assert started["started_at"] == "2026-11-24T08:00:00Z"
    place = f"/v1/process_instances/{started['id']}?$expand=tokens,tasks"

    def at() -> list[str]:
        return sorted(each["element"] for each in ask("GET", place).json()["tokens"])

    set_to(ask, "2026-11-24T08:59:59Z")
    assert at() == ["a"]
    set_to(ask, "2026-11-24T09:00:00Z")
    assert at() == ["a", "reminded"]
    set_to(ask, "2026-11-24T23:00:00+01:00")
    assert at() == ["a", "reminded", "reminded"]
    task = next(each["id"] for each in ask("GET", place).json()["tasks"] if each["element"] == "a")
    ask("POST", f"/v1/tasks/{task}/complete")
    set_to(ask, "2026-11-26T22:00:00Z")
    assert "late" in at()


def test_clock_is_set_only_where_it_was_asked_for(database: Database, tested: Database, world: World) -> None:
    assert set_to(asking(database, world), "2026-11-24T08:00:00Z").status_code == 404
    assert set_to(asking(tested, world, "192.0.2.7"), "2026-11-24T08:00:00Z").status_code == 404
    ask = asking(tested, world)
    assert set_to(ask, "soon").status_code == 422
    assert set_to(ask, "2026-11-24T08:00:00").status_code == 422
    assert ask("POST", "/test/clock", content="now=1", headers={"Content-Type": "text/plain"}).status_code == 415
    set_to(ask, "2001-01-01T00:00:00Z")
    assert tested.clock.now().year == 2001
    ask("POST", "/test/clock", json={"now": None})
    assert tested.clock.now().year > 2020
