"""Child processes kept alive: started again when they die, stopped in good order when the parent is told to."""

import logging
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

SUPERVISOR = "ENTENTE_SUPERVISOR"
PREPARED = "ENTENTE_PREPARED"
PREPARED_SECONDS = 0.02
WATCH_SECONDS = 0.5
LONGEST_PAUSE = 5.0
HEALTHY_SECONDS = 5.0
GRACE_SECONDS = 30.0

log = logging.getLogger(__name__)


def keep_alive(
    commands: Mapping[str, Sequence[str]], stopping: threading.Event, died: Callable[[], object] = lambda: None
) -> None:
    """Run every command as a child process until told to stop; one that dies is started again, with growing pauses.

    `died` is called each time, before it is started again.
    """
    keepers = [
        threading.Thread(target=_keep, args=(name, command, stopping, died), name=f"keep-{name}")
        for name, command in commands.items()
    ]
    for keeper in keepers:
        keeper.start()
    for keeper in keepers:
        keeper.join()


def supervisor() -> int | None:
    """The process id of whoever keeps this process alive, or nothing when it was started by hand."""
    given = os.environ.get(SUPERVISOR)
    return int(given) if given else None


def wait_until_prepared() -> None:
    """Return once the database is up to date, when a supervisor sees to that; at once when nobody does."""
    marker = os.environ.get(PREPARED)
    while marker and not Path(marker).exists():
        time.sleep(PREPARED_SECONDS)


def watch_parent(parent: int, gone: Callable[[], object]) -> None:
    """Call back once this process is no longer a child of the parent, however that one died."""
    threading.Thread(target=_watch, args=(parent, gone), name="parent-watch", daemon=True).start()


def _watch(parent: int, gone: Callable[[], object]) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    gone()


def _keep(name: str, command: Sequence[str], stopping: threading.Event, died: Callable[[], object]) -> None:
    pause = 0.5
    while not stopping.is_set():
        started = time.monotonic()
        environment = {**os.environ, SUPERVISOR: str(os.getpid())}
        child = subprocess.Popen(list(command), stdin=subprocess.DEVNULL, env=environment)  # noqa: S603
        _await(child, stopping)
        if stopping.is_set():
            break
        died()
        if stopping.is_set():
            break
        log.warning("%s ended with %s: it is started again", name, child.returncode)
        pause = 0.5 if time.monotonic() - started > HEALTHY_SECONDS else min(pause * 2, LONGEST_PAUSE)
        stopping.wait(pause)


def _await(child: "subprocess.Popen[bytes]", stopping: threading.Event) -> None:
    while child.poll() is None:
        if stopping.wait(0.2):
            _stop(child)
            return


def _stop(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(timeout=GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
