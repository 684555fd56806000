"""Figures for Prometheus, where they are switched on: requests and times of this process, the work that waits."""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from litestar import Response, get
from litestar.datastructures import State
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from entente.kernel.jobs.figures import work_figures

MEDIA = "text/plain; version=0.0.4"
BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
DOORS = {"api": "api", "static": "static", "f": "portal"}
HELP = {
    "requests_total": "counter",
    "request_seconds": "histogram",
    "jobs": "gauge",
    "dead_jobs": "gauge",
    "follower_failures": "gauge",
    "outbox_entries": "gauge",
    "outbox_lag_seconds": "gauge",
}


class Meter:
    """Counts the requests of this process and the seconds until their answers began."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], int] = defaultdict(int)
        self._times: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS) + 1))
        self._seconds: dict[str, float] = defaultdict(float)

    def count(self, door: str, method: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._counts[door, method, f"{status // 100}xx"] += 1
        self._times[door][next((at for at, bound in enumerate(BOUNDS) if seconds <= bound), len(BOUNDS))] += 1
        self._seconds[door] += seconds

    def lines(self) -> Iterable[str]:
        """What was counted, as Prometheus reads it (text format 0.0.4)."""
        own = {"process": str(os.getpid())}
        for (door, method, status), number in sorted(self._counts.items()):
            yield line("requests_total", {"door": door, "method": method, "status": status, **own}, number)
        for door, numbers in sorted(self._times.items()):
            total = 0
            for bound, number in zip((*map(str, BOUNDS), "+Inf"), numbers, strict=True):
                total += number
                yield line("request_seconds_bucket", {"door": door, "le": bound, **own}, total)
            yield line("request_seconds_sum", {"door": door, **own}, round(self._seconds[door], 6))
            yield line("request_seconds_count", {"door": door, **own}, total)


def line(name: str, labels: Mapping[str, str], value: float) -> str:
    """One sample; quotes, backslashes and line ends in labels are escaped."""
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"entente_{name}{{{inside}}} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def measured_by(meter: Meter) -> Callable[[ASGIApp], ASGIApp]:
    """A middleware that counts every request whose answer begins."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def measured(scope: Scope, receive: Receive, send: Send) -> None:
            began = time.perf_counter()

            async def tell(message: Message) -> None:
                if message["type"] == "http.response.start":
                    door = DOORS.get(scope["path"].split("/")[1], "pages")
                    method = str(scope.get("method", ""))
                    meter.count(door, method, message["status"], time.perf_counter() - began)
                await send(message)

            await app(scope, receive, tell)

        return measured

    return wrap


@get("/metrics", include_in_schema=False, sync_to_thread=True)
def metrics(state: State) -> Response[str]:
    """The figures of the moment; nothing is there in an installation that does not serve them."""
    if not state.database.settings.metrics:
        return Response("", status_code=404, media_type=MEDIA)
    samples = [*state.meter.lines()]
    samples += [line(each.name, each.labels, each.value) for each in work_figures(state.database)]
    heads = [f"# TYPE entente_{name} {kind}" for name, kind in HELP.items()]
    return Response("\n".join([*_grouped(heads, samples), ""]), media_type=MEDIA)


def _grouped(heads: Iterable[str], samples: Iterable[str]) -> Iterable[str]:
    """Each head with the samples of its name behind it, as the format wants."""
    known = list(samples)
    for head in heads:
        name = head.split(" ")[2]
        yield head
        yield from (each for each in known if _family(each) == name)


def _family(sample: str) -> str:
    name = sample.partition("{")[0]
    for ending in ("_bucket", "_sum", "_count"):
        name = name.removesuffix(ending)
    return name
