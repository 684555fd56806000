"""Many leads, accounts and contacts in an organisation’s tables: rows and journal as the product would write them.

PostgreSQL makes the rows itself from pools of names, whose normal forms for duplicate rules are worked out here once.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import product
from typing import Any
from uuid import UUID

from psycopg import sql

from entente.kernel.db.database import Database
from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.normal import NORMALISERS
from entente.kernel.kit.principal import system
from entente.kernel.metadata.duplicate_rules import Condition, Rule
from entente.kernel.records.match_keys import SIMILAR_PREFIX, rules_of, signature_of
from entente.kernel.seeding import Seed, plant, seed_id

FIRST = ("Camille", "Jean", "Sofia", "Yann", "Inès", "Paul", "Zoé", "Hugo", "Anouk", "Léo", "Marc", "Nadia")
SYLLABLES = ("ba", "ker", "lo", "mon", "ri", "ta", "ve", "sou", "pel", "dra", "nic", "gue", "fo", "lan", "mi", "zel")
TRADES = ("Conseil", "Transport", "Énergie", "Atelier", "Menuiserie", "Logiciels", "Négoce", "Textile")
STATUSES = ("new", "assigned", "in_process", "nurturing")
USERS = 50
TEAMS = 5
FOLDS = str.maketrans("éèêëàâîïôûùç", "eeeeaaiiouuc")
SEED = 0.42
FIRM = "account"
POOLS = "bench_pools"
# Ids in the order of the rows: 8 bytes of a new id, then the variant's bit and the number of the row.
ID = "('{prefix}' || lpad(to_hex((-9223372036854775808 | (s.at::bigint << 20))), 16, '0'))::uuid"
MOMENT = "now() - make_interval(mins => s.at)"
EMAIL = "(p.lower || '.' || s.at || '@example.com')"
JOURNAL = """
INSERT INTO {schema}.journal
  (at, actor, actor_name, via, cause, deed, entity, record, version, title, changes, depth)
SELECT created_at, owner, 'Bench', 'import', %(cause)s, 'create', %(entity)s, id, 1, name,
  jsonb_build_object('name', jsonb_build_array(NULL, name), 'owner', jsonb_build_array(NULL, owner),
    'emails', jsonb_build_array(NULL, emails_set)), 0
FROM {schema}.{table} WHERE id >= %(first)s AND id < %(end)s
"""


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


def generate(database: Database, leads: int) -> float:
    """Write so many leads, and a tenth as many accounts and contacts; rows per second, each with its journal line.

    Every processor writes a part of the rows. What is left out of the time: making the indexes and the foreign keys,
    which wait until the rows are there.
    """
    with _patient(database) as tx:
        homes = make_people(tx)
        started = time.perf_counter()
        _pools(tx, [rule for rule in rules_of(tx) if _key(rule, rule.target)], homes)
    spent = time.perf_counter() - started
    written = 0
    for entity, number in (("account", leads // 10), ("contact", leads // 10), ("lead", leads)):
        with _bare(database, entity):
            started = time.perf_counter()
            written += _insert_in_parts(database, entity, number)
            spent += time.perf_counter() - started
    with _patient(database) as tx:
        tx.connection.execute(f"DROP SCHEMA {POOLS} CASCADE".encode())
    return written / spent


@contextmanager
def _patient(database: Database) -> Iterator[Tx]:
    with database.begin(system("bench")) as tx:
        tx.connection.execute("SET LOCAL statement_timeout = 0")
        yield tx


@contextmanager
def _bare(database: Database, entity: str) -> Iterator[None]:
    """The table without indexes and foreign keys, which are made again at the end; the primary key stays."""
    with _patient(database) as tx:
        table = f'"{tx.catalog.schema}"."{entity}"'
        indexes = engine_rows(
            tx,
            "SELECT indexname AS name, indexdef AS made FROM pg_indexes WHERE schemaname = %(schema)s"
            " AND tablename = %(name)s AND indexname <> tablename || '_pkey'",
            schema=tx.catalog.schema,
            name=entity,
        )
        keys = engine_rows(
            tx,
            "SELECT conname AS name, pg_get_constraintdef(oid) AS made FROM pg_constraint"
            " WHERE conrelid = %(table)s::regclass AND contype = 'f'",
            table=table,
        )
        for each in indexes:
            tx.connection.execute(f'DROP INDEX "{tx.catalog.schema}"."{each["name"]}"'.encode())
        for each in keys:
            tx.connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{each["name"]}"'.encode())
    try:
        yield
    finally:
        with _patient(database) as tx:
            for each in indexes:
                tx.connection.execute(each["made"].encode())
            for each in keys:
                tx.connection.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{each["name"]}" {each["made"]}'.encode())
            tx.connection.execute(f"ANALYZE {table}".encode())


def _insert_in_parts(database: Database, entity: str, number: int) -> int:
    """How many rows were written, by one connection for each processor."""
    parts = os.cpu_count() or 1
    bounds = [number * part // parts for part in range(parts + 1)]
    prefix = new_id().hex[:16]

    def insert(first: int, end: int) -> int:
        with _patient(database) as tx:
            return _insert(tx, entity, prefix, first, end)

    with ThreadPoolExecutor(parts) as pool:
        return sum(pool.map(insert, bounds[:-1], bounds[1:]))


def _pools(tx: Tx, rules: Iterable[Rule], homes: Sequence[tuple[UUID, UUID, UUID]]) -> None:
    """Names of people and firms with the forms that keys are made of, and owners, as tables that all parts read."""
    tx.connection.execute(f"DROP SCHEMA IF EXISTS {POOLS} CASCADE; CREATE SCHEMA {POOLS}".encode())
    compared = [(rule.target, each.target_field, each) for rule in rules for each in rule.conditions]
    of_last = _forms(each for _, field, each in compared if field == "last_name")
    of_name = _forms(each for target, field, each in compared if field == "name" and target != FIRM)
    of_firm = _forms(each for *place, each in compared if place in ([FIRM, "name"], ["lead", "company_name"]))
    lasts = ["".join(parts).capitalize() for parts in product(SYLLABLES, repeat=3)]
    firms = [f"{word} {trade}" for word in lasts for trade in TRADES]
    columns = ["at int", "first text", "last text", "name text", "lower text", "folded text"]
    columns += [f"last_{form} text" for form in of_last] + [f"name_{form} text" for form in of_name]
    halves = product([(first, _folded(first)) for first in FIRST], [(last, _formed(of_last, last)) for last in lasts])
    people = (
        (
            *(at, first, last, f"{first} {last}", last.lower(), f"{folded} {last.lower()}"),
            *(*forms, *_formed(of_name, f"{first} {last}")),
        )
        for at, ((first, folded), (last, forms)) in enumerate(halves)
    )
    _pool(tx, "bench_person", columns, people)
    columns = ["at int", "name text", "folded text", *(f"name_{form} text" for form in of_firm)]
    named = ((at, firm, _folded(firm), *_formed(of_firm, firm)) for at, firm in enumerate(firms))
    _pool(tx, "bench_firm", columns, named)
    owners = ((at, *home) for at, home in enumerate(homes))
    _pool(tx, "bench_home", ["at int", "owner uuid", "team uuid", "unit uuid"], owners)


def _forms(conditions: Iterable[Condition]) -> dict[str, Callable[[str], str | None]]:
    """By column the normal forms in which rules compare."""
    wanted = {(each.normaliser, bool(each.threshold)) for each in conditions}
    return {_column(*form): _form(*form) for form in sorted(wanted)}


def _form(normaliser: str, similar: bool) -> Callable[[str], str | None]:
    normal = NORMALISERS[normaliser]
    return lambda text: (normal(text) or "")[:SIMILAR_PREFIX] or None if similar else normal(text)


def _formed(forms: Mapping[str, Callable[[str], str | None]], text: str) -> list[str | None]:
    return [form(text) for form in forms.values()]


def _column(normaliser: str, similar: bool) -> str:
    return f"{normaliser}_{int(similar)}"


def _folded(text: str) -> str:
    return text.lower().translate(FOLDS)


def _pool(tx: Tx, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    tx.connection.execute(f"CREATE UNLOGGED TABLE {POOLS}.{name} ({', '.join(columns)})".encode())
    with tx.connection.cursor() as cursor, cursor.copy(f"COPY {POOLS}.{name} FROM STDIN".encode()) as copy:
        # Nothing in the names needs an escape.
        copy.write("".join("\t".join([r"\N" if each is None else str(each) for each in row]) + "\n" for row in rows))
    tx.connection.execute(f"ANALYZE {POOLS}.{name}".encode())


def _insert(tx: Tx, entity: str, prefix: str, first: int, end: int) -> int:
    """How many rows were written, each with its journal line."""
    values = _values(tx, entity) | {"id": ID.format(prefix=prefix)}
    statement = sql.SQL(
        "INSERT INTO {} ({}) SELECT {} FROM (SELECT at, floor(random() * %(people)s)::int AS person,"
        " floor(random() * %(firms)s)::int AS firm FROM generate_series(%(first)s, %(end)s - 1) AS at) AS s"
        f" JOIN {POOLS}.bench_person p ON p.at = s.person JOIN {POOLS}.bench_firm f ON f.at = s.firm"
        f" JOIN {POOLS}.bench_home h ON h.at = s.at %% %(homes)s"
    ).format(
        sql.Identifier(tx.catalog.schema, entity),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.SQL(text) for text in values.values()),
    )
    lasts = len(SYLLABLES) ** 3
    sizes = {"people": len(FIRST) * lasts, "firms": lasts * len(TRADES), "homes": USERS, "first": first, "end": end}
    engine_row(tx, "SELECT setseed(%(seed)s)::text AS one", seed=SEED / (first + 1))
    made = tx.connection.execute(statement, sizes).rowcount
    journal = JOURNAL.replace("{table}", f'"{entity}"')
    engine_rows(tx, journal, cause=new_id(), entity=entity, first=_id(prefix, first), end=_id(prefix, end))
    return made


def _id(prefix: str, at: int) -> UUID:
    """The id of a row, as the SQL of `ID` makes it."""
    return UUID(f"{prefix}{1 << 63 | at << 20:016x}")


def _values(tx: Tx, entity: str) -> dict[str, str]:
    """The SQL of every column that is filled, over the number of the row (`s`), person, firm and home."""
    keys = [_key(rule, entity) for rule in sorted(rules_of(tx), key=signature_of) if rule.target == entity]
    known = ", ".join(dict.fromkeys(key for key in keys if key))
    columns = {"id": "", "version": "1", "created_at": MOMENT, "modified_at": MOMENT} | _usual(tx, entity)
    columns |= {
        "owner": "h.owner",
        "team": "h.team",
        "unit": "h.unit",
        "emails": EMAIL,
        "emails_keys": f"ARRAY[{EMAIL}]",
    }
    columns |= {"match_keys": f"array_remove(ARRAY[{known}]::text[], NULL)"}
    columns |= {"emails_set": f"jsonb_build_array(jsonb_build_object('value', {EMAIL}, 'primary', true))"}
    if entity == "account":
        return columns | {"name": "f.name", "search_text": f"f.folded || ' ' || {EMAIL}"}
    columns |= {"first_name": "p.first", "last_name": "p.last", "name": "p.name"}
    if entity != "lead":
        return columns | {"search_text": f"p.folded || ' ' || {EMAIL}"}
    amount = "(s.at %% 900 * 100)"
    statuses = ", ".join(f"'{status}'" for status in STATUSES)
    return columns | {
        "number": "'B-' || lpad(s.at::text, 7, '0')", "company_name": "f.name",
        "search_text": f"p.folded || ' ' || f.folded || ' ' || {EMAIL}",
        "status": f"(ARRAY[{statuses}])[1 + s.at %% {len(STATUSES)}]", "state": "'open'", "score": "s.at %% 100",
        "language": "'fr'", "estimated_amount": amount, "estimated_amount_base": amount,
        "estimated_amount_currency": "'EUR'", "estimated_amount_rate": "1", "do_not_call": "false",
    }  # fmt: skip


def _usual(tx: Tx, entity: str) -> dict[str, str]:
    """The declared defaults of plain fields."""
    fields = tx.catalog.entity(entity).fields.values()
    plain = [field for field in fields if field.type.key in ("choice", "boolean", "integer", "text")]
    given = {field.name: field.definition.default for field in plain if field.definition.default is not None}
    return {name: sql.Literal(value).as_string(None).replace("%", "%%") for name, value in given.items()}


def _key(rule: Rule, entity: str) -> str | None:
    """The SQL of a rule's key; nothing when it compares a field that stays empty."""
    places: Mapping[str, str] = {"last_name": "p.last", "name": "p.name", "company_name": "f.name"}
    if entity == "account":
        places = {"name": "f.name"}
    parts = []
    for each in rule.conditions:
        place = places.get(each.target_field)
        if each.target_field == "emails" and each.normaliser == "email":
            parts.append(EMAIL)  # made in its normal form
        elif place:
            parts.append(f"{place}_{_column(each.normaliser, bool(each.threshold))}")
        else:
            return None
    return f"'{signature_of(rule)}:' || " + " || '|' || ".join(parts)
