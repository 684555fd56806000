"""The six operations, asked of the floor and of the product in turns: latency of one client, work of eight, CPU."""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

import msgspec

from bench.client import Connection
from bench.processes import Server, cpu_seconds, database_processes

CLIENTS = 8
NAMES = ("read", "list", "search", "create", "change", "convert")
# What the floor answers: both are asked the same.
SELECTED = "$select=name,company_name,emails,phones,status,score,owner,estimated_amount,created_at"
SEARCHED = ("kerbalo", "montari", "souveri", "lanmizel", "drapelo", "guefola")


class Figures(msgspec.Struct):
    """What one operation cost: milliseconds of one client, operations per second of eight, processor ms each."""

    times: list[float] = []
    rates: list[float] = []
    cpu: list[float] = []

    @property
    def p50(self) -> float:
        """The median in milliseconds."""
        return median(self.times)

    @property
    def p95(self) -> float:
        """What 95 of 100 stay below, in milliseconds."""
        return quantiles(self.times, n=20)[18]


Request = tuple[str, str, bytes, str]


class Requests:
    """The requests of one server's operations, each over a lead of its own where it must be."""

    def __init__(self, ids: Sequence[str], *, product: bool) -> None:
        middle = len(ids) // 2
        self._changed = ids[middle:]
        self._unconverted = iter(ids[:middle])
        self._product = product
        self._chance = random.Random(7)
        self._lock = threading.Lock()
        self._number = 0

    def next(self, operation: str) -> Request:
        """The next request of an operation: method, path, body, headers."""
        with self._lock:
            self._number += 1
            number, lead = self._number, self._chance.choice(self._changed)
            if operation == "convert":
                lead = next(self._unconverted)
        base = "/api/v1/leads" if self._product else "/leads"
        match operation:
            case "read":
                return "GET", f"{base}/{lead}?{SELECTED}" if self._product else f"{base}/{lead}", b"", ""
            case "list":
                asked = f"?$filter=status%20eq%20'new'&$orderby=created_at%20desc&$top=20&$count=true&{SELECTED}"
                return "GET", base + (asked if self._product else "?status=new"), b"", ""
            case "search":
                word = SEARCHED[number % len(SEARCHED)]
                asked = f"?$search={word}&$top=20&{SELECTED}" if self._product else f"?search={word}"
                return "GET", base + asked, b"", ""
            case "create":
                return "POST", base, _new_lead(number), ""
            case "change":
                status = ("assigned", "in_process", "nurturing")[number % 3]
                return "PATCH", f"{base}/{lead}", msgspec.json.encode({"status": status}), "If-Match: *\r\n"
            case _:
                return "POST", f"{base}/{lead}/convert", b"{}", ""


def _new_lead(number: int) -> bytes:
    values = {
        "last_name": f"Bench{number}",
        "company_name": f"Tanneries {number}",
        "emails": f"bench.{number}@lisiere.example",
    }
    return msgspec.json.encode(values)


def measure(
    server: Server, data: Path, requests: Requests, operation: str, headers: Mapping[str, str], times: int
) -> tuple[list[float], float, float]:
    """Latencies in ms of one client, operations per second of eight, processor ms per operation of one client."""
    connection = Connection(server.port, headers)
    for _ in range(max(3, times // 10)):
        _ask(connection, requests.next(operation))
    watched = [*server.family(), *database_processes(data)]
    before, spent = cpu_seconds(watched), []
    for _ in range(times):
        request = requests.next(operation)
        started = time.perf_counter()
        _ask(connection, request)
        spent.append((time.perf_counter() - started) * 1000)
    after = cpu_seconds([*server.family(), *database_processes(data)])
    cpu = sum(spent_by - before.get(pid, 0.0) for pid, spent_by in after.items()) / times * 1000
    connection.close()
    return spent, _throughput(server, requests, operation, headers, times), cpu


def _throughput(server: Server, requests: Requests, operation: str, headers: Mapping[str, str], times: int) -> float:
    each = max(2, times // 4)

    def work(connection: Connection) -> None:
        for _ in range(each):
            _ask(connection, requests.next(operation))
        connection.close()

    connections = [Connection(server.port, headers) for _ in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        started = time.perf_counter()
        list(pool.map(work, connections))
        return CLIENTS * each / (time.perf_counter() - started)


def _ask(connection: Connection, request: Request) -> None:
    method, path, body, headers = request
    status, answer = connection.ask(method, path, body, headers)
    if status >= 300:
        raise RuntimeError(f"{method} {path} -> {status} {answer[:300]!r}")


def page_times(server: Server, cookie: str, path: str, times: int) -> list[float]:
    """How many ms a page's HTML takes a signed-in person, several times."""
    connection = Connection(server.port, {"Cookie": cookie, "Accept": "text/html"})
    return timed(lambda: _ask(connection, ("GET", path, b"", "")), times)


def timed(work: Callable[[], object], times: int) -> list[float]:
    """How many ms the work takes, several times, after two rounds that are not counted."""
    spent = []
    for at in range(times + 2):
        started = time.perf_counter()
        work()
        if at > 1:
            spent.append((time.perf_counter() - started) * 1000)
    return spent
