"""The whole product put together: modules, services and interfaces over one database; the only file that knows all."""

from pathlib import Path

from entente.kernel.db.database import Database
from entente.kernel.db.migrate import create_organisation, prepare_database
from entente.kernel.kit.clock import Clock
from entente.kernel.kit.principal import system
from entente.kernel.kit.words import Words, load_words
from entente.kernel.metadata.catalog import Sources
from entente.kernel.module import in_order, read_sources
from entente.kernel.records.seeding import plant, read_seeds
from entente.modules import base, sales
from entente.settings import Settings

PACKAGE = Path(__file__).parent
MODULES = in_order([base.MODULE, sales.MODULE])
MIGRATIONS = sorted((PACKAGE / "services").glob("*/migrations"))


def all_words() -> Words:
    """Every text of the product."""
    return load_words([PACKAGE])


def all_sources() -> Sources:
    """Every declaration of the product: the standard layer of all catalogs."""
    return read_sources(MODULES)


def open_database(conninfo: str, settings: Settings, clock: Clock | None = None) -> Database:
    """The database of the installation, connected."""
    database = Database(
        conninfo, settings, sources=all_sources(), words=all_words(), migrations=MIGRATIONS, clock=clock
    )
    database.open()
    return database


def set_up(database: Database, organisation: str, name: str, language: str = "fr") -> None:
    """Create an organisation with its tables and seeds, or bring it up to date."""
    prepare_database(database)
    create_organisation(database, organisation, name)
    with database.begin(system("seed"), organisation=organisation) as tx:
        tx.language = language
        plant(tx, read_seeds(module.folder for module in MODULES))
