"""Many leads, accounts and contacts in an organisation’s tables, through COPY: rows as the product would write them."""

import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.ids import new_id
from entente.kernel.records.match_keys import NORMALISERS, SIMILAR_PREFIX, rules_of, signature_of
from entente.kernel.records.seeding import Seed, plant, seed_id

FIRST = ("Camille", "Jean", "Sofia", "Yann", "Inès", "Paul", "Zoé", "Hugo", "Anouk", "Léo", "Marc", "Nadia")
SYLLABLES = ("ba", "ker", "lo", "mon", "ri", "ta", "ve", "sou", "pel", "dra", "nic", "gue", "fo", "lan", "mi", "zel")
TRADES = ("Conseil", "Transport", "Énergie", "Atelier", "Menuiserie", "Logiciels", "Négoce", "Textile")
STATUSES = ("new", "assigned", "in_process", "nurturing")
USERS = 50
TEAMS = 5
FOLDS = str.maketrans("éèêëàâîïôûùç", "eeeeaaiiouuc")


def make_people(tx: Tx) -> list[tuple[UUID, UUID, UUID]]:
    """The owner, team and unit of fifty salespeople of five teams; `bench0` is the one who measures."""
    seeds = [Seed(entity="business_unit", key="bench", values={"name": "Bench"})]
    seeds += [
        Seed(entity="team", key=f"bench{at}", values={"name": f"Bench {at}", "unit": "@business_unit:bench"})
        for at in range(TEAMS)
    ]
    for at in range(USERS):
        values = {
            "login": f"bench{at}", "first_name": "Bench", "last_name": str(at), "email": f"bench{at}@example.com",
            "unit": "@business_unit:bench", "team": f"@team:bench{at % TEAMS}",
            "roles": ["@role:sales_manager"],
        }  # fmt: skip
        seeds.append(Seed(entity="user", key=f"bench{at}", values=values))
    plant(tx, seeds)
    unit = seed_id("business_unit", "bench")
    return [(seed_id("user", f"bench{at}"), seed_id("team", f"bench{at % TEAMS}"), unit) for at in range(USERS)]


def generate(tx: Tx, leads: int) -> float:
    """Write so many leads, and a tenth as many accounts and contacts; rows per second of the copying alone."""
    chance = random.Random(leads)
    people = make_people(tx)
    spent = 0.0
    for entity, number in (("account", leads // 10), ("contact", leads // 10), ("lead", leads)):
        indexes = _drop_indexes(tx, entity)
        started = time.perf_counter()
        _copy(tx, entity, _rows(tx, entity, number, chance, people))
        spent += time.perf_counter() - started
        for statement in indexes:
            tx.connection.execute(statement.encode())
        tx.connection.execute(f'ANALYZE "{tx.catalog.schema}"."{entity}"'.encode())
    return (leads + 2 * (leads // 10)) / spent


def _drop_indexes(tx: Tx, entity: str) -> list[str]:
    """What makes the indexes that were dropped; the one of the primary key stays."""
    found = engine_rows(
        tx,
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = %(schema)s AND tablename = %(name)s "
        "AND indexname <> tablename || '_pkey'",
        schema=tx.catalog.schema,
        name=entity,
    )
    for each in found:
        tx.connection.execute(f'DROP INDEX "{tx.catalog.schema}"."{each["indexname"]}"'.encode())
    return [each["indexdef"] for each in found]


def _copy(tx: Tx, entity: str, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    columns = ", ".join(f'"{name}"' for name in first)
    with (
        tx.connection.cursor() as cursor,
        cursor.copy(f'COPY "{tx.catalog.schema}"."{entity}" ({columns}) FROM STDIN') as copy,
    ):
        copy.write_row(tuple(first.values()))
        for row in rows:
            copy.write_row(tuple(row.values()))


def _rows(
    tx: Tx, entity: str, number: int, chance: random.Random, people: Sequence[tuple[UUID, UUID, UUID]]
) -> Iterator[dict[str, Any]]:
    rules = [rule for rule in rules_of(tx) if rule.target == entity]
    shapes = [(signature_of(rule), rule.conditions) for rule in rules]
    usual = _usual(tx, entity)
    now, memory = datetime.now(UTC), dict[tuple[str, str], str | None]()
    for at in range(number):
        texts = _texts(chance, at)
        owner, team, unit = people[at % len(people)]
        moment = now - timedelta(seconds=at * 60 + chance.randrange(60))
        row = {
            "id": new_id(), "version": 1, "created_at": moment, "modified_at": moment, "owner": owner, "team": team,
            "unit": unit, "match_keys": _keys(shapes, texts, memory), "emails": texts["emails"],
            "emails_set": Jsonb([{"value": texts["emails"], "primary": True}]), "emails_keys": [texts["emails"]],
        }  # fmt: skip
        yield usual | row | _own(entity, texts, at)


def _usual(tx: Tx, entity: str) -> dict[str, Any]:
    """The declared defaults of plain fields."""
    fields = tx.catalog.entity(entity).fields.values()
    plain = [field for field in fields if field.type.key in ("choice", "boolean", "integer", "text")]
    return {field.name: field.definition.default for field in plain if field.definition.default is not None}


def _own(entity: str, texts: dict[str, str], at: int) -> dict[str, Any]:
    """The columns that only one of the entities has."""
    folded = f"{texts['name']} {texts['company_name']} {texts['emails']}".lower().translate(FOLDS)
    if entity == "account":
        return {"name": texts["company_name"], "search_text": texts["company_name"].lower().translate(FOLDS)}
    person = {
        "first_name": texts["first_name"], "last_name": texts["last_name"], "name": texts["name"],
        "search_text": folded,
    }  # fmt: skip
    if entity == "contact":
        return person
    amount = Decimal(at % 900 * 100)
    return person | {
        "number": f"B-{at:07}", "company_name": texts["company_name"], "status": STATUSES[at % 4], "state": "open",
        "score": at % 100, "language": "fr", "estimated_amount": amount, "estimated_amount_base": amount,
        "estimated_amount_currency": "EUR", "estimated_amount_rate": Decimal(1), "do_not_call": False,
    }  # fmt: skip


def _texts(chance: random.Random, at: int) -> dict[str, str]:
    last = "".join(chance.choices(SYLLABLES, k=3)).capitalize()
    first = chance.choice(FIRST)
    company = f"{''.join(chance.choices(SYLLABLES, k=3)).capitalize()} {chance.choice(TRADES)}"
    email = f"{last.lower()}.{at}@example.com"
    return {
        "first_name": first, "last_name": last, "name": f"{first} {last}", "company_name": company, "emails": email,
    }  # fmt: skip


def _keys(
    shapes: Sequence[tuple[str, Any]], texts: dict[str, str], memory: dict[tuple[str, str], str | None]
) -> list[str]:
    """The keys of the product's own rules; the normal form of a name that comes again is remembered."""
    made = []
    for signature, conditions in shapes:
        parts = []
        for condition in conditions:
            text = texts.get(condition.target_field)
            normal = _normal(condition.normaliser, text, memory) if text else None
            if normal is None:
                break
            parts.append(normal[:SIMILAR_PREFIX] if condition.threshold else normal)
        else:
            made.append(f"{signature}:" + "|".join(parts))
    return sorted(made)


def _normal(normaliser: str, text: str, memory: dict[tuple[str, str], str | None]) -> str | None:
    if normaliser == "email":
        return NORMALISERS[normaliser](text)
    known = (normaliser, text)
    if known not in memory:
        memory[known] = NORMALISERS[normaliser](text)
    return memory[known]
