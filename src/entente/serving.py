"""Serving an installation: web and worker are kept alive by a process that holds next to nothing itself.

Its children load the product while another one brings the database up to date, and answer once that is done.
"""

import argparse
import http.client
import ipaddress
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from entente.kernel.db.connect import find_conninfo
from entente.kernel.db.readiness import is_prepared, mark_of
from entente.kernel.jobs.supervise import PREPARED, keep_alive
from entente.kernel.kit.clock import SystemClock
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import load_words
from entente.settings import Settings, hand_down, read_settings

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
PACKAGE = Path(__file__).parent
WAIT_SECONDS = 0.1
MOST_STILLBORN = 2


def main(argv: Sequence[str] | None = None) -> int:
    """The exit status of serving until told to stop: 0, or 1 when it was refused with a reason on the error output."""
    words = load_words([PACKAGE])
    language = spoken_language()

    def say(key: str) -> str:
        return words.say(language, key).replace("%", "%%")

    parser = argparse.ArgumentParser(prog="entente serve", description=say("cli.serve"))
    parser.add_argument("--data", help=say("cli.option.data"))
    add_web_options(parser, say)
    try:
        return serve(settings_of(parser.parse_args(argv)))
    except Refused as refused:
        print(words.say(language, refused.code, **refused.values), file=sys.stderr)
        return 1


def serve(settings: Settings) -> int:
    """Bring the database up to date, keep web and worker alive until told to stop; the exit status of the former.

    It is 1 when the web server dies again and again before it has answered once.
    """
    refuse_strangers(settings)
    refuse_taken_port(settings)
    hand_down(settings)
    stopping = stop_signals()
    with ExitStack() as stack:
        marker = Path(stack.enter_context(TemporaryDirectory(prefix="entente-serve-"))) / "prepared"
        os.environ[PREPARED] = str(marker)
        answered, stillborn = threading.Event(), threading.Event()
        died = _gives_up(answered, stillborn, stopping)
        commands = {"web": _own("entente.web_server")}
        web = threading.Thread(target=keep_alive, args=(commands, stopping, died), name="web")
        web.start()
        stack.callback(web.join)
        stack.callback(stopping.set)
        # This process is the embedded server's user from the first moment to the last.
        failed = _prepare(settings, find_conninfo(settings), stopping)
        if failed or stopping.is_set():
            return failed or int(stillborn.is_set())
        marker.touch()
        announcing = threading.Thread(
            target=_announce, args=(settings, stopping, answered), name="announce", daemon=True
        )
        announcing.start()
        keep_alive({"worker": _own("entente.job_worker")}, stopping)
    return int(stillborn.is_set())


def _gives_up(answered: threading.Event, stillborn: threading.Event, stopping: threading.Event) -> Callable[[], None]:
    """What counts the deaths of the web server, and stops everything when it has died so often without an answer."""
    deaths = count(1)

    def died() -> None:
        if next(deaths) >= MOST_STILLBORN and not answered.is_set() and not stopping.is_set():
            print(load_words([PACKAGE]).say(spoken_language(), "cli.web_dies"), file=sys.stderr, flush=True)
            stillborn.set()
            stopping.set()

    return died


def _own(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _prepare(settings: Settings, conninfo: str, stopping: threading.Event) -> int:
    """The exit status of bringing the database up to date: 0 at once when this very code did so before."""
    if not settings.test_clock and is_prepared(conninfo, mark_of(settings, SystemClock().now())):
        return 0
    child = subprocess.Popen(_own("entente.cli", "prepare"), stdin=subprocess.DEVNULL)  # noqa: S603 - our own module
    while child.poll() is None:
        if stopping.wait(WAIT_SECONDS / 5):
            child.terminate()
            child.wait()
    return child.returncode


def stop_signals() -> threading.Event:
    """An event that is set when the process is told to stop."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        # In a thread: the one that is interrupted may hold the event's own lock, and would wait for itself.
        threading.Thread(target=stopping.set, name="stop", daemon=True).start()

    for each in STOP_SIGNALS:
        signal.signal(each, stop)
    return stopping


def spoken_language() -> str:
    """The language of the terminal: French or English."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "fr" if spoken.startswith("fr") else "en"


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The settings that the options of a command line give, over those of the environment."""
    given = {name: getattr(arguments, name, None) for name in ("data", "port", "host", "demo", "test_clock")}
    return read_settings(**given)


def add_web_options(parser: argparse.ArgumentParser, say: Callable[[str], str]) -> None:
    """Give a command the options of the web server."""
    parser.add_argument("--port", type=int, help=say("cli.option.port"))
    parser.add_argument("--host", help=say("cli.option.host"))
    parser.add_argument("--no-demo", dest="demo", action="store_const", const=False, help=say("cli.option.no_demo"))
    parser.add_argument("--test-clock", action="store_const", const=True, help=say("cli.option.test_clock"))


def refuse_strangers(settings: Settings) -> None:
    """Nothing when the demo is served to this machine alone; else Refused, for everyone knows its password."""
    local = settings.host == "localhost"
    with suppress(ValueError):
        local = ipaddress.ip_address(settings.host).is_loopback
    if settings.demo and not local:
        raise Refused("cli.demo_is_local", host=settings.host)


def refuse_taken_port(settings: Settings) -> None:
    """Nothing when the port is free; else Refused."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            raise Refused("cli.port_taken", port=settings.port, host=settings.host) from None


def _announce(settings: Settings, stopping: threading.Event, answered: threading.Event) -> None:
    while not stopping.wait(WAIT_SECONDS):
        if _is_ready(settings):
            answered.set()
            print(f"Ready: http://{settings.host}:{settings.port}", flush=True)
            return


def _is_ready(settings: Settings) -> bool:
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=5)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
