"""Whether a database was brought up to date by this very code already: then a start has nothing to prepare."""

import hashlib
import os
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

from entente.settings import Settings

PACKAGE = Path(__file__).parents[2]
BUILT = frozenset({"__pycache__", "static"})


def is_prepared(conninfo: str, mark: str) -> bool:
    """Whether the last thing that prepared the database left this mark."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        try:
            return connection.execute("SELECT 1 FROM entente.prepared WHERE mark = %s", [mark]).fetchone() is not None
        except psycopg.Error:  # a database that nobody has prepared yet, or by an older version
            return False


def note_prepared(connection: psycopg.Connection[Any], mark: str) -> None:
    """Leave the mark of what prepared the database, in the connection’s transaction."""
    connection.execute("DELETE FROM entente.prepared")
    connection.execute("INSERT INTO entente.prepared (mark) VALUES (%s)", [mark])


def mark_of(settings: Settings, now: datetime) -> str:
    """What preparing depends on: the product’s files, its queue, settings, the month (the journal has parts)."""
    total = hashlib.sha256()
    chosen = (settings.demo, settings.organisation, settings.workspace, f"{now:%Y-%m}", version("procrastinate"))
    total.update(repr(chosen).encode())
    for file in _files(PACKAGE):
        total.update(f"{file.relative_to(PACKAGE)}\0".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _files(package: Path) -> Iterator[Path]:
    for folder, below, names in os.walk(package):
        below[:] = sorted(name for name in below if name not in BUILT)
        yield from (Path(folder) / name for name in sorted(names))
