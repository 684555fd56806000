"""One small company and its people: who owns, who is on the team, who must be refused."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from entente.kernel.db.database import Database
from entente.kernel.db.tx import Tx, new_cause
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.kit.clock import SetClock
from entente.kernel.kit.principal import Principal, system
from entente.kernel.records.save import save
from entente.kernel.seeding import Seed, plant, seed_id

PEOPLE: Mapping[str, tuple[str, str, str]] = {
    "admin": ("Alix", "administrator", "north"),
    "helene": ("Hélène", "sales_manager", "head"),
    "james": ("James", "salesperson", "north"),
    "nadia": ("Nadia", "salesperson", "south"),
    "bastien": ("Bastien", "salesperson", "north"),
    "marie": ("Marie", "marketing", "head"),
    "sam": ("Sam", "service_agent", "head"),
    "rita": ("Rita", "read_only", "head"),
    "stranger": ("Stan", "", "abroad"),
}


def people_world(database: Database) -> None:
    """Write the organisation and its people."""
    seeds = [
        Seed(entity="business_unit", key="head", values={"name": "Siège"}),
        Seed(entity="business_unit", key="branch", values={"name": "Agences", "parent": "@business_unit:head"}),
        Seed(entity="business_unit", key="abroad", values={"name": "Étranger"}),
    ]
    units = {"head": "head", "north": "branch", "south": "branch", "abroad": "abroad"}
    seeds += [
        Seed(entity="team", key=team, values={"name": team.capitalize(), "unit": f"@business_unit:{unit}"})
        for team, unit in units.items()
    ]
    for login, (name, role, team) in PEOPLE.items():
        values: dict[str, Any] = {
            "login": login,
            "first_name": name,
            "last_name": login.capitalize(),
            "email": f"{login}@kervella.example",
            "language": "en",
            "unit": f"@business_unit:{units[team]}",
            "team": f"@team:{team}",
            "roles": [f"@role:{role}"] if role else [],
        }
        seeds.append(Seed(entity="user", key=login, values=values))
    with database.begin(system("world")) as tx:
        plant(tx, seeds)


class World:
    """The cast at work: each opens transactions as himself."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @property
    def clock(self) -> SetClock:
        """The clock of the database, which stands until it is moved."""
        assert isinstance(self.database.clock, SetClock)
        return self.database.clock

    def id_of(self, login: str) -> UUID:
        """The user's id."""
        return seed_id("user", login)

    def principal(self, login: str) -> Principal:
        """The person with the rights of the moment."""
        with self.database.begin(system("who")) as tx:
            found = principal_of(tx, self.id_of(login))
        assert found is not None
        return found

    @contextmanager
    def acts(self, login: str, via: str = "web") -> Iterator[Tx]:
        """A transaction of a person."""
        with self.database.begin(self.principal(login), cause=new_cause(via)) as tx:
            yield tx

    @contextmanager
    def system(self) -> Iterator[Tx]:
        """A transaction of the system."""
        with self.database.begin(system("test")) as tx:
            yield tx

    def has(self, entity: str, login: str, **values: Any) -> UUID:
        """A new record that belongs to a person."""
        with self.acts(login) as tx:
            return save(tx, entity, values).id
