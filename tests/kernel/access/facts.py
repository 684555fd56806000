"""Six small entities, one for each way in which rows lend their access, and random rows of them."""

import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.database import Database
from entente.kernel.kit.principal import PRIVILEGES, system
from entente.kernel.kit.words import Text
from entente.kernel.metadata.catalog import Sources
from entente.kernel.metadata.entity import Access, Choice, EntityDef, FieldDef

Row = dict[str, Any]
LABEL = Text("Thing", "Chose")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PAST = datetime(2020, 1, 1, tzinfo=UTC)
FUTURE = datetime(2999, 1, 1, tzinfo=UTC)
WORDS = ("oak", "elm", "ash", "fir")
KINDS = ("a", "b", "c")
ORDER = ("business_unit", "team", "user", "asset", "piece", "dossier", "shelf", "poster", "remark")
MODEL = ORDER[3:]
SIZES = {"asset": 36, "piece": 24, "dossier": 24, "shelf": 12, "poster": 12, "remark": 40}


def _entity(name: str, access: Access, **more: Any) -> EntityDef:
    fields = {
        "name": FieldDef(type="text", label=LABEL),
        "code": FieldDef(type="text", label=LABEL, search=True),
        "note": FieldDef(type="text", label=LABEL, search=True),
        "rank": FieldDef(type="integer", label=LABEL),
        "kind": FieldDef(type="choice", label=LABEL, choices=tuple(Choice(key=key, label=LABEL) for key in KINDS)),
        "worth": FieldDef(type="money", label=LABEL),
        "odds": FieldDef(type="percent", label=LABEL),
    }
    fields |= more.pop("links", {})
    return EntityDef(
        entity=name, label=LABEL, plural=LABEL, path=f"{name}s", access=access, value="worth", weight="odds",
        fields=fields, **more,
    )  # fmt: skip


def sources() -> Sources:
    """The declarations."""
    name = {"name": FieldDef(type="text", label=LABEL)}
    plain = [
        EntityDef(entity=each, label=LABEL, plural=LABEL, path=f"{each}s".replace("_", "-"), access="open", fields=name)
        for each in ORDER[:3]
    ]
    asset = {"asset": FieldDef(type="link", to="asset", label=LABEL)}
    about = {"about": FieldDef(type="polymorphic", to=("asset", "piece", "shelf", "poster"), label=LABEL)}
    return Sources(
        entities=(
            *plain,
            _entity("asset", "owned", links={"holder": FieldDef(type="link", to="asset", label=LABEL)}),
            _entity("piece", "through", through="asset", links=asset),
            _entity("dossier", "owned", through="asset", links=asset),
            _entity("shelf", "shared"),
            _entity("poster", "open"),
            _entity("remark", "through", through="about", activity=True, links=about),
        )
    )


class Data(msgspec.Struct):
    """All rows of one data set, the parents of its units, its shares."""

    tables: dict[str, dict[UUID, Row]]
    shares: list[Row]
    shares_of: dict[UUID, list[Row]] = {}  # the same ones, by the record that is lent

    def ids(self, entity: str) -> list[UUID]:
        """The ids of a table's rows."""
        return list(self.tables[entity])


def invent(chance: random.Random) -> Data:
    """A random data set: a tree of units, people in it, rows that they own, lend to each other and throw away."""
    data = Data({name: {} for name in ORDER}, [])
    for name, size in (("business_unit", 9), ("team", 5), ("user", 10)):
        for _ in range(size):
            row = _base(chance, None)
            if name == "business_unit":
                row["parent"] = chance.choice([None, *data.ids("business_unit")])
            data.tables[name][row["id"]] = row
    for name in MODEL:
        for _ in range(SIZES[name]):
            row = _row(chance, data, name)
            data.tables[name][row["id"]] = row
    for _ in range(70):
        _lend(chance, data)
    return data


def _base(chance: random.Random, user: UUID | None) -> Row:
    return {
        "id": UUID(int=chance.getrandbits(128)),
        "version": 1,
        "created_at": NOON,
        "modified_at": NOON,
        "created_by": user,
        "deleted_at": NOON if chance.random() < 0.08 else None,
    }


def _row(chance: random.Random, data: Data, entity: str) -> Row:
    people = data.ids("user")
    row = _base(chance, chance.choice([None, *people]))
    worth = chance.choice([None, Decimal(chance.randrange(1000))])
    row |= {"name": chance.choice(WORDS), "code": chance.choice(WORDS), "note": chance.choice(WORDS)}
    row |= {"rank": chance.choice([None, *range(10)]), "kind": chance.choice(KINDS)}
    row |= {"worth": worth, "worth_base": worth, "odds": chance.choice([None, Decimal(chance.randrange(101))])}
    row |= {"worth_currency": "EUR", "worth_rate": Decimal(1), "search_text": f"{row['code']} {row['note']}"}
    if entity in ("asset", "dossier"):
        row["owner"] = chance.choice([None, *people])
        row["team"] = chance.choice([None, *data.ids("team")])
        row["unit"] = chance.choice([None, *data.ids("business_unit")])
    if entity == "asset":
        row["holder"] = chance.choice([None, *data.ids("asset")])
    if entity in ("piece", "dossier"):
        row["asset"] = chance.choice([None, *data.ids("asset")])
    if entity == "remark":
        target = chance.choice([None, "asset", "asset", "piece", "shelf", "poster"])
        row["about"], row["about_type"] = (chance.choice(data.ids(target)), target) if target else (None, None)
    return row


def _lend(chance: random.Random, data: Data) -> None:
    entity = chance.choice(["asset", "asset", "dossier", "piece"])
    to_team = chance.random() < 0.4
    share: Row = {
        "id": UUID(int=chance.getrandbits(128)),
        "entity": entity,
        "record": chance.choice(data.ids(entity)),
        "user_id": None if to_team else chance.choice(data.ids("user")),
        "team_id": chance.choice(data.ids("team")) if to_team else None,
        "privileges": chance.sample(PRIVILEGES, chance.randrange(1, 5)),
        "until": chance.choice([None, PAST, FUTURE]),
        "created_at": NOON,
    }
    taken = {(each["record"], each["user_id"] or each["team_id"]) for each in data.shares}
    if (share["record"], share["user_id"] or share["team_id"]) not in taken:
        data.shares.append(share)
        data.shares_of.setdefault(share["record"], []).append(share)


def store(database: Database, data: Data) -> None:
    """Put a data set in the place of the one before, in bulk and without the product's write path."""
    with database.begin(system("data set")) as tx:
        schema = tx.catalog.schema
        every = ", ".join(f'"{schema}"."{name}"' for name in (*ORDER, "share"))
        tx.connection.execute(f"TRUNCATE {every} CASCADE")
        for name in (*ORDER, "share"):
            rows = data.shares if name == "share" else list(data.tables[name].values())
            columns = [column for column in rows[0] if column != "parent"]
            named = ", ".join(f'"{column}"' for column in columns)
            with (
                tx.connection.cursor() as cursor,
                cursor.copy(f'COPY "{schema}"."{name}" ({named}) FROM STDIN') as copy,
            ):
                for row in rows:
                    copy.write_row([row[column] for column in columns])
