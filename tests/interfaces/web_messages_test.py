"""The page of messages and signals: what waits, what came early, one sent by hand after a look whom it reaches."""

from uuid import UUID

import pytest

from entente.kernel.db.tx import engine_rows
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.early import Message
from entente.services.processes.instances import start
from entente.services.processes.running import keep_for_later
from entente.services.processes.showing import open_tasks
from tests.interfaces.browser import Browser, Client
from tests.services.processes.drawing import drawn
from tests.world.cast import World

PAGE = "/processes/messages"
MODEL = """start s
and f
catch m message=paid correlation=order
catch g signal=alarm
user a
user b
s > f > m > a
f > g > b"""


@pytest.fixture
def waiting(world: World) -> list[UUID]:
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn(MODEL, "order")).id)
        deploy(tx, import_model(tx, drawn("start s message=hello\nuser a\ns > a", "greeting")).id)
        return [start(tx, "order", values={"order": key}).id for key in ("A1", "A2")]


def asks(world: World, client: Client, url: str = PAGE, who: str = "admin") -> str:
    return str(Browser(client, world, who).get(url).text)


def reaches(world: World, client: Client, **said: str) -> str:
    return str(Browser(client, world, "admin").post(f"{PAGE}/reach", said).text)


def at(world: World, instance: UUID) -> list[str]:
    with world.acts("admin") as tx:
        return [each["element"] for each in open_tasks(tx, instance)]


def test_page_says_what_waits_with_its_key_and_what_is_started(
    client: Client, world: World, waiting: list[UUID]
) -> None:
    found = asks(world, client)
    assert found.count("Message paid") == found.count("Signal alarm") == len(waiting)
    assert "A1" in found
    assert f"/processes/instances/{waiting[0]}" in found
    assert "Message hello" in found
    assert "correlation=A2" in found


def test_who_may_not_look_after_processes_sees_and_sends_nothing(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    answers = [
        james.get(PAGE), james.get(f"{PAGE}/send"), james.post(f"{PAGE}/send", {"kind": "signal", "name": "alarm"}),
        james.post(f"{PAGE}/reach", {"name": "paid"}), james.post(f"{PAGE}/reach", {}), james.post(f"{PAGE}/1/forget"),
    ]  # fmt: skip
    assert [each.status_code for each in answers] == [403] * 6


def test_message_says_beforehand_whom_it_reaches_and_reaches_him(
    client: Client, world: World, waiting: list[UUID]
) -> None:
    one, two = waiting
    assert "one instance" in reaches(world, client, kind="message", name="paid", correlation="A1")
    assert "Nobody waits for it" in reaches(world, client, kind="message", name="paid", correlation="A9")
    assert "It would start greeting" in reaches(world, client, kind="message", name="hello")
    assert "2 instances" in reaches(world, client, kind="signal", name="alarm")
    assert at(world, one) == at(world, two) == []
    sent = {"kind": "message", "name": "paid", "correlation": "A1"}
    sent |= {"variable.0.name": "amount", "variable.0.type": "number", "variable.0.value": "12"}
    answer = Browser(client, world, "admin").post(f"{PAGE}/send", sent)
    assert (answer.status_code, "reached one instance" in answer.text) == (200, True)
    assert (at(world, one), at(world, two)) == (["a"], [])
    assert "reached 2 instances" in Browser(client, world, "admin").post(
        f"{PAGE}/send", {"kind": "signal", "name": "alarm"}
    ).text  # fmt: skip
    assert (at(world, one), at(world, two)) == (["a", "b"], ["b"])


def test_message_that_several_wait_for_reaches_none_and_the_dialog_keeps_what_was_written(
    client: Client, world: World
) -> None:
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn("start s\ncatch m message=ping\nuser a\ns > m > a", "pinged")).id)
        found = [start(tx, "pinged", business_key=key).id for key in ("K1", "K2")]
    assert "none would get it" in reaches(world, client, kind="message", name="ping")
    answer = Browser(client, world, "admin").post(f"{PAGE}/send", {"kind": "message", "name": "ping", "ttl": "P1D"})
    assert (answer.status_code, 'value="ping"' in answer.text, "P1D" in answer.text) == (409, True, True)
    assert [at(world, each) for each in found] == [[], []]
    assert "one instance" in reaches(world, client, kind="message", name="ping", business_key="K2")


def test_early_message_is_shown_with_its_end_and_may_be_forgotten(client: Client, world: World) -> None:
    answer = Browser(client, world, "admin").post(f"{PAGE}/send", {"kind": "message", "name": "soon", "ttl": "P1D"})
    assert "is kept until somebody waits" in answer.text
    with world.acts("admin") as tx:
        [kept] = engine_rows(tx, "SELECT id, expires_at FROM {schema}.process_message WHERE name = 'soon'")
        assert kept["expires_at"] - tx.clock.now()
        assert keep_for_later(tx, Message(name="kept", ttl="PT1H", correlation="C7")) is not None
    found = asks(world, client)
    assert kept["expires_at"].isoformat() in found
    assert "C7" in found
    drop = f"{PAGE}/{kept['id']}/forget"
    assert "kept no longer" in Browser(client, world, "admin").post(drop).text
    assert Browser(client, world, "admin").post(drop).status_code == 404
    assert kept["expires_at"].isoformat() not in asks(world, client)
