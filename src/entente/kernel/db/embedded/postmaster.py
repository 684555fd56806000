"""One server process: its data folder made, the process started, found again, and stopped."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from entente.kernel.db.embedded.binaries import binaries_for, installed_major
from entente.kernel.db.embedded.place import PORT, Place, own_folder
from entente.kernel.db.embedded.settings import SETTINGS
from entente.kernel.kit.refusal import Refused

SUPERUSER = "entente_admin"
ROLE = "entente"
START_SECONDS = 60
STOP_SECONDS = 30
PROC = Path("/proc")


def make_data(place: Place) -> None:
    """The data folder exists with both roles in it; a half-made one of an earlier try is thrown away."""
    if place.data.exists():
        _refuse_other_version(place)
        return
    draft = place.root / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    with _password_file(place) as password:
        _run(place, "initdb", [
            f"--pgdata={draft}", f"--username={SUPERUSER}", f"--pwfile={password}", "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
            "--data-checksums",
        ])  # fmt: skip
    role = f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{place.record.password}'\n"
    _run(place, "postgres", ["--single", "-j", "-D", str(draft), "postgres"], role)
    draft.rename(place.data)


def launch(place: Place, overrides: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A server that accepts connections; raises Refused with the end of its log when it does not come up in time."""
    settings = {
        **SETTINGS,
        "unix_socket_directories": str(place.socket_folder()),
        "port": str(PORT),
        "log_directory": str(place.log),
        **overrides,
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    deadline = time.monotonic() + START_SECONDS
    while True:
        _free_recycled_pid(place)
        process = _spawn(place, options)
        if _came_up(place, process, deadline):
            return process
        # Backends of a killed server hold its shared memory until they notice, so an early start can be refused.
        if time.monotonic() > deadline:
            raise Refused("postgres.not_started", seconds=START_SECONDS, reason=_reason(place))
        time.sleep(0.2)


def running_pid(place: Place) -> int | None:
    """The process id of the server that serves this place now, whoever started it."""
    state = _pid_file(place)
    return int(state[0]) if state and _listens(place) else None


def alive(pid: int) -> bool:
    """Whether a process of that id runs; one that has ended and that nobody has buried does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return bool(_command(pid))


def stop(pid: int, child: subprocess.Popen[bytes] | None) -> None:
    """The server is down: clients are cut off and the data are checkpointed, or recovered at the next start."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        if _gone(pid, child):
            return


def _gone(pid: int, child: subprocess.Popen[bytes] | None) -> bool:
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if child:
            child.poll()
        if not alive(pid):
            return True
        time.sleep(0.02)
    return False


def _spawn(place: Place, options: Sequence[str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C in the terminal must not reach the database before its clients.
    with (place.root / "start.log").open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - our own program, no shell
            [str(binaries_for(place.account) / "postgres"), "-D", str(place.data), *options],
            cwd=place.root, env=_environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True, **place.account.run_as(),
        )  # fmt: skip


def _came_up(place: Place, process: subprocess.Popen[bytes], deadline: float) -> bool:
    while process.poll() is None:
        state = _pid_file(place)
        if len(state) > 7 and state[0] == str(process.pid) and state[7].strip() == "ready":
            return True
        if time.monotonic() > deadline:
            stop(process.pid, process)
            return False
        time.sleep(0.02)
    return False


def _listens(place: Place) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(place.socket_folder() / f".s.PGSQL.{PORT}"))
        except OSError:
            return False
    return True


def _pid_file(place: Place) -> list[str]:
    try:
        return (place.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _free_recycled_pid(place: Place) -> None:
    state = _pid_file(place)
    if not state or str(place.data) in _command(int(state[0])):
        return
    # PostgreSQL takes its parent's id in this file for a stale one, and still checks the shared memory named below
    # it; any other living process of the same user (a reboot, a container) would keep it from starting for ever.
    (place.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *state[1:], ""]))


def _command(pid: int) -> str:
    """The command line of a process; nothing when it has ended, even as a zombie that its parent has not buried."""
    if (PROC / "self").exists():
        try:
            return (PROC / str(pid) / "cmdline").read_text(errors="replace")
        except OSError:
            return ""
    shown = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    command = subprocess.run(shown, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    return "" if command.endswith("<defunct>") else command


def _refuse_other_version(place: Place) -> None:
    found = (place.data / "PG_VERSION").read_text().strip()
    if found != installed_major():
        raise Refused("postgres.other_version", found=found, installed=installed_major())


@contextlib.contextmanager
def _password_file(place: Place) -> Iterator[Path]:
    file = place.root / "password"
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    place.account.give(file)
    file.write_text(place.record.superuser_password)
    try:
        yield file
    finally:
        file.unlink()


def _run(place: Place, program: str, arguments: Sequence[str], script: str = "") -> None:
    own_folder(place.root, place.account)
    done = subprocess.run(  # noqa: S603 - our own programs, no shell
        [str(binaries_for(place.account) / program), *arguments], cwd=place.root, env=_environment(),
        input=script, capture_output=True, text=True, check=False, **place.account.run_as(),
    )  # fmt: skip
    if done.returncode:
        raise Refused("postgres.step_failed", step=program, reason=done.stderr.strip()[-500:])


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _reason(place: Place) -> str:
    logs = [place.root / "start.log", *sorted(place.log.glob("*.log"), key=lambda log: log.stat().st_mtime)]
    return "\n".join(log.read_text(errors="replace")[-500:].strip() for log in (logs[0], logs[-1]) if log.exists())
