"""One embedded PostgreSQL per run, one template database per worker; a database as new for each test that asks."""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from entente import installing, product
from entente.kernel.db.database import Database
from entente.kernel.db.embedded import start_cluster
from entente.kernel.db.embedded.place import find_place
from entente.kernel.db.embedded.postmaster import SUPERUSER
from entente.kernel.kit.clock import SetClock
from entente.kernel.kit.collecting import postpone, settle
from entente.settings import Settings
from tests.world.cast import World, people_world
from tests.world.renewing import Contents, Lender

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PLACE = "ENTENTE_TEST_PLACE"
MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30
LENGTHS = {"journey": 3, "slow": 2, "crash": 1}
# A background worker of PostgreSQL in a copy that is to be dropped may not be ended by anyone but its superuser.
CALM = {"fsync": "off", "max_connections": "200", "autovacuum": "off"}


def pytest_configure(config: pytest.Config) -> None:
    """Choose where PostgreSQL keeps its files: in memory where there is room, for every test asks for a copy."""
    postpone()
    if hasattr(config, "workerinput"):
        return
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    place = Path(tempfile.mkdtemp(prefix="entente-tests-", dir=MEMORY if roomy else None))
    for folder in (place, place / "cluster"):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711)  # PostgreSQL's own account must reach its data, else they are kept somewhere else
    os.environ[PLACE] = str(place)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files whose marks say that they take long, so that the workers of a run end together."""
    marks: dict[Path, set[str]] = {}
    sizes = Counter(item.path for item in items)
    for item in items:
        marks.setdefault(item.path, set()).update(mark.name for mark in item.iter_markers())
    lengths = {path: sum(LENGTHS[name] for name in LENGTHS.keys() & found) for path, found in marks.items()}
    items.sort(key=lambda item: (-lengths[item.path], 0 if lengths[item.path] else -sizes[item.path], item.path))


def pytest_collection_finish() -> None:
    """Leave every test that was collected out of what is looked through for garbage."""
    settle()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing of the run's PostgreSQL behind."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ[PLACE], ignore_errors=True)


@pytest.fixture(scope="session")
def admin_dsn() -> Iterator[str]:
    """A PostgreSQL for the run: the one of ENTENTE_TEST_DATABASE_URL, or an embedded one shared by all workers."""
    given = os.environ.get("ENTENTE_TEST_DATABASE_URL")
    if given:
        yield given
        return
    cluster = start_cluster(Path(os.environ[PLACE]) / "cluster", CALM)
    try:
        ease_signing_in(cluster.dsn("postgres"))
        yield cluster.dsn("postgres")
    finally:
        cluster.stop()


def ease_signing_in(admin: str) -> None:
    """Let the password be proved in one turn instead of 4,096, which were half of the cost of each connection."""
    password = psycopg.conninfo.conninfo_to_dict(admin)["password"]
    with psycopg.connect(admin) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(1)")  # the workers of a run come at the same moment
        connection.execute("SET LOCAL scram_iterations = 1")
        connection.execute(sql.SQL("ALTER ROLE CURRENT_USER PASSWORD {}").format(password))


def dsn_for(admin: str, name: str) -> str:
    """The conninfo of another database of the same server."""
    return psycopg.conninfo.make_conninfo(admin, dbname=name)


def execute(admin: str, statement: str) -> None:
    """Run one statement outside any transaction."""
    kept_connection(admin).execute(statement.encode())


@cache
def kept_connection(admin: str) -> psycopg.Connection:
    """The connection over which a worker makes and drops its databases, until it ends."""
    return psycopg.connect(admin, autocommit=True)


@pytest.fixture(scope="session")
def template(admin_dsn: str, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> str:
    """The name of a database with one organisation, its seeds and the cast."""
    name = f"world_{worker_id}"
    execute(admin_dsn, f"DROP DATABASE IF EXISTS {name}")
    execute(admin_dsn, f"CREATE DATABASE {name}")
    database = open_at(dsn_for(admin_dsn, name), tmp_path_factory.mktemp("data"))
    settle()
    try:
        installing.set_up(database, "main", "Kervella Services")
        people_world(database)
    finally:
        database.close()
    return name


def open_at(dsn: str, data: Path) -> Database:
    """A database with a clock that stands at noon of 23 November 2026."""
    return product.open_database(dsn, settings_at(data), SetClock(NOON))


def settings_at(data: Path) -> Settings:
    """The settings of an installation that keeps its files in a folder."""
    return Settings(data=data, pool_size=8, demo=False)


@contextmanager
def copied(admin: str, template: str, data: Path) -> Iterator[Database]:
    """A fresh copy of the template database."""
    database = open_at(copy_of(admin, template), data)
    try:
        yield database
    finally:
        drop(admin, database)


def copy_of(admin: str, template: str) -> str:
    """The conninfo of a new copy of the template database."""
    name = f"copy_{uuid4().hex[:12]}"
    execute(admin, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return dsn_for(admin, name)


def drop(admin: str, database: Database) -> None:
    """Drop a copy, whoever is still connected to it."""
    database.close()
    name = psycopg.conninfo.conninfo_to_dict(database.conninfo)["dbname"]
    execute(admin, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def lender(
    admin_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Path], AbstractContextManager[Database]]]:
    """Gives a database as new for the time of a block: the worker's one, or a copy where only its owner may renew."""
    superuser = superuser_of(admin_dsn)
    if superuser is None:
        yield partial(copied, admin_dsn, template)
        return
    data = tmp_path_factory.mktemp("lent")
    made = Lender(
        superuser,
        Contents(dsn_for(admin_dsn, template)),
        lambda: open_at(copy_of(admin_dsn, template), data),
        partial(drop, superuser),
    )
    yield lambda place: made.lent(settings_at(place), SetClock(NOON))
    made.close()


def superuser_of(admin: str) -> str | None:
    """The conninfo of the server's superuser, when the tests know it."""
    if "ENTENTE_TEST_DATABASE_URL" in os.environ:
        return admin if kept_connection(admin).info.parameter_status("is_superuser") == "on" else None
    place = find_place((Path(os.environ[PLACE]) / "cluster").resolve())
    return psycopg.conninfo.make_conninfo(admin, user=SUPERUSER, password=place.record.superuser_password)


@pytest.fixture
def database(lender: Callable[[Path], AbstractContextManager[Database]], tmp_path: Path) -> Iterator[Database]:
    """A database of one's own, with the cast in it."""
    with lender(tmp_path) as made:
        yield made


@pytest.fixture
def world(database: Database) -> World:
    """The cast, in a database of the test's own."""
    return World(database)
