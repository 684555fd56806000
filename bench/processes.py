"""The servers under measurement: started, asked whether they answer, their processor time and memory read."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from bench.client import Connection
from entente.kernel.db.embedded.place import find_place

FLOOR_PORT, OUR_PORT = 8951, 8952
RESTING = 0.2  # processor seconds in two


class Server:
    """A server started from a command, with all its descendants."""

    def __init__(self, name: str, command: Sequence[str], port: int, path: str, environment: Mapping[str, str]) -> None:
        self.name = name
        self.port = port
        started = time.perf_counter()
        with Path(os.devnull).open("wb") as nowhere:
            self.process = psutil.Popen(
                [sys.executable, *command], env={**os.environ, **environment}, stdout=nowhere, stderr=nowhere
            )
        self._await(path)
        self.seconds_to_start = time.perf_counter() - started

    def _await(self, path: str) -> None:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            try:
                connection = Connection(self.port, {})
                status, _ = connection.ask("GET", path)
                connection.close()
            except OSError:
                status = 0
            if status == 200:
                return
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}")
            time.sleep(0.02)
        raise RuntimeError(f"{self.name} does not answer")

    def rest(self) -> None:
        """Wait until it has done what it does on its own after the start, so that no operation is charged with it."""
        deadline, before = time.monotonic() + 60, float("-inf")
        while time.monotonic() < deadline:
            spent = sum(cpu_seconds(self.family()).values())
            if spent - before < RESTING:
                return
            before = spent
            time.sleep(2)

    def family(self) -> list[psutil.Process]:
        """The process and its descendants, PostgreSQL left out."""
        every = [self.process, *self.process.children(recursive=True)]
        return [each for each in every if "postgres" not in each.name()]

    def stop(self) -> None:
        """End it in good order."""
        family = self.family()
        self.process.terminate()
        _, alive = psutil.wait_procs(family, timeout=20)
        for each in alive:
            each.kill()


def start_floor(dsn: str) -> Server:
    """The floor, answering."""
    command = ["-m", "granian", "bench.floor:app", "--interface", "asgi", "--port", str(FLOOR_PORT), "--no-log"]
    return Server("floor", command, FLOOR_PORT, "/nothing", {"BENCH_DSN": dsn})


def start_product(data: Path) -> Server:
    """The product as `entente serve` runs it, answering."""
    command = ["-m", "entente", "serve", "--no-demo", "--port", str(OUR_PORT)]
    return Server("Entente", command, OUR_PORT, "/ready", {"ENTENTE_DATA": str(data)})


def database_processes(data: Path) -> list[psutil.Process]:
    """PostgreSQL's server and its backends."""
    postmaster = psutil.Process(int((find_place(data).data / "postmaster.pid").read_text().split()[0]))
    return [postmaster, *postmaster.children(recursive=True)]


def cpu_seconds(processes: Sequence[psutil.Process]) -> dict[int, float]:
    """The processor time that each of the processes has used, by process id; one that has ended is left out."""
    spent = {}
    for each in processes:
        try:
            times = each.cpu_times()
        except psutil.Error:
            continue
        spent[each.pid] = times.user + times.system
    return spent


def memory_mib(server: Server) -> float:
    """The proportional share of memory (PSS) of a server's processes, in MiB."""
    return float(sum(each.memory_full_info().pss for each in server.family())) / 2**20
