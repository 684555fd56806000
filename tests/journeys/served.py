"""The product served over a free port of this machine, in a thread of the test."""

import asyncio
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from granian.constants import Interfaces
from granian.server.embed import Server

from entente import app, job_worker
from entente.kernel.db.database import Database
from entente.kernel.jobs.schedule import tick
from entente.kernel.jobs.worker import run_worker
from entente.kernel.kit.clock import SetClock


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


@contextmanager
def served(database: Database) -> Iterator[str]:
    """The address of the whole product over a database."""
    port = free_port()
    server = Server(app.build(database), address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(server.serve()), daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address + "/health")
        yield address
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(10)


@contextmanager
def at_work(database: Database) -> Iterator[None]:
    """The worker beside the server: followers are told of changes and jobs are run."""
    stopping = threading.Event()
    arguments = (database, job_worker.all_jobs(), job_worker.all_followers(), stopping)
    thread = threading.Thread(target=run_worker, args=arguments, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(20)


class RunningClock(SetClock):
    """A clock that starts at a moment and runs, and that a test moves on."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self._since = time.monotonic()

    def now(self) -> datetime:
        """The moment that the clock has come to."""
        return self._at + timedelta(seconds=time.monotonic() - self._since)


def run_what_is_due(database: Database) -> None:
    """Put every periodic job whose moment has come into the queue, as the worker does from time to time."""
    tick(database, job_worker.all_jobs())


def wait_for(address: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(address)


@contextmanager
def other_site(pages: dict[str, str]) -> Iterator[str]:
    """The address of a site of somebody else that shows some pages."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            html = pages.get(self.path.partition("?")[0])
            self.send_response(200 if html else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((html or "").encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        # Another host name than the product's, so that the browser takes it for another site.
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
