"""Many leads, accounts and contacts in an organisation’s tables, through COPY: rows as the product would write them."""

import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from uuid import UUID

from psycopg import sql

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.ids import new_id
from entente.kernel.records.duplicate_rules import Condition, Rule
from entente.kernel.records.match_keys import NORMALISERS, SIMILAR_PREFIX, rules_of, signature_of
from entente.kernel.seeding import Seed, plant, seed_id

FIRST = ("Camille", "Jean", "Sofia", "Yann", "Inès", "Paul", "Zoé", "Hugo", "Anouk", "Léo", "Marc", "Nadia")
SYLLABLES = ("ba", "ker", "lo", "mon", "ri", "ta", "ve", "sou", "pel", "dra", "nic", "gue", "fo", "lan", "mi", "zel")
TRADES = ("Conseil", "Transport", "Énergie", "Atelier", "Menuiserie", "Logiciels", "Négoce", "Textile")
STATUSES = ("new", "assigned", "in_process", "nurturing")
USERS = 50
TEAMS = 5
PORTION = 500
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
        columns, line = _shape(tx, entity)
        started = time.perf_counter()
        _copy(tx, entity, _lines(tx, entity, line, number, chance, people), columns)
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


def _copy(tx: Tx, entity: str, rows: Iterator[str], columns: Sequence[str]) -> None:
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(tx.catalog.schema, entity), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with tx.connection.cursor() as cursor, cursor.copy(into) as copy:
        while portion := list(islice(rows, PORTION)):
            copy.write("".join(portion).encode())


def _shape(tx: Tx, entity: str) -> tuple[list[str], str]:
    """The columns of an entity that are filled, and the line of COPY with places for what differs between rows."""
    columns = {"id": "{id}", "version": "1", "created_at": "{moment}", "modified_at": "{moment}"} | _usual(tx, entity)
    columns |= {"owner": "{owner}", "team": "{team}", "unit": "{unit}", "match_keys": "{{{keys}}}"}
    columns |= {"emails": "{email}", "emails_keys": "{{{email}}}"}
    columns |= {"emails_set": '[{{"value":"{email}","primary":true}}]', "search_text": "{folded}"}
    if entity == "account":
        columns |= {"name": "{company}", "search_text": "{folded_company}"}
    else:
        columns |= {"first_name": "{first}", "last_name": "{last}", "name": "{first} {last}"}
    if entity == "lead":
        columns |= {
            "number": "B-{at:07}", "company_name": "{company}", "status": "{status}", "state": "open",
            "score": "{score}", "language": "fr", "estimated_amount": "{amount}", "estimated_amount_base": "{amount}",
            "estimated_amount_currency": "EUR", "estimated_amount_rate": "1", "do_not_call": "f",
        }  # fmt: skip
    return list(columns), "\t".join(columns.values()) + "\n"


def _usual(tx: Tx, entity: str) -> dict[str, str]:
    """The declared defaults of plain fields."""
    fields = tx.catalog.entity(entity).fields.values()
    plain = [field for field in fields if field.type.key in ("choice", "boolean", "integer", "text")]
    given = {field.name: field.definition.default for field in plain if field.definition.default is not None}
    return {name: str(value) if not isinstance(value, bool) else "ft"[value] for name, value in given.items()}


def _lines(
    tx: Tx, entity: str, line: str, number: int, chance: random.Random, people: Sequence[tuple[UUID, UUID, UUID]]
) -> Iterator[str]:
    """A line of COPY for each row; names come from pools, so that their normal forms are worked out once."""
    fill = line.format
    keys_of = _Keys([rule for rule in rules_of(tx) if rule.target == entity])
    lasts = ["".join(parts).capitalize() for parts in product(SYLLABLES, repeat=3)]
    firms = [f"{word} {trade}" for word in lasts for trade in TRADES]
    homes = [tuple(map(str, home)) for home in people]
    folded = {name: name.lower().translate(FOLDS) for name in (*FIRST, *firms)}
    now, first_id = datetime.now(UTC), new_id().int
    for at in range(number):
        first, last, company = FIRST[chance.randrange(12)], chance.choice(lasts), chance.choice(firms)
        email = f"{last.lower()}.{at}@example.com"
        owner, team, unit = homes[at % len(homes)]
        yield fill(
            id=f"{first_id + (at << 20):032x}", moment=now - timedelta(seconds=at * 60), owner=owner, team=team,
            unit=unit, keys=keys_of(first, last, company, email), email=email, at=at, first=first, last=last,
            company=company, folded_company=folded[company], status=STATUSES[at % 4], score=at % 100,
            amount=at % 900 * 100, folded=f"{folded[first]} {last.lower()} {folded[company]} {email}",
        )  # fmt: skip


class _Keys:
    """The match keys of the product’s own rules as the inside of an array; normal forms of names are remembered."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._shapes = [(signature_of(rule), rule.conditions) for rule in rules]
        self._known: dict[tuple[str, str], str | None] = {}

    def __call__(self, first: str, last: str, company: str, email: str) -> str:
        """The keys of somebody."""
        texts = {"first_name": first, "last_name": last, "name": f"{first} {last}", "company_name": company}
        texts["emails"] = email
        made = []
        for signature, conditions in self._shapes:
            parts = [self._part(each, texts.get(each.target_field)) for each in conditions]
            if all(parts):
                made.append(f'"{signature}:{"|".join(map(str, parts))}"')
        return ",".join(sorted(made))

    def _part(self, condition: Condition, text: str | None) -> str | None:
        if not text or condition.normaliser == "email":
            return text  # made in its normal form
        known = (condition.normaliser, text)
        if known not in self._known:
            self._known[known] = NORMALISERS[condition.normaliser](text)
        found = self._known[known]
        return found[:SIMILAR_PREFIX] if found and condition.threshold else found
