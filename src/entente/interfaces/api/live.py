"""Live updates as server-sent events: one LISTEN per process, fanned out to those who may know."""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from litestar import Litestar, Request, get
from litestar.response import Stream

from entente.interfaces.api.audience import heard
from entente.interfaces.html.http.door import Key, database_of, key_of
from entente.interfaces.html.http.refusals import Unauthenticated
from entente.kernel.db.database import Database
from entente.kernel.kit.refusal import Throttled
from entente.services.connect.live import CHANNEL, Notice, read_notice

HEARTBEAT = 15.0
PROVED_EVERY = 2
GATHERED = 0.15
MOST_WAITING = 500
MOST_PER_TOKEN = 20
MOST_JUDGED_AT_ONCE = 3
PAUSE = 2.0
# What a page may have missed between its rendering and its stream is told again.
LATELY = 60.0
MOST_RECENT = 2000
MISSED = b"event: missed\ndata: {}\n\n"

log = logging.getLogger(__name__)
AnyRequest = Request[Any, Any, Any]
Queue = asyncio.Queue[Notice | None]


class LiveHub:
    """All listeners of this process; a full queue or a lost database ends a stream, and the browser comes again."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.judging = asyncio.Semaphore(MOST_JUDGED_AT_ONCE)
        self._queues: dict[Queue, Key] = {}
        self._recent: deque[tuple[float, Notice]] = deque(maxlen=MOST_RECENT)
        self._hears_since = math.inf

    def missed(self, key: Key, seconds: float) -> list[Notice] | None:
        """What was told in the last seconds; nothing certain (None) when nobody listened all that time."""
        since = time.monotonic() - seconds
        is_full = len(self._recent) == MOST_RECENT and self._recent[0][0] > since
        if seconds > LATELY or since < self._hears_since or is_full:
            return None
        return [notice for at, notice in self._recent if at >= since and notice.organisation == key.organisation]

    def join(self, key: Key) -> Queue:
        """A queue on which the listener hears all notices of his organisation; Throttled when he has too many."""
        if sum(other == key for other in self._queues.values()) >= MOST_PER_TOKEN:
            raise Throttled(seconds=30)
        queue: Queue = asyncio.Queue(MOST_WAITING)
        self._queues[queue] = key
        return queue

    def leave(self, queue: Queue) -> None:
        """Forget a listener."""
        self._queues.pop(queue, None)

    def tell(self, notice: Notice) -> None:
        """Put a notice before every listener of its organisation."""
        self._recent.append((time.monotonic(), notice))
        for queue, key in list(self._queues.items()):
            if key.organisation != notice.organisation:
                continue
            if queue.full():
                self._end(queue)
            else:
                queue.put_nowait(notice)

    def end_all(self) -> None:
        """End every stream."""
        for queue in list(self._queues):
            self._end(queue)

    def _end(self, queue: Queue) -> None:
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)

    async def listen(self) -> None:
        """Hear what the database tells, for ever; a lost connection is made anew."""
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(
                    self.database.conninfo, autocommit=True, connect_timeout=5
                )
                async with connection:
                    await connection.execute(f"LISTEN {CHANNEL}".encode())
                    self._hears_since = time.monotonic()
                    async for notify in connection.notifies():
                        notice = read_notice(notify.payload)
                        if notice is not None:
                            self.tell(notice)
            except psycopg.Error as fault:
                log.warning("live updates lost the database (%s)", type(fault).__name__)
            self._hears_since = math.inf
            self.end_all()
            await asyncio.sleep(PAUSE)


@asynccontextmanager
async def live_updates(app: Litestar) -> AsyncIterator[None]:
    """The application's hub at `app.state.live`, listening as long as the application lives."""
    hub = LiveHub(app.state.database)
    app.state.live = hub
    listening = asyncio.create_task(hub.listen())
    try:
        yield
    finally:
        listening.cancel()
        hub.end_all()
        await asyncio.gather(listening, return_exceptions=True)


@get("/live", include_in_schema=False)
async def live(request: AnyRequest) -> Stream:
    """Everything that the asking user may know of, as server-sent events; Unauthenticated when nobody proves it.

    A page says by `age` how many milliseconds ago it was asked for, and hears what happened since.
    """
    hub: LiveHub = request.app.state.live
    key = key_of(request)
    if await asyncio.to_thread(heard, database_of(request), key, []) is None:
        raise Unauthenticated("http.session_over")
    queue = hub.join(key)
    age = request.query_params.get("age", "")
    missed = hub.missed(key, int(age) / 1000) if age.isdecimal() and len(age) < 12 else []
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(_stream(hub, queue, key, missed), media_type="text/event-stream", headers=headers)


async def _stream(hub: LiveHub, queue: Queue, key: Key, missed: list[Notice] | None) -> AsyncIterator[bytes]:
    try:
        yield b"retry: 2000\n\n" + (MISSED if missed is None else b"")
        for notice in (missed or ())[-MOST_WAITING // 2 :]:
            queue.put_nowait(notice)
        silent = 0
        while True:
            notices = await _gather(queue)
            if notices is None:
                return
            silent = 0 if notices else silent + 1
            if notices or silent % PROVED_EVERY == 0:
                async with hub.judging:
                    events = await asyncio.to_thread(heard, hub.database, key, notices)
                if events is None:
                    return
                for event in events:
                    yield event.wire
            if not notices:
                yield b": still here\n\n"
    finally:
        hub.leave(queue)


async def _gather(queue: Queue) -> list[Notice] | None:
    """What came in since the last look, nothing new after a heartbeat's silence; None when the stream is to end."""
    try:
        found = [await asyncio.wait_for(queue.get(), HEARTBEAT)]
    except TimeoutError:
        return []
    await asyncio.sleep(GATHERED)
    while not queue.empty():
        found.append(queue.get_nowait())
    notices = [notice for notice in found if notice is not None]
    return notices if len(notices) == len(found) else None
