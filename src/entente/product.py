"""What the product is made of: its modules with their declarations and texts, and its database."""

from functools import cache
from pathlib import Path

from entente.kernel.db.database import Database
from entente.kernel.kit.clock import Clock, FileClock
from entente.kernel.kit.words import Words, load_words
from entente.kernel.metadata.catalog import Sources
from entente.kernel.module import in_order, read_sources
from entente.kernel.seeding import Seed, names_of, read_seeds
from entente.modules import base, sales
from entente.modules.sales.invented import names_of_invented
from entente.settings import Settings

PACKAGE = Path(__file__).parent
MODULES = in_order([base.MODULE, sales.MODULE])
TEST_CLOCK = "test-clock"
MIGRATIONS = sorted((PACKAGE / "services").glob("*/migrations"))


@cache
def all_words() -> Words:
    """Every text of the product."""
    shipped = names_of(all_seeds(), all_sources().entities)
    return load_words([PACKAGE], shipped | names_of_invented())


def all_seeds() -> list[Seed]:
    """Every record that comes with the product."""
    return read_seeds(module.folder for module in MODULES)


@cache
def all_sources() -> Sources:
    """Every declaration of the product: the standard layer of all catalogs."""
    return read_sources(MODULES)


def open_database(conninfo: str, settings: Settings, clock: Clock | None = None) -> Database:
    """The database of the installation, connected."""
    clock = FileClock(settings.data / TEST_CLOCK) if clock is None and settings.test_clock else clock
    database = Database(
        conninfo, settings, sources=all_sources(), words=all_words(), migrations=MIGRATIONS, clock=clock
    )
    database.open()
    return database
