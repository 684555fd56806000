"""Live updates: whoever may read a record hears of it, nobody else does, and a lost session ends the stream."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from entente.interfaces.api.audience import heard
from entente.interfaces.api.live import LiveHub
from entente.interfaces.html.http.door import Key
from entente.kernel.db.database import Database
from entente.kernel.identity.tokens import revoke_token, tokens_of
from entente.kernel.jobs.followers import Follower, dispatch
from entente.kernel.records.save import delete, save
from entente.services.connect.live import CHANNEL, Notice, publish_live, read_notice
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.instances import start
from entente.services.processes.rights import Right, put_rights
from entente.services.processes.telling import notice_of
from tests.interfaces.api.conftest import api_of, token_of
from tests.services.processes.drawing import drawn
from tests.world.cast import World

PATIENCE = 30


def key_for(world: World, login: str) -> Key:
    return Key("token", "main", token_of(world, login))


def changed(identity: UUID) -> Notice:
    return Notice(organisation="main", kind="record", entity="lead", id=str(identity), version=1, by="Nadia")


def test_only_readers_hear_of_a_record(database: Database, world: World) -> None:
    lead = world.has("lead", "nadia", last_name="Live")
    notices = [changed(lead)]
    owner = heard(database, key_for(world, "nadia"), notices)
    assert owner is not None
    assert [event.name for event in owner] == ["record-changed", "list-changed"]
    assert owner[0].data == {"entity": "lead", "id": str(lead), "version": 1, "by": "Nadia"}
    assert heard(database, key_for(world, "stranger"), notices) == []


def test_notifications_reach_their_reader_only(database: Database, world: World) -> None:
    users = (str(world.id_of("nadia")),)
    notices = [
        Notice(organisation="main", kind="notification", users=users, text="A lead is yours"),
        Notice(organisation="main", kind="progress", users=users, id="7"),
    ]
    mine = heard(database, key_for(world, "nadia"), notices)
    assert mine is not None
    assert {event.name: event.data.get("text") for event in mine} == {
        "job-progress": None,
        "notification": "A lead is yours",
    }
    assert heard(database, key_for(world, "sam"), notices) == []


def went_on(world: World, starter: str, key: str, record: UUID | None = None) -> Notice:
    """That an instance of a process went on, which only Nadia's line lets see."""
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn("start s\nuser a\ns > a", key)).id)
        rights = [Right("user", world.id_of("nadia"), "view"), Right("user", world.id_of(starter), "participate")]
        put_rights(tx, key, rights)
    with world.acts(starter) as tx:
        made = start(tx, key, entity="lead" if record else None, record=record)
        return msgspec.json.decode(notice_of(tx, made), type=Notice)


def test_course_is_told_to_whom_the_lines_of_its_process_let_see_it(database: Database, world: World) -> None:
    lead = world.has("lead", "james", last_name="Told")
    on_lead, alone = went_on(world, "james", "told-on", lead), went_on(world, "james", "told-alone")
    for who, told in (("james", [True, True]), ("nadia", [False, True]), ("helene", [False, False])):
        found = [bool(heard(database, key_for(world, who), [each])) for each in (on_lead, alone)]
        assert (who, found) == (who, told)


def publish_all(database: Database) -> None:
    while dispatch(database, "main", [Follower("live", publish_live)]):
        pass


def test_mass_change_is_told_once(database: Database, world: World) -> None:
    publish_all(database)
    with psycopg.connect(database.conninfo, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        with world.acts("nadia") as tx:
            for number in range(25):
                save(tx, "lead", {"last_name": f"Mass{number}"})
        single = world.has("lead", "nadia", last_name="Single")
        publish_all(database)
        notices = [read_notice(notify.payload) for notify in listener.notifies(timeout=2)]
    told = [(notice.kind, notice.id) for notice in notices if notice and notice.entity == "lead"]
    assert told == [("list", ""), ("record", str(single))]


def test_deletion_is_told_to_lists_only(database: Database, world: World) -> None:
    lead = world.has("lead", "nadia", last_name="Gone")
    publish_all(database)
    with psycopg.connect(database.conninfo, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        with world.system() as tx:
            delete(tx, "lead", lead)
        publish_all(database)
        notices = [read_notice(notify.payload) for notify in listener.notifies(timeout=2)]
    assert [(notice.kind, notice.id) for notice in notices if notice and notice.entity == "lead"] == [("list", "")]


@pytest.mark.parametrize("payload", ["", "{", "[]", '{"kind": 1}', "null"])
def test_foreign_notices_are_passed_over(payload: str) -> None:
    assert read_notice(payload) is None


def test_stream_tells_and_ends_with_its_token(database: Database, world: World) -> None:
    lead = world.has("lead", "nadia", last_name="Stream")
    key = key_for(world, "nadia")
    titles = iter(range(1000))

    def change() -> None:
        with world.acts("nadia") as tx:
            save(tx, "lead", {"job_title": f"Title {next(titles)}"}, id=lead)
        publish_all(database)

    def revoke() -> None:
        with world.system() as tx:
            for token in tokens_of(tx, world.id_of("nadia")):
                revoke_token(tx, world.id_of("nadia"), token.id)

    asyncio.run(_watch(database, key, change, revoke, lead))


async def _watch(
    database: Database, key: Key, change: Callable[[], None], revoke: Callable[[], None], lead: UUID
) -> None:
    app = api_of(database)
    hub = app.state.live = LiveHub(database)
    listening = asyncio.create_task(hub.listen())
    chunks: list[bytes] = []
    send, receive = _ends(chunks)
    scope: Any = {
        "type": "http", "method": "GET", "path": "/api/v1/live", "raw_path": b"/api/v1/live", "query_string": b"",
        "root_path": "", "scheme": "http", "http_version": "1.1", "client": ("127.0.0.1", 1), "server": ("test", 80),
        "headers": [(b"authorization", f"Bearer {key.token}".encode())],
    }  # fmt: skip
    streaming = asyncio.create_task(app(scope, receive, send))
    await _until(lambda: any(str(lead).encode() in chunk for chunk in chunks), lambda: asyncio.to_thread(change))
    await asyncio.to_thread(revoke)
    await _until(lambda: chunks[-1] == b"", lambda: asyncio.to_thread(change))
    listening.cancel()
    streaming.cancel()
    told = b"".join(chunks)
    assert b"event: record-changed" in told
    assert b"event: list-changed" in told


def _ends(chunks: list[bytes]) -> tuple[Callable[[Any], Awaitable[None]], Callable[[], Awaitable[Any]]]:
    asked = False

    async def send(message: Any) -> None:
        chunks.append(message.get("body", b""))

    async def receive() -> Any:
        nonlocal asked
        if asked:
            await asyncio.Event().wait()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return send, receive


async def _until(reached: Callable[[], bool], again: Callable[[], Awaitable[None]]) -> None:
    """Do something again and again until a condition holds; the test fails only when it never does."""
    async with asyncio.timeout(PATIENCE):
        while not reached():
            await again()
            await asyncio.sleep(0.3)
