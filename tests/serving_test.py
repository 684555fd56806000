"""Serving ends when it is told to, whatever it does at that moment, and when the web server cannot start."""

import signal
import subprocess
import sys
import threading

import pytest

from entente import serving
from entente.kernel.jobs.supervise import keep_alive

LOCKED = """
import signal
from entente.serving import stop_signals
stopping = stop_signals()
with stopping._cond:
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGINT)
print(stopping.wait(30))
"""
CANNOT = """
from entente import app
def fails():
    raise FileNotFoundError("no assets")
app._created = fails
app.create()
"""
MASTER = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', sys.argv[1]]).wait()"


def test_a_signal_is_heard_while_the_event_is_being_looked_at() -> None:
    said = subprocess.run([sys.executable, "-c", LOCKED], capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.strip() == "True"


def test_a_web_application_that_cannot_start_says_why_and_ends_its_server() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", MASTER, CANNOT], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    assert "FileNotFoundError: no assets" in ended.stderr


def test_serving_gives_up_on_a_web_server_that_never_answers(capsys: pytest.CaptureFixture[str]) -> None:
    answered, stillborn, stopping = threading.Event(), threading.Event(), threading.Event()
    died = serving._gives_up(answered, stillborn, stopping)
    keep_alive({"web": [sys.executable, "-c", "raise SystemExit(3)"]}, stopping, died)
    assert stillborn.is_set()
    assert capsys.readouterr().err


def test_serving_keeps_on_with_a_web_server_that_has_answered() -> None:
    answered, stillborn, stopping = threading.Event(), threading.Event(), threading.Event()
    answered.set()
    died = serving._gives_up(answered, stillborn, stopping)
    for _ in range(10):
        died()
    assert not stillborn.is_set()
    assert not stopping.is_set()
