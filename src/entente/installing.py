"""An installation brought up to date: its tables, the records that come with the product, the demo company."""

from entente.kernel.db.database import Database
from entente.kernel.db.migrate import create_organisation, prepare_database
from entente.kernel.db.readiness import mark_of, note_prepared
from entente.kernel.db.tx import Tx
from entente.kernel.identity.invitations import has_users
from entente.kernel.identity.passwords import set_password
from entente.kernel.jobs.install import install_queue
from entente.kernel.kit.principal import system
from entente.kernel.proving import prove_catalog
from entente.kernel.records.query import Ask, page
from entente.kernel.seeding import plant
from entente.modules.base.demo.play import play
from entente.modules.sales.demo import past
from entente.modules.sales.demo.automations import show_rules
from entente.modules.sales.demo.courses import show_processes
from entente.modules.sales.demo.figures import show_figures
from entente.modules.sales.demo.forms import design_forms
from entente.modules.sales.demo.papers import show_papers
from entente.product import all_seeds
from entente.settings import DEMO_PASSWORD


def bring_up_to_date(database: Database) -> int:
    """How many organisations were created or brought up to date; a start of the same code then prepares nothing."""
    prepare_database(database)
    known = database.organisations() or [database.settings.organisation]
    for organisation in known:
        set_up(database, organisation, organisation.capitalize())
    return len(known)


def note_up_to_date(database: Database) -> None:
    """Leave the mark by which the next start of the same code knows that nothing is to be prepared."""
    with database.begin(system("installing")) as tx:
        if has_users(tx):
            note_prepared(tx.connection, mark_of(database.settings, tx.clock.now()))


def set_up(database: Database, organisation: str, name: str, language: str = "fr") -> None:
    """Create an organisation with its tables and seeds, or bring it up to date."""
    prepare_database(database)
    install_queue(database)
    create_organisation(database, organisation, name)
    with database.begin(system("seed"), organisation=organisation) as tx:
        tx.language = language
        prove_catalog(tx.catalog)
        plant(tx, all_seeds())
    if database.settings.demo and organisation == database.settings.organisation:
        with database.begin(system("demo"), organisation=organisation) as tx:
            tx.language = language
            if not has_users(tx):
                _play_demo(tx)


def _play_demo(tx: Tx) -> None:
    """Fill an empty organisation with the invented company and let its people in by the one password."""
    now = tx.clock.now()
    play(tx, past(now))
    show_papers(tx)
    show_processes(tx)
    show_rules(tx)
    design_forms(tx)
    show_figures(tx)
    for record in page(tx, Ask(entity="user", fields=("login",), limit=200)).records:
        set_password(tx, record.id, DEMO_PASSWORD, check=False)
