"""One running cluster, shared by the processes of an installation and brought back when it dies."""

import atexit
import contextlib
import fcntl
import logging
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from entente.kernel.db.embedded import postmaster
from entente.kernel.db.embedded.place import PORT, Place, find_place
from entente.kernel.kit.refusal import Refused

WATCH_SECONDS = 0.25

log = logging.getLogger(__name__)


class Cluster:
    """A PostgreSQL that answers on a private socket until `stop`; also a context that stops it."""

    def __init__(self, folder: Path, place: Place, settings: Mapping[str, str]) -> None:
        self._folder = folder
        self._place = place
        self._settings = settings
        self._owner = os.getpid()
        self._users = os.open(folder / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
        self._child: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="postgres-watch", daemon=True)

    @property
    def pid(self) -> int:
        """The process id of the server as last seen."""
        return self._pid

    def dsn(self, database: str) -> str:
        """The connection string of a database, as the role that owns the installation's databases."""
        return make_conninfo(
            host=str(self._place.socket_folder()),
            port=PORT,
            user=postmaster.ROLE,
            password=self._place.record.password,
            dbname=database,
        )

    def ensure_database(self, name: str) -> str:
        """The connection string of a database that exists afterwards."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.dsn(name)

    def stop(self) -> None:
        """The cluster is given up; the last process of the installation to do so stops it in good order."""
        if self._stopping.is_set() or os.getpid() != self._owner:
            return
        self._stopping.set()
        atexit.unregister(self.stop)
        self._watcher.join()
        with _turn(self._folder):
            running = postmaster.running_pid(self._place)
            if running and _is_last(self._users):
                postmaster.stop(running, self._child)
            os.close(self._users)

    def __enter__(self) -> Self:
        """The running cluster."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """The cluster is given up as by `stop`."""
        self.stop()

    def open(self) -> Self:
        """The cluster, up and watched."""
        with _turn(self._folder):
            fcntl.flock(self._users, fcntl.LOCK_SH)
            postmaster.make_data(self._place)
            self._come_up()
        atexit.register(self.stop)
        self._watcher.start()
        return self

    def _come_up(self) -> None:
        running = postmaster.running_pid(self._place)
        if running is None:
            self._child = postmaster.launch(self._place, self._settings)
            running = self._child.pid
        elif self._child and self._child.pid != running:
            self._child = None
        self._pid = running

    def _is_up(self) -> bool:
        return self._child.poll() is None if self._child else postmaster.alive(self._pid)

    def _watch(self) -> None:
        while not self._stopping.wait(WATCH_SECONDS):
            if self._is_up():
                continue
            log.warning("PostgreSQL (process %s) is gone: it is started again", self._pid)
            try:
                with _turn(self._folder):
                    self._come_up()
            except (Refused, OSError):
                log.exception("PostgreSQL could not be started again; the next try follows")


def start_cluster(folder: Path, settings: Mapping[str, str] | None = None) -> Cluster:
    """The installation's cluster: started, or joined when another process has it up; raises Refused when it cannot."""
    folder = folder.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _turn(folder):
        place = find_place(folder)
    return Cluster(folder, place, settings or {}).open()


@contextlib.contextmanager
def _turn(folder: Path) -> Iterator[None]:
    lock = os.open(folder / "postgres.turn", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _is_last(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
