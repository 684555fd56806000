"""Child processes kept alive: started again when they die, stopped in good order when the parent is told to."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence

SUPERVISED = "ENTENTE_SUPERVISED"
LONGEST_PAUSE = 30.0
HEALTHY_SECONDS = 60.0
GRACE_SECONDS = 30.0

log = logging.getLogger(__name__)


def keep_alive(commands: Mapping[str, Sequence[str]], stopping: threading.Event) -> None:
    """Run every command as a child process until told to stop; one that dies is started again, with growing pauses."""
    keepers = [
        threading.Thread(target=_keep, args=(name, command, stopping), name=f"keep-{name}")
        for name, command in commands.items()
    ]
    for keeper in keepers:
        keeper.start()
    for keeper in keepers:
        keeper.join()


def stop_with_parent(stop: threading.Event) -> None:
    """In a supervised child: set the event when the parent is gone, however it died."""
    if os.environ.get(SUPERVISED) == "1":
        threading.Thread(target=_wait_for_parent, args=(stop,), name="parent-watch", daemon=True).start()


def _wait_for_parent(stop: threading.Event) -> None:
    # The parent holds the other end of this pipe: it closes when the parent ends, even by SIGKILL.
    while sys.stdin.buffer.read(1):
        pass
    stop.set()


def _keep(name: str, command: Sequence[str], stopping: threading.Event) -> None:
    pause = 0.5
    while not stopping.is_set():
        started = time.monotonic()
        child = subprocess.Popen(list(command), stdin=subprocess.PIPE, env={**os.environ, SUPERVISED: "1"})  # noqa: S603
        _await(child, stopping)
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
