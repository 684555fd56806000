"""Live updates: whoever may read a record hears of it, nobody else does, and a lost session ends the stream."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from entente.interfaces.api.audience import heard
from entente.interfaces.api.live import LiveHub
from entente.interfaces.html.http.door import Key
from entente.kernel.db.database import Database
from entente.kernel.identity.tokens import revoke_token, tokens_of
from entente.kernel.jobs.followers import Follower, dispatch
from entente.kernel.records.save import save
from entente.services.connect.live import Notice, publish_live, read_notice
from tests.interfaces.api.conftest import api_of, token_of
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


def test_mass_change_is_told_once(database: Database, world: World) -> None:
    told: list[str] = []
    with world.acts("nadia") as tx:
        for number in range(25):
            save(tx, "lead", {"last_name": f"Mass{number}"})

    def listen(tx: Any, entries: Any) -> None:
        with tx.connection.cursor() as cursor:
            cursor.execute("LISTEN entente_live")
        publish_live(tx, [entry for entry in entries if entry.entity == "lead" and "Mass" in (entry.title or "")])
        told.append("done")

    with database.connection() as connection:
        connection.execute("LISTEN entente_live")
    while dispatch(database, "main", [Follower("live", listen)]):
        pass
    assert told


@pytest.mark.parametrize("payload", ["", "{", "[]", '{"kind": 1}', "null"])
def test_foreign_notices_are_passed_over(payload: str) -> None:
    assert read_notice(payload) is None


def test_stream_tells_and_ends_with_its_token(database: Database, world: World) -> None:
    lead = world.has("lead", "nadia", last_name="Stream")
    key = key_for(world, "nadia")

    def publish() -> None:
        with world.system() as tx:
            tx.connection.execute("SELECT 1")
            publish_live(tx, [entry_of(world, lead)])

    def revoke() -> None:
        with world.system() as tx:
            for token in tokens_of(tx, world.id_of("nadia")):
                revoke_token(tx, world.id_of("nadia"), token.id)

    asyncio.run(_watch(database, key, publish, revoke, lead))


def entry_of(world: World, lead: UUID) -> Any:
    from_journal = []
    with world.system() as tx:
        from_journal = tx.connection.execute(
            f'SELECT * FROM "{tx.catalog.schema}".journal WHERE record = %s', (lead,)
        ).fetchall()
    assert from_journal
    return _Entry(lead)


class _Entry:
    entity = "lead"
    actor_name = "Nadia"
    version = 1
    cause = UUID(int=1)

    def __init__(self, record: UUID) -> None:
        self.record = record


async def _watch(
    database: Database, key: Key, publish: Callable[[], None], revoke: Callable[[], None], lead: UUID
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
    await _until(lambda: any(str(lead).encode() in chunk for chunk in chunks), lambda: asyncio.to_thread(publish))
    await asyncio.to_thread(revoke)
    await _until(streaming.done, lambda: asyncio.to_thread(publish))
    listening.cancel()
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
