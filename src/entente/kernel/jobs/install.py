"""The queue's own tables: procrastinate's schema, installed once and brought up to date after an upgrade."""

from pathlib import Path
from typing import Any

import psycopg
from procrastinate.schema import SchemaManager

from entente.kernel.db.database import Database

_KEPT = "CREATE TABLE IF NOT EXISTS entente.queue_migration (name text PRIMARY KEY, at timestamptz DEFAULT now())"


def install_queue(database: Database) -> None:
    """Create the queue's tables, or run the migrations that a newer procrastinate brought; may be repeated."""
    files = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    with database.connection() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(7266001)")
        connection.execute("SET LOCAL search_path = public")
        connection.execute(_KEPT)
        if not _exists(connection):
            connection.execute(SchemaManager.get_schema())
            _note(connection, files)
        for file in files:
            if file.name not in _done(connection):
                connection.execute(file.read_bytes())
                _note(connection, [file])


def _exists(connection: psycopg.Connection[Any]) -> bool:
    found = connection.execute("SELECT to_regclass('public.procrastinate_jobs') IS NOT NULL").fetchone()
    return bool(found and found[0])


def _done(connection: psycopg.Connection[Any]) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM entente.queue_migration").fetchall()}


def _note(connection: psycopg.Connection[Any], files: list[Path]) -> None:
    for file in files:
        connection.execute("INSERT INTO entente.queue_migration (name) VALUES (%s)", (file.name,))
