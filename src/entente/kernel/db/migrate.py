"""System migrations: numbered SQL files for the tables that the engine and the services keep beside the entities."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg

from entente.kernel.db.database import Database, schema_of
from entente.kernel.db.partitions import AHEAD, BACK, ensure_partitions
from entente.kernel.db.store import apply_catalog, read_definitions, with_customer_layer
from entente.kernel.db.tx import in_schema
from entente.kernel.metadata.catalog import Catalog

SHARED = Path(__file__).parent / "shared"
ENGINE = Path(__file__).parent / "migrations"


def prepare_database(database: Database) -> None:
    """Create what all organisations share: extensions, the list of organisations, the job queue."""
    with database.connection() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(7266001)")
        for file in sorted(SHARED.glob("*.sql")):
            connection.execute(file.read_bytes())


def create_organisation(database: Database, organisation: str, name: str) -> None:
    """Create an organisation with all its tables, or bring an existing one up to date."""
    schema = schema_of(organisation)
    with database.connection() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(7266001)")
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
    database.forget_catalogs()


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
