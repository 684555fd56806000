"""The company of the journeys at work: its database, its address, and its people signed in."""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from tests.conftest import NOON
from tests.journeys.served import RunningClock
from tests.world.cast import PEOPLE, World

from entente.interfaces.html.http.session import cookie_name
from entente.kernel.db.database import Database
from entente.kernel.identity.passwords import set_password
from entente.kernel.identity.sessions import start_session
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.kernel.seeding import seed_id

PASSWORD = "trois lunes au-dessus du lac"
ENGLISH = ("admin", "marie")


class Office(World):
    """The cast, with the address under which the product is served to them."""

    def __init__(self, database: Database, address: str) -> None:
        super().__init__(database)
        self.address = address

    def session(self, login: str) -> Any:
        """The cookie of a new session of someone, for a browser."""
        with self.system() as tx:
            token = start_session(tx, self.id_of(login), peer="127.0.0.1", agent="test")
        name = cookie_name(self.database.settings)
        return {"name": name, "value": f"main.{token}", "url": self.address, "httpOnly": True, "sameSite": "Lax"}

    def read(self, entity: str, identity: UUID) -> Record:
        """A record as it is now."""
        with self.system() as tx:
            return find(tx, entity, identity)

    def all_of(self, entity: str, condition: str) -> list[Record]:
        """The records for which a condition is true."""
        with self.system() as tx:
            return page(tx, Ask(entity=entity, filter=condition)).records

    def wait_until(self, comes_true: Callable[[], bool]) -> None:
        """Wait for work in the background; a TimeoutError when nothing came of it."""
        for _ in range(150):
            if comes_true():
                return
            time.sleep(0.2)
        raise TimeoutError("nothing came of it in 30 s")


def open_office(database: Database) -> None:
    """Let the clock run, give the manager a password, and let all but two people speak French."""
    database.clock = RunningClock(NOON)
    world = World(database)
    with world.system() as tx:
        for login in PEOPLE:
            if login not in ENGLISH:
                save(tx, "user", {"language": "fr"}, id=world.id_of(login))
        # One unit above all others, to which everything without an owner belongs.
        save(tx, "business_unit", {"parent": seed_id("business_unit", "head")}, id=seed_id("business_unit", "abroad"))
        set_password(tx, world.id_of("helene"), PASSWORD)
