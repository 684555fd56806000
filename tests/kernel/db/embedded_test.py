"""The embedded PostgreSQL: private, shared by processes, back after a crash, quick the second time."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from entente.kernel.db.embedded import Cluster, forget_place, postmaster, start_cluster
from entente.kernel.db.embedded.place import find_place

EXTENSIONS = ("pg_trgm", "unaccent", "btree_gist", "ltree")
GUEST = """
import sys, time
from pathlib import Path
from entente.kernel.db.embedded import start_cluster
cluster = start_cluster(Path(sys.argv[1]))
print(cluster.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("installation")
    yield folder
    forget_place(folder)


@pytest.fixture
def cluster(folder: Path) -> Iterator[Cluster]:
    with start_cluster(folder, {"fsync": "off"}) as cluster:
        yield cluster


def answers(dsn: str) -> bool:
    try:
        with psycopg.connect(dsn) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def guest_of(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", GUEST, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_owner_uses_extensions_without_being_superuser(cluster: Cluster) -> None:
    with psycopg.connect(cluster.ensure_database("one")) as connection:
        for extension in EXTENSIONS:
            connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        assert connection.execute("SELECT unaccent('Élodie') % 'Elodie', lower('É')").fetchone() == (True, "é")
        assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
        assert connection.execute("SHOW is_superuser").fetchone() == ("off",)


def stranger_cannot_connect_without_password(cluster: Cluster) -> None:
    open_door: dict[str, Any] = {**conninfo_to_dict(cluster.dsn("postgres")), "password": "guessed"}
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(make_conninfo(**open_door))


def test_server_listens_on_no_network_and_hides_its_socket(cluster: Cluster, folder: Path) -> None:
    with psycopg.connect(cluster.dsn("postgres")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    place = find_place(folder)
    assert place.socket_folder().stat().st_mode & 0o077 == 0
    assert place.root.stat().st_mode & 0o077 == 0
    assert (folder / "postgres.json").stat().st_mode & 0o077 == 0


def test_killed_server_comes_back_with_what_was_committed(cluster: Cluster) -> None:
    dsn = cluster.ensure_database("kept")
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer")
    killed = cluster.pid
    os.kill(killed, signal.SIGKILL)
    assert eventually(lambda: cluster.pid != killed and answers(dsn))
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_stopped_server_starts_again_on_its_data(folder: Path) -> None:
    with start_cluster(folder) as first:
        dsn = first.ensure_database("again")
    assert not answers(dsn)
    with start_cluster(folder) as second:
        assert answers(second.dsn("again"))


def test_pid_file_that_names_a_stranger_keeps_nobody_out(folder: Path) -> None:
    with start_cluster(folder) as first:
        pid_file = find_place(folder).data / "postmaster.pid"
        state = pid_file.read_text().splitlines()
    account = find_place(folder).account
    stranger = subprocess.Popen(["sleep", "60"], **account.run_as())
    pid_file.write_text("\n".join([str(stranger.pid), *state[1:], ""]))
    account.give(pid_file)
    try:
        with start_cluster(folder) as second:
            assert second.pid != first.pid
            assert answers(second.dsn("postgres"))
    finally:
        stranger.kill()
        stranger.wait()


def test_processes_share_one_server_and_the_last_one_stops_it(folder: Path) -> None:
    guest = guest_of(folder)
    assert guest.stdout
    pid = int(guest.stdout.readline())
    with start_cluster(folder) as cluster:
        assert cluster.pid == pid
        guest.communicate("")
        assert answers(cluster.dsn("postgres"))
    assert not postmaster.alive(pid)


def test_server_outlives_the_killed_process_that_started_it(folder: Path) -> None:
    guest = guest_of(folder)
    assert guest.stdout
    pid = int(guest.stdout.readline())
    with start_cluster(folder) as cluster:
        guest.kill()
        guest.wait()
        assert answers(cluster.dsn("postgres"))
        os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: cluster.pid != pid and answers(cluster.dsn("postgres")))
    assert not answers(cluster.dsn("postgres"))


def test_deep_folder_gets_a_short_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 20) / ("deeper" * 20)
    try:
        with start_cluster(folder, {"fsync": "off"}) as cluster:
            assert answers(cluster.dsn("postgres"))
    finally:
        forget_place(folder)
