"""Indexes of large tables: an upgrade waits for no writer and lets none wait; what a crash left is taken up again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg
import pytest

from entente.kernel.db import indexing
from entente.kernel.db.database import Database
from entente.kernel.db.migrate import create_organisation
from entente.kernel.kit.principal import system
from entente.kernel.kit.words import Text
from entente.kernel.metadata.entity import Extension, FieldDef
from entente.kernel.records.save import save

SCHEMA = "org_main"
INDEX = "tag_hold_ix"
WRITE = "UPDATE org_main.tag SET version = version + 1"
NEW = """
INSERT INTO org_main.tag (id, name, version, created_at, modified_at)
VALUES (gen_random_uuid(), 'Meanwhile', 1, now(), now())
"""


@pytest.fixture
def busy(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """An organisation in which every table with rows counts as large, and tags are about to get an indexed field."""
    monkeypatch.setattr(indexing, "SMALL_BYTES", 0)
    with database.begin(system("test")) as tx:
        for number in range(20):
            save(tx, "tag", {"name": f"Tag {number}"})
    hold = FieldDef(type="text", label=Text("Hold", "Cale"), index=True)
    more = (*database.sources.extensions, Extension(extends="tag", fields={"hold": hold}))
    database.sources = msgspec.structs.replace(database.sources, extensions=more)
    return database


@contextmanager
def writing(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """Somebody in the middle of a transaction that changes tags."""
    with psycopg.connect(database.conninfo) as connection:
        connection.execute(WRITE)
        yield connection


def definition(database: Database) -> str | None:
    with psycopg.connect(database.conninfo) as connection:
        found = connection.execute(
            "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid = to_regclass(%s) AND indisvalid",
            (f"{SCHEMA}.{INDEX}",),
        ).fetchone()
    return str(found[0]) if found else None


def unfinished(database: Database) -> set[str]:
    with psycopg.connect(database.conninfo) as connection:
        found = connection.execute("SELECT relname FROM pg_class WHERE starts_with(relname, 'building_')").fetchall()
    return {name for (name,) in found}


def until_it_builds(database: Database) -> int:
    """The process in PostgreSQL that has begun to build an index and waits for a writer."""
    asked = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'
    """
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        while not (found := connection.execute(asked).fetchone()):
            threading.Event().wait(0.02)
    return int(found[0])


def test_an_index_is_built_beside_writers_and_taken_up_after_a_crash(busy: Database) -> None:
    create_organisation(busy, "main", "Main")
    assert definition(busy) is None
    failed: list[psycopg.Error] = []

    def build() -> None:
        try:
            indexing.build_indexes(busy.conninfo, SCHEMA)
        except psycopg.Error as error:
            failed.append(error)

    with writing(busy) as writer:
        builder = threading.Thread(target=build)
        builder.start()
        process = until_it_builds(busy)
        writer.execute(WRITE)
        with psycopg.connect(busy.conninfo, options="-c lock_timeout=5s") as other:
            other.execute(NEW)
        with psycopg.connect(busy.conninfo, autocommit=True) as killer:
            killer.execute("SELECT pg_terminate_backend(%s)", (process,))
        builder.join()
    assert failed
    assert definition(busy) is None
    assert len(unfinished(busy)) == 1
    assert indexing.build_indexes(busy.conninfo, SCHEMA) == 2  # and the one over small letters
    assert "(fold(hold), id)" in (definition(busy) or "")
    assert not unfinished(busy)
    assert indexing.build_indexes(busy.conninfo, SCHEMA) == 0


def test_an_upgrade_waits_for_no_writer_and_the_old_index_serves_until_the_new_one_is_whole(busy: Database) -> None:
    create_organisation(busy, "main", "Main")
    indexing.build_indexes(busy.conninfo, SCHEMA)
    with psycopg.connect(busy.conninfo) as connection:
        connection.execute(f"DROP INDEX {SCHEMA}.{INDEX}; CREATE INDEX {INDEX} ON {SCHEMA}.tag (hold)")
        known = f"UPDATE {SCHEMA}.state SET shape = jsonb_set(shape, '{{tag,indexes,{INDEX}}}', '\"(hold)\"')"
        connection.execute(known.encode())
    with writing(busy):
        create_organisation(busy, "main", "Main")
        assert (definition(busy) or "").endswith("(hold)")
    assert indexing.build_indexes(busy.conninfo, SCHEMA) == 1
    assert "(fold(hold), id)" in (definition(busy) or "")
    assert not unfinished(busy)
