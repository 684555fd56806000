"""Filters by `=` and `in` over texts keep their exact meaning and find their rows through an index."""

from collections.abc import Mapping
from uuid import UUID

import pytest
import sqlalchemy as sa
from psycopg import RawCursor
from tests.world.cast import World

from entente.kernel.access.predicate import guarded
from entente.kernel.db.statement import prepare
from entente.kernel.records.columns import condition
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import Write, save_many

HERE = 'description = "equality"'
OTHERS = """
SELECT indexname FROM pg_indexes WHERE schemaname = 'org_main' AND tablename = %(table)s
AND indexname NOT IN (%(index)s, tablename || '_pkey')
"""
NAMES = ("Élan", "élan", "Elan", "ELAN", None)


@pytest.fixture(scope="module")
def leads(world: World) -> Mapping[UUID, Record]:
    writes = [
        Write(
            values={
                "description": "equality",
                "last_name": f"Nom {at}",
                "company_name": name,
                "emails": f"Main.{at}@Example.org, second.{at}@example.org" if name else None,
            }
        )
        for at, name in enumerate(NAMES)
    ]
    with world.acts("james") as tx:
        return {made.id: made for made in save_many(tx, "lead", writes)}


def companies(world: World, filter_: str) -> list[str]:
    with world.acts("james") as tx:
        found = page(tx, Ask(entity="lead", filter=f"{HERE} and ({filter_})", limit=50)).records
        return sorted(lead["company_name"] or "" for lead in found)


@pytest.mark.usefixtures("leads")
@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ('company_name = "Élan"', ["Élan"]),
        ('"élan" = company_name', ["élan"]),
        ('company_name in ("Elan", "ELAN", "other")', ["ELAN", "Elan"]),
        ('not(company_name = "Élan")', ["", "ELAN", "Elan", "élan"]),
        ('company_name != "Élan"', ["", "ELAN", "Elan", "élan"]),
        ('company_name = "Élan" or company_name = null', ["", "Élan"]),
        ('emails = "Main.0@Example.org"', ["Élan"]),
        ('emails = "main.0@example.org"', []),
        ('emails = "second.0@example.org"', []),
        ('not(emails = "Main.0@Example.org")', ["", "ELAN", "Elan", "élan"]),
        ('name in ("Nom 0", "Nom 4")', ["", "Élan"]),
    ],
)
def test_equal_texts_are_equal_to_the_letter(world: World, filter_: str, expected: object) -> None:
    assert companies(world, filter_) == expected


@pytest.mark.usefixtures("leads")
@pytest.mark.parametrize(
    ("entity", "filter_", "index", "held"),
    [
        ("lead", 'company_name = "Élan"', "lead_company_name_ix", "fold(company_name)"),
        ("lead", 'name in ("Nom 0", "Nom 4") and score >= 0', "lead_name_ix", "fold(name)"),
        ("lead", 'emails = "Main.0@Example.org"', "lead_emails_ix", "emails_keys &&"),
        ("business_unit", 'name = "Kervella"', "business_unit_name_key", "lower(name)"),
    ],
)
def test_equal_texts_are_found_by_an_index(world: World, entity: str, filter_: str, index: str, held: str) -> None:
    with world.acts("james") as tx, tx.connection.transaction(force_rollback=True):
        made = tx.catalog.entity(entity)
        statement = prepare(guarded(tx, sa.select(made.table.c.id).where(condition(tx, made, filter_)), made))
        values = statement.values(tx.principal.standing, {"acl_now": tx.clock.now(), "acl_record": None})
        for (other,) in tx.connection.execute(OTHERS, {"table": entity, "index": index}).fetchall():
            tx.connection.execute(f"DROP INDEX org_main.{other}")
        tx.connection.execute("SET LOCAL enable_seqscan = off")
        plan = "\n".join(line for (line,) in RawCursor(tx.connection).execute(b"EXPLAIN " + statement.sql, values))
    assert index in plan
    assert any("Index Cond" in line and held in line for line in plan.splitlines())
