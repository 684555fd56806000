"""Steps of a plan on tables that are in use: what would keep writers waiting is built beside their work, in a job.

An index is built under another name and takes its place when it is whole, so that a crash leaves nothing half done.
"""

from collections.abc import Sequence
from typing import Any
from zlib import crc32

import psycopg

from entente.kernel.db.tx import in_schema
from entente.kernel.db.wire import Wire
from entente.kernel.metadata.plan import Step

# An index over less than this is built within the upgrade: in some hundredths of a second.
SMALL_BYTES = 8_000_000
LONGEST_NAME = 63
BESIDE = "building_"
# Nobody waits for what is built beside the work: it may wait for others as long as they like.
PATIENT = "-c statement_timeout=0 -c lock_timeout=0 -c timezone=UTC"
_LARGE = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = ANY(%s) AND pg_relation_size(c.oid) > %s
"""
_WANT = "INSERT INTO {schema}.pending_index (name, of_table, tail) VALUES (%s, %s, %s)"
_FORGET = "DELETE FROM {schema}.pending_index WHERE name = %s"
_NEXT = "SELECT name, of_table, tail FROM {schema}.pending_index ORDER BY name LIMIT 1"
_DONE = "DELETE FROM {schema}.pending_index WHERE name = %s AND tail = %s RETURNING name"
_IS_WHOLE = """
SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relname = %s
"""
_LEFT_OVER = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind = 'i' AND starts_with(c.relname, %s)
"""
_UNPROVED = """
SELECT t.relname, k.conname FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = %s AND k.contype = 'f' AND NOT k.convalidated
"""

Connection = psycopg.Connection[Any]


def run_steps(connection: Wire, schema: str, steps: Sequence[Step]) -> None:
    """Take the steps of a plan in the caller's transaction; on large tables indexes and proofs are put off for the job.

    Unique indexes are not: what they forbid is forbidden from the upgrade on.
    """
    found = connection.execute(_LARGE, (schema, list({step.table for step in steps}), SMALL_BYTES)).fetchall()
    large = {name for (name,) in found}
    later = {step.index for step in steps if step.kind == "index" and step.table in large and not step.is_unique}
    for step in steps:
        if step.index:
            connection.execute(in_schema(schema, _FORGET), (step.index,))
        if step.index in later:
            if step.kind == "index":
                connection.execute(in_schema(schema, _WANT), (step.index, step.table, step.tail))
        elif step.kind == "constrain" and step.table in large:
            connection.execute(f"{step.sql} NOT VALID".encode())
        else:
            connection.execute(step.sql.encode())


def build_indexes(conninfo: str, schema: str) -> int:
    """How many indexes were built; nothing while another process builds those of the organisation."""
    built = 0
    with psycopg.connect(conninfo, autocommit=True, options=PATIENT, connect_timeout=5) as connection:
        claimed = connection.execute("SELECT pg_try_advisory_lock(%s)", (crc32(f"index {schema}".encode()),)).fetchone()
        if not (claimed and claimed[0]):
            return 0
        while wanted := connection.execute(in_schema(schema, _NEXT)).fetchone():
            built += _build(connection, schema, *wanted)
        _sweep(connection, schema)
        for table, name in connection.execute(_UNPROVED, (schema,)).fetchall():
            connection.execute(f'ALTER TABLE "{schema}"."{table}" VALIDATE CONSTRAINT "{name}"'.encode())
    return built


def _build(connection: Connection, schema: str, name: str, table: str, tail: str) -> bool:
    """Whether the index is there now; not when the catalog came to want another one meanwhile."""
    beside = f"{BESIDE}{crc32(tail.encode()):08x}_{name}"[:LONGEST_NAME]
    whole = connection.execute(_IS_WHOLE, (schema, beside)).fetchone()
    if not (whole and whole[0]):
        _drop(connection, schema, beside)
        connection.execute(f'CREATE INDEX CONCURRENTLY "{beside}" ON "{schema}"."{table}" {tail}'.encode())
    _drop(connection, schema, name)
    with connection.transaction():
        done = connection.execute(in_schema(schema, _DONE), (name, tail)).fetchone()
        if done:
            connection.execute(f'ALTER INDEX "{schema}"."{beside}" RENAME TO "{name}"'.encode())
    return done is not None


def _sweep(connection: Connection, schema: str) -> None:
    """Nothing is left of indexes that were begun and are wanted no more."""
    for (name,) in connection.execute(_LEFT_OVER, (schema, BESIDE)).fetchall():
        _drop(connection, schema, name)


def _drop(connection: Connection, schema: str, name: str) -> None:
    connection.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{schema}"."{name}"'.encode())
