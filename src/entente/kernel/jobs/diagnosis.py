"""What is wrong with an organisation's database and work: found out for the one who runs the installation."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.jobs.dead import dead_jobs
from entente.kernel.jobs.followers import failures
from entente.kernel.metadata.plan import Destructive, Shape, plan, shape_of

PATIENCE = timedelta(minutes=5)
MOST = 1000


class Problem(msgspec.Struct, frozen=True):
    """Something that needs a person: the code of its text, and what fills it."""

    code: str
    values: dict[str, Any] = {}


def problems(tx: Tx) -> list[Problem]:
    """Everything found wrong, worst first; nothing when all is well."""
    wanted = shape_of(tx.catalog)
    return [*_plan(tx, wanted), *_tables(tx, wanted), *_indexes(tx, wanted), *_work(tx)]


def _plan(tx: Tx, wanted: Shape) -> Iterator[Problem]:
    found = engine_row(tx, "SELECT shape FROM {schema}.state")
    applied = msgspec.convert(found["shape"] or {}, Shape) if found else {}
    try:
        steps = plan(tx.catalog.schema, applied, wanted)
    except Destructive as fault:
        yield Problem("doctor.destructive", {"what": ", ".join(fault.what)})
        return
    if steps:
        yield Problem("doctor.migrate", {"count": len(steps)})


def _tables(tx: Tx, wanted: Shape) -> Iterator[Problem]:
    """Columns that should be in the database and are not, or are of another type."""
    found = engine_rows(
        tx,
        "SELECT table_name AS table, column_name AS column FROM information_schema.columns"
        " WHERE table_schema = %(schema)s",
        schema=tx.catalog.schema,
    )
    known = {(line["table"], line["column"]) for line in found}
    for table, made in wanted.items():
        for column in made.columns:
            if (table, column) not in known:
                yield Problem("doctor.no_column", {"table": table, "column": column})


def _indexes(tx: Tx, wanted: Shape) -> Iterator[Problem]:
    """Indexes that are missing, or were left unfinished."""
    found = engine_rows(
        tx,
        "SELECT c.relname AS name, i.indisvalid AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %(schema)s",
        schema=tx.catalog.schema,
    )
    valid = {line["name"] for line in found if line["valid"]}
    for made in wanted.values():
        for name in made.indexes:
            if name[:63] not in valid:
                yield Problem("doctor.no_index", {"index": name})


def _work(tx: Tx) -> Iterator[Problem]:
    dead = dead_jobs(tx, most=MOST)
    if dead:
        yield Problem("doctor.dead_jobs", {"count": len(dead), "last": dead[0].name})
    waiting = [each for each in failures(tx, most=MOST) if each.next_at is None]
    if waiting:
        yield Problem("doctor.failures", {"count": len(waiting), "follower": waiting[0].follower})
    found = engine_row(
        tx,
        "SELECT count(*) AS number FROM {schema}.outbox WHERE at < %(before)s",
        before=tx.clock.now() - PATIENCE,
    )
    if found and found["number"]:
        yield Problem("doctor.outbox", {"count": found["number"]})
