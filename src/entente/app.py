"""The whole product put together: modules, services and interfaces over one database; the only file that knows all."""

import os
import signal
from functools import cache
from pathlib import Path

from litestar import Litestar, Response, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State

from entente.interfaces.api.live import live_updates
from entente.interfaces.api.metrics import Meter, measured_by, metrics
from entente.interfaces.api.serve import api_routes
from entente.interfaces.html.assets import load_manifest
from entente.interfaces.html.environment import Templates
from entente.interfaces.html.http.headers import add_headers
from entente.interfaces.html.http.static import SKIPS, show_asset
from entente.interfaces.portal.hooks import hook_routes
from entente.interfaces.portal.routes import portal_routes
from entente.interfaces.web.asking import MOST_SENT
from entente.interfaces.web.routes import web_routes
from entente.kernel.db.connect import find_conninfo
from entente.kernel.db.database import Database
from entente.kernel.db.migrate import create_organisation, prepare_database
from entente.kernel.db.tx import Tx
from entente.kernel.identity import upkeep as identity_upkeep
from entente.kernel.identity.invitations import has_users
from entente.kernel.identity.passwords import set_password
from entente.kernel.jobs import upkeep as jobs_upkeep
from entente.kernel.jobs.followers import Follower
from entente.kernel.jobs.install import install_queue
from entente.kernel.jobs.queue import JobDef, jobs_in
from entente.kernel.jobs.supervise import wait_until_prepared, watch_parent
from entente.kernel.kit.clock import Clock, FileClock
from entente.kernel.kit.collecting import settle
from entente.kernel.kit.principal import system
from entente.kernel.kit.words import Words, load_words
from entente.kernel.metadata.catalog import Sources
from entente.kernel.module import in_order, read_sources
from entente.kernel.proving import prove_catalog
from entente.kernel.records import upkeep as records_upkeep
from entente.kernel.records.follows import followers_of
from entente.kernel.records.query import Ask, page
from entente.kernel.seeding import names_of, plant, read_seeds
from entente.modules import base, sales
from entente.modules.base.demo.play import play
from entente.modules.base.task_mail import TELLER
from entente.modules.sales.demo import past
from entente.modules.sales.demo.automations import show_rules
from entente.modules.sales.demo.courses import show_processes
from entente.modules.sales.demo.forms import design_forms
from entente.services.automation import log as automation_log
from entente.services.automation import timed
from entente.services.automation.assignment import assign_created
from entente.services.automation.changes import AUTOMATIONS
from entente.services.connect import answers, batches, webhooks
from entente.services.connect.live import publish_live
from entente.services.forms import limits
from entente.services.mail import digest, sending
from entente.services.mail.notices import NOTIFIER
from entente.services.processes import archiving, running, waking
from entente.services.transfer import check_jobs, import_jobs
from entente.services.worklist import escalating
from entente.settings import DEMO_PASSWORD, Settings, read_settings

PACKAGE = Path(__file__).parent
MODULES = in_order([base.MODULE, sales.MODULE])
TEST_CLOCK = "test-clock"
MIGRATIONS = sorted((PACKAGE / "services").glob("*/migrations"))


@cache
def all_words() -> Words:
    """Every text of the product."""
    return load_words([PACKAGE], names_of(read_seeds(module.folder for module in MODULES), all_sources().entities))


@cache
def all_sources() -> Sources:
    """Every declaration of the product: the standard layer of all catalogs."""
    return read_sources(MODULES)


def all_jobs() -> tuple[JobDef, ...]:
    """Every job that a worker can run."""
    engine = (jobs_upkeep, identity_upkeep, records_upkeep)
    services = (sending, digest, limits, check_jobs, import_jobs, answers, batches)
    rules = (timed, automation_log, webhooks, escalating, running, waking, archiving)
    return (*jobs_in((*engine, *services, *rules)), *(made for module in MODULES for made in module.jobs))


def all_followers() -> tuple[Follower, ...]:
    """Everyone who is told of changes, in the order in which they are told."""
    own = (Follower("assignment", assign_created), Follower("live", publish_live), TELLER, NOTIFIER, waking.CONDITIONS)
    return (*own, AUTOMATIONS, *followers_of(all_sources().behaviours))


def open_database(conninfo: str, settings: Settings, clock: Clock | None = None) -> Database:
    """The database of the installation, connected."""
    clock = FileClock(settings.data / TEST_CLOCK) if clock is None and settings.test_clock else clock
    database = Database(
        conninfo, settings, sources=all_sources(), words=all_words(), migrations=MIGRATIONS, clock=clock
    )
    database.open()
    return database


def set_up(database: Database, organisation: str, name: str, language: str = "fr") -> None:
    """Create an organisation with its tables and seeds, or bring it up to date."""
    prepare_database(database)
    install_queue(database)
    create_organisation(database, organisation, name)
    with database.begin(system("seed"), organisation=organisation) as tx:
        tx.language = language
        prove_catalog(tx.catalog)
        plant(tx, read_seeds(module.folder for module in MODULES))
    if database.settings.demo and organisation == database.settings.organisation:
        with database.begin(system("demo"), organisation=organisation) as tx:
            tx.language = language
            if not has_users(tx):
                _play_demo(tx)


def _play_demo(tx: Tx) -> None:
    """Fill an empty organisation with the invented company and let its people in by the one password."""
    now = tx.clock.now()
    play(tx, past(now))
    show_processes(tx)
    show_rules(tx)
    design_forms(tx)
    for record in page(tx, Ask(entity="user", fields=("login",), limit=200)).records:
        set_password(tx, record.id, DEMO_PASSWORD, check=False)


def create() -> Litestar:
    """The web application of the installation that the environment describes; it ends with the process above it."""
    watch_parent(os.getppid(), lambda: os.kill(os.getpid(), signal.SIGTERM))
    settings = read_settings()
    all_words(), all_sources()
    wait_until_prepared()
    made = build(open_database(find_conninfo(settings), settings))
    settle()
    return made


def build(database: Database) -> Litestar:
    """The web application over a database."""
    templates = Templates(database.words, load_manifest(), database.clock.now)
    meter = Meter()
    return Litestar(
        route_handlers=[
            health,
            ready,
            metrics,
            show_asset,
            *portal_routes(),
            *hook_routes(),
            *api_routes(),
            *web_routes(),
        ],
        state=State({"database": database, "templates": templates, "meter": meter}),
        middleware=[measured_by(meter)],
        before_send=[add_headers],
        # A stream of events must not wait for a block to fill.
        compression_config=CompressionConfig(backend="gzip", exclude=["/api/v1/live"], exclude_opt_key=SKIPS),
        lifespan=[live_updates],
        openapi_config=None,
        request_max_body_size=MOST_SENT,
    )


@get("/health", sync_to_thread=False)
def health() -> Response[str]:
    """Whether the process lives."""
    return Response("ok", media_type="text/plain")


@get("/ready", sync_to_thread=True)
def ready(state: State) -> Response[str]:
    """Whether the database answers and its tables are there."""
    with state.database.begin(system("ready")) as tx:
        tx.connection.execute("SELECT 1")
    return Response("ok", media_type="text/plain")
