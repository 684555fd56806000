"""What is measured inside one process: statements of each operation, imports, the duplicate check, the search."""

import csv
import io
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import quantiles
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
from litestar.testing import TestClient

from bench.operations import NAMES, SEARCHED, Requests, timed
from entente import app
from entente.kernel.db.database import Database
from entente.kernel.db.tx import Tx, new_cause
from entente.kernel.db.wire import Wire
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.principal import system
from entente.kernel.records.duplicates import find_duplicates
from entente.kernel.records.query import Ask, page
from entente.services.transfer.import_jobs import import_rows
from entente.services.transfer.importing import plan_import, ready_import, start_import
from entente.services.transfer.plan import state_of
from entente.services.transfer.uploads import keep_file

FLOOR_IMPORT = """
COPY floor.lead (id, name, company_name, email, status, score, created_at, version, search_text) FROM STDIN
"""


def statements(database: Database, ids: list[str], token: str) -> dict[str, int]:
    """How many statements each operation sends once every memory is warm, about a record that resembles no other."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    sent: list[str] = []
    requests = Requests(ids, product=True)
    counted: dict[str, int] = {}
    bearer = {"Authorization": f"Bearer {token}"}
    with TestClient(app.build(database)) as client, _counting(sent):
        for name in NAMES:
            for _ in range(3):
                method, path, body, header = requests.next(name)
                known = {"If-Match": "*"} if header else {}
                media = {"Content-Type": "application/json"} if body else {}
                sent.clear()
                answer = client.request(method, path, content=body or None, headers={**bearer, **known, **media})
                if answer.status_code >= 300:
                    raise RuntimeError(answer.text[:300])
                counted[name] = min(len(sent), counted.get(name, len(sent)))
    return counted


@contextmanager
def _counting(sent: list[str]) -> Iterator[None]:
    ways: tuple[tuple[Any, str], ...] = (
        (Wire, "send"), (Wire, "send_later"), (psycopg.Cursor, "execute"), (psycopg.Cursor, "executemany"),
    )  # fmt: skip
    plain = {way: getattr(*way) for way in ways}

    def watched(way: tuple[Any, str]) -> Callable[..., Any]:
        def run(self: Any, query: Any, *rest: Any, **more: Any) -> Any:
            sent.append(str(query)[:80])
            return plain[way](self, query, *rest, **more)

        return run

    for way in ways:
        setattr(*way, watched(way))
    try:
        yield
    finally:
        for way, function in plain.items():
            setattr(*way, function)


@contextmanager
def _acting(database: Database, user: UUID) -> Iterator[Tx]:
    with database.begin(system("bench")) as tx:
        person = principal_of(tx, user)
    if person is None:
        raise RuntimeError("nobody to act as")
    with database.begin(person, cause=new_cause("api")) as tx:
        yield tx


def _csv(rows: int) -> bytes:
    mark = f"{time.time_ns() % 10**9}"
    lines = ["first_name;last_name;company_name;emails"]
    lines += [f"Import;Nom {mark} {at};Société {at};import.{mark}.{at}@lisiere.example" for at in range(rows)]
    return "\n".join(lines).encode()


def floor_import_rate(database: Database, rows: int) -> float:
    """Rows per second of the same file read by Python's `csv` and copied into the floor's table in one transaction."""
    file = _csv(rows)
    started = time.perf_counter()
    with (
        psycopg.connect(database.conninfo) as connection,
        connection.cursor() as cursor,
        cursor.copy(FLOOR_IMPORT) as copy,
    ):
        for row in csv.DictReader(io.StringIO(file.decode()), delimiter=";"):
            name, company, email = f"{row['first_name']} {row['last_name']}", row["company_name"], row["emails"]
            found_by = f"{name} {company} {email}".lower()
            copy.write_row((uuid4(), name, company, email, "new", 0, datetime.now(UTC), 1, found_by))
    return rows / (time.perf_counter() - started)


def import_rate(database: Database, user: UUID, rows: int, *, rules: bool) -> float:
    """Rows per second of an import of so many new leads, with or without the modules' rules and the duplicate check."""
    with _acting(database, user) as tx:
        file = keep_file(tx, "bench.csv", _csv(rows))
        job = start_import(tx, file, "lead", "bench.csv")
        plan_import(tx, job, msgspec.structs.replace(state_of(tx, job).plan, rules=rules))
        ready_import(tx, job)
    started = time.perf_counter()
    import_rows(Run(database, database.settings.organisation, system("bench"), new_cause("job")), job, user)
    return rows / (time.perf_counter() - started)


def duplicate_p95(database: Database, user: UUID, times: int) -> float:
    """What 95 of 100 duplicate checks stay below, in ms, over leads that resemble known ones."""
    with _acting(database, user) as tx:
        entity = tx.catalog.entity("lead")
        known = page(tx, Ask(entity="lead", limit=200, skip=500)).records
        chance = random.Random(3)

        def check() -> None:
            record = chance.choice(known)
            values = {name: record[name] for name in ("first_name", "last_name", "name", "company_name", "emails")}
            find_duplicates(tx, entity, values)

        return quantiles(timed(check, times), n=20)[18]


def search_p95(database: Database, user: UUID, times: int) -> float:
    """What 95 of 100 searches inside names stay below, in ms."""
    with _acting(database, user) as tx:
        chance = random.Random(5)
        fields = ("name", "company_name", "status")

        def search() -> None:
            page(tx, Ask(entity="lead", fields=fields, search=chance.choice(SEARCHED), limit=20))

        return quantiles(timed(search, times), n=20)[18]
