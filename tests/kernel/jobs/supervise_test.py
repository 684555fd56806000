"""Children are kept alive, and never outlive their parent."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.kernel.jobs.queue_test import eventually

from entente.kernel.jobs.supervise import keep_alive, watch_parent

CHILD = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(600)"
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]])
child.wait()
"""
ORPHAN = """
import os, sys, time
from entente.kernel.jobs.supervise import watch_parent
watch_parent(os.getppid(), lambda: os.kill(os.getpid(), 15))
open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
time.sleep(600)
"""


def pids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.crash
def test_killed_child_is_started_again_and_stopped_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    stopping = threading.Event()
    command = {"child": [sys.executable, "-c", CHILD, str(file)]}
    keeper = threading.Thread(target=keep_alive, args=(command, stopping))
    keeper.start()
    try:
        eventually(lambda: len(pids(file)) == 1)
        os.kill(pids(file)[0], signal.SIGKILL)
        eventually(lambda: len(pids(file)) == 2)
    finally:
        stopping.set()
        keeper.join()
    assert not is_alive(pids(file)[1])


@pytest.mark.crash
def test_child_follows_a_killed_parent(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, ORPHAN, str(file)])
    eventually(lambda: len(pids(file)) == 1)
    parent.kill()
    parent.wait()
    eventually(lambda: not is_alive(pids(file)[0]))


def test_living_parent_is_left_alone() -> None:
    gone = threading.Event()
    watch_parent(os.getppid(), gone.set)
    assert not gone.wait(1.5)
    watch_parent(-1, gone.set)
    assert gone.wait(30)
