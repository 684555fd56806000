"""Buttons of mails: looking does nothing, pressing acts once in one person's name and signs nobody in."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.datastructures import State
from litestar.testing import TestClient

from entente.interfaces.html.assets import load_manifest
from entente.interfaces.html.environment import Templates
from entente.interfaces.html.http.headers import add_headers
from entente.interfaces.portal.routes import portal_routes
from entente.kernel.kit.clock import SetClock
from entente.kernel.records.actions import perform
from entente.kernel.records.save import save
from entente.modules.base.task_mail import tell_of_new_items
from entente.services.worklist.holding import read_work
from tests.modules.base.task_reply_test import mails, started, state_of
from tests.world.cast import World

Client = TestClient[Litestar]


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    database = world.database
    templates = Templates(database.words, load_manifest(), database.clock.now)
    state = State({"database": database, "templates": templates})
    app = Litestar(route_handlers=portal_routes(), state=state, before_send=[add_headers], openapi_config=None)
    with TestClient(app) as made:
        yield made


@pytest.fixture
def task(world: World) -> UUID:
    with world.system() as tx:
        made = started(tx)
        tell_of_new_items(tx)
    return made


def links(world: World) -> list[str]:
    """The addresses behind `approved` and `rejected`."""
    (mail,) = mails(world, "task:")
    return [f"/m/{token}" for token in re.findall(r"/m/([\w-]+)", mail.body_text)]


def test_looking_does_nothing_and_says_what_would_be_done(client: Client, world: World, task: UUID) -> None:
    approve = links(world)[0]
    for _ in range(3):
        page = client.get(approve)
        assert page.status_code == 200
        assert "as Hélène Helene" in page.text
        assert 'method="post"' in page.text
    assert client.head(approve).status_code in (200, 405)
    assert state_of(world, task) == "active"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in page.headers


def test_pressing_acts_once(client: Client, world: World, task: UUID) -> None:
    approve, reject = links(world)
    pressed = client.post(approve, data={"comment": "Bien vu"})
    assert pressed.status_code == 200
    assert "set-cookie" not in pressed.headers
    assert state_of(world, task) == "approved"
    with world.system() as tx:
        (done,) = [each for each in read_work(tx, task, lock=False).items if each.state == "done"]
    assert (done.acted_by, done.channel, done.comment) == (world.id_of("helene"), "mail", "Bien vu")
    for each in (approve, reject):
        again = client.post(each)
        assert again.status_code == 409
        assert "Already done by Hélène Helene on 23 Nov 2026, " in again.text
        assert f'/tasks/{task}">Open in Entente' in again.text
        assert "<h1>approve</h1>" in again.text
        assert client.get(each).status_code == 409
    assert state_of(world, task) == "approved"


def test_somebody_else_was_first(client: Client, world: World, task: UUID) -> None:
    with world.acts("helene") as tx:
        perform(tx, "task", "complete", [task], {"outcome": "rejected"})
    assert "Already done by" in client.post(links(world)[0]).text
    assert state_of(world, task) == "rejected"


def test_link_does_not_outlive_its_time_its_person_or_a_changed_sign(client: Client, world: World, task: UUID) -> None:
    approve = links(world)[0]
    middle = len(approve) // 2
    changed = approve[:middle] + ("a" if approve[middle] != "a" else "b") + approve[middle + 1 :]
    assert client.post(changed).status_code == 403
    with world.system() as tx:
        save(tx, "user", {"active": False}, id=world.id_of("helene"))
    assert client.post(approve).status_code == 403
    with world.system() as tx:
        save(tx, "user", {"active": True}, id=world.id_of("helene"))
    clock = world.database.clock
    assert isinstance(clock, SetClock)
    clock.move(timedelta(days=31))
    assert client.get(approve).status_code == 403
    assert client.post(approve).status_code == 403
    assert state_of(world, task) == "active"


def test_task_that_went_elsewhere_is_not_answered(client: Client, world: World, task: UUID) -> None:
    with world.acts("helene") as tx:
        perform(tx, "task", "redirect", [task], {"to": "james"})
    assert client.post(links_of(world, "helene")[0]).status_code in (403, 409)
    assert state_of(world, task) == "active"


def links_of(world: World, login: str) -> list[str]:
    mail = next(each for each in mails(world, "task:") if each.recipient.startswith(login))
    return [f"/m/{token}" for token in re.findall(r"/m/([\w-]+)", mail.body_text)]
