"""System migrations: numbered SQL files for the tables that the engine and the services keep beside the entities."""

import logging
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors

from entente.kernel.db.database import Database, schema_of
from entente.kernel.db.partitions import AHEAD, BACK, ensure_partitions
from entente.kernel.db.store import apply_catalog, read_definitions, with_customer_layer
from entente.kernel.db.tx import in_schema
from entente.kernel.metadata.catalog import Catalog

SHARED = Path(__file__).parent / "shared"
ENGINE = Path(__file__).parent / "migrations"
# Whoever comes behind an upgrade that waits for a table waits as well: it waits briefly, lets them pass, and asks anew.
LOCK_TIMEOUT = "2s"
ATTEMPTS = 60
PAUSE_SECONDS = 1.0
BUSY = (errors.LockNotAvailable, errors.DeadlockDetected)

log = logging.getLogger(__name__)


def prepare_database(database: Database) -> None:
    """Create what all organisations share: extensions, the list of organisations, the job queue."""
    with database.connection() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(7266001)")
        for file in sorted(SHARED.glob("*.sql")):
            connection.execute(file.read_bytes())


def create_organisation(database: Database, organisation: str, name: str) -> None:
    """Create an organisation with all its tables, or bring an existing one up to date.

    LockNotAvailable when somebody kept a table that must change for some three minutes.
    """
    for left in reversed(range(ATTEMPTS)):
        try:
            _bring_up_to_date(database, organisation, name)
            break
        except BUSY as fault:
            if not left:
                raise
            log.warning("%s: somebody is using a table that has to change, asking again: %s", organisation, fault)
            time.sleep(PAUSE_SECONDS)
    database.forget_catalogs()


def _bring_up_to_date(database: Database, organisation: str, name: str) -> None:
    schema = schema_of(organisation)
    with database.connection() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(7266001)")
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'".encode())
        connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'.encode())
        connection.execute(
            "INSERT INTO entente.organisation (key, name) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING",
            (organisation, name),
        )
        _run_migrations(connection, schema, (ENGINE, *database.migrations))
        today = database.clock.now().date()
        if not _has_journal(connection, schema):
            ensure_partitions(connection, schema, today - BACK, today)
        ensure_partitions(connection, schema, today + AHEAD / 2, today + AHEAD)
        layered = with_customer_layer(database.sources, read_definitions(connection, schema))
        apply_catalog(connection, Catalog(layered, schema=schema, version=0))


def _run_migrations(connection: psycopg.Connection[Any], schema: str, folders: Iterable[Path]) -> None:
    connection.execute(
        in_schema(
            schema, "CREATE TABLE IF NOT EXISTS {schema}.migration (name text PRIMARY KEY, at timestamptz NOT NULL)"
        )
    )
    known = connection.execute(in_schema(schema, "SELECT name FROM {schema}.migration")).fetchall()
    done = {name for (name,) in known}
    for folder in folders:
        for file in sorted(folder.glob("*.sql")):
            name = f"{folder.parent.name}/{file.stem}"
            if name not in done:
                connection.execute(in_schema(schema, file.read_text()))
                connection.execute(in_schema(schema, "INSERT INTO {schema}.migration VALUES (%s, now())"), (name,))


def _has_journal(connection: psycopg.Connection[Any], schema: str) -> bool:
    return connection.execute(in_schema(schema, "SELECT 1 FROM {schema}.journal LIMIT 1")).fetchone() is not None
