"""An installation served by its own processes, found and killed from outside, looked into without taking part."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from entente.kernel.db.embedded.cluster import Cluster
from entente.kernel.db.embedded.place import find_place, forget_place
from tests.journeys.served import free_port

# Makes the first administrator and prints his token: a process of its own, so that the test joins no cluster.
FIRST_ADMIN = """
from entente import product
from entente.kernel.db.connect import find_conninfo
from entente.kernel.identity.tokens import create_token
from entente.kernel.kit.principal import system
from entente.kernel.seeding import Seed, plant, seed_id
from entente.settings import read_settings
settings = read_settings(demo=False)
database = product.open_database(find_conninfo(settings), settings)
values = {"login": "root", "last_name": "Root", "email": "root@example.com", "roles": ["@role:administrator"]}
with database.begin(system("crash test")) as tx:
    plant(tx, [Seed(entity="user", key="root", values=values)])
    print(create_token(tx, seed_id("user", "root"), "crash test", 1))
database.close()
"""
ROLES = ("web", "worker")
AGAIN_SECONDS = 30
# Nothing here is encrypted. Reading the certificates of the world took each new client 60 ms of the processor time that
# the killed need to come back.
PLAIN = False


class Served:
    """`entente serve` over a data folder, with a token of its administrator."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.environment = {**os.environ, "ENTENTE_DATA": str(folder), "LC_ALL": "C.UTF-8"}
        self.output = (folder / "serve.log").open("wb")
        self.process = psutil.Popen(
            [sys.executable, "-m", "entente.cli", "serve", "--no-demo", "--port", str(self.port)],
            env=self.environment, stdout=self.output, stderr=self.output,
        )  # fmt: skip
        self.token = ""

    @property
    def address(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, timeout: float = 4.0) -> httpx.Client:
        """A client with the administrator's token that gives up quickly."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=f"{self.address}/api/v1", timeout=timeout, headers=headers, verify=PLAIN)

    def await_ready(self, seconds: float) -> float:
        """How long it took until a request with a token succeeded; fails after so many seconds."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            try:
                answer = httpx.get(f"{self.address}/ready", timeout=2, verify=PLAIN)
                if answer.status_code == 200:
                    return time.monotonic() - started
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"no answer for {seconds} s\n{self.log()}")

    def log(self) -> str:
        """The end of what its processes printed."""
        return (self.folder / "serve.log").read_text(errors="replace")[-4000:]

    def make_admin(self) -> None:
        """Let its administrator in."""
        done = subprocess.run(
            [sys.executable, "-c", FIRST_ADMIN], env=self.environment, capture_output=True, text=True, check=True
        )
        self.token = done.stdout.strip()

    def pids(self, role: str) -> list[int]:
        """The processes of a role, the one that the supervisor started first."""
        found = [child for child in self.process.children() if any(role in each for each in _arguments(child)[-1:])]
        return [each.pid for child in found for each in (child, *child.children(recursive=True))]

    def await_pids(self, role: str) -> list[int]:
        """The processes of a role, once it has some: it may be starting anew."""
        started = time.monotonic()
        while not (found := self.pids(role)):
            assert time.monotonic() - started < AGAIN_SECONDS, f"no process is {role}\n{self.log()}"
            time.sleep(0.05)
        return found

    def strike_database(self, pid: int) -> None:
        """Kill the server or a backend of it; PostgreSQL has then noticed, and takes connections again."""
        kill(pid)
        started = time.monotonic()
        while psutil.pid_exists(pid):
            assert time.monotonic() - started < AGAIN_SECONDS, f"nobody noticed that {pid} died\n{self.log()}"
            time.sleep(0.01)
        self.await_database(AGAIN_SECONDS)

    def postmaster(self) -> int:
        """The PostgreSQL server."""
        return int((find_place(self.folder).data / "postmaster.pid").read_text().split()[0])

    def connect(self) -> psycopg.Connection[Any]:
        """A connection to its database that keeps nothing alive."""
        return psycopg.connect(self.dsn(), autocommit=True, connect_timeout=2)

    def dsn(self) -> str:
        """Its database's connection string."""
        return Cluster(self.folder, find_place(self.folder), {}).dsn("entente")

    def await_database(self, seconds: float) -> None:
        """Wait until PostgreSQL takes connections again; fails after so many seconds."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"PostgreSQL takes no connection for {seconds} s\n{self.log()}")

    def stop(self) -> None:
        """End it in good order, and whatever did not end."""
        family = [self.process, *self.process.children(recursive=True)]
        self.process.terminate()
        _, alive = psutil.wait_procs(family, timeout=20)
        for process in alive:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.output.close()
        forget_place(self.folder)


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def kill(pid: int) -> None:
    """End a process as a power cut would."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """The product, ready, with an administrator."""
    made = Served(folder)
    try:
        made.await_ready(120)
        made.make_admin()
        assert re.fullmatch(r"ent_\w+_[\w-]{43}", made.token)
        yield made
    finally:
        made.stop()
