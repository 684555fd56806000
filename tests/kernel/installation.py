"""A small installation for tests of the kernel: embedded PostgreSQL, the entities that identity needs, a set clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from entente.kernel.db.database import Database
from entente.kernel.db.embedded import start_cluster
from entente.kernel.db.embedded.place import forget_place
from entente.kernel.db.migrate import create_organisation, prepare_database
from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.jobs.install import install_queue
from entente.kernel.kit.clock import SetClock
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.principal import system
from entente.kernel.kit.words import load_words
from entente.kernel.metadata.catalog import Sources
from entente.kernel.metadata.entity import EntityDef
from entente.settings import Settings

PACKAGE = Path(__file__).parents[2] / "src/entente"
BASE = PACKAGE / "modules/base"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ORGANISATION = "main"
SCHEMA = "org_main"


def sources() -> Sources:
    names = ("user", "team", "business_unit", "role")
    return Sources(
        entities=tuple(msgspec.yaml.decode((BASE / f"{name}.yaml").read_bytes(), type=EntityDef) for name in names)
    )


def open_installation(dsn: str, folder: Path) -> Database:
    settings = Settings(data=folder, organisation=ORGANISATION)
    words = load_words([PACKAGE / "kernel"])
    database = Database(dsn, settings, sources=sources(), words=words, clock=SetClock(NOON))
    database.open()
    return database


@contextmanager
def installation(folder: Path) -> Iterator[Database]:
    with start_cluster(folder, {"fsync": "off"}) as cluster:
        database = open_installation(cluster.ensure_database("entente"), folder)
        prepare_database(database)
        install_queue(database)
        create_organisation(database, ORGANISATION, "Main")
        yield database
        database.close()
    forget_place(folder)


def clock_of(database: Database) -> SetClock:
    assert isinstance(database.clock, SetClock)
    return database.clock


@contextmanager
def begin(database: Database) -> Iterator[Tx]:
    with database.begin(system("test"), organisation=ORGANISATION) as tx:
        yield tx


def insert(tx: Tx, entity: str, **values: Any) -> UUID:
    record = new_id()
    every = {"id": record, "version": 1, "created_at": NOON, "modified_at": NOON} | values
    every |= {name: Jsonb(value) for name, value in values.items() if isinstance(value, dict | list)}
    columns = ", ".join(f'"{name}"' for name in every)
    binds = ", ".join(f"%({name})s" for name in every)
    engine_rows(tx, f'INSERT INTO {{schema}}."{entity}" ({columns}) VALUES ({binds})', **every)
    return record


def link(tx: Tx, pairs: str, record: UUID, target: UUID) -> None:
    engine_rows(tx, f"INSERT INTO {{schema}}.{pairs} VALUES (%(record)s, %(target)s)", record=record, target=target)


def count(tx: Tx, table: str) -> int:
    return int(engine_rows(tx, f"SELECT count(*) AS n FROM {table}")[0]["n"])
