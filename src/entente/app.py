"""The web application put together: modules, services and interfaces over one database."""

import logging
import os
import signal

from litestar import Litestar, Response, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.exceptions import MethodNotAllowedException, NotFoundException

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
from entente.interfaces.web.routes import answer_unknown, web_routes
from entente.kernel.db.connect import find_conninfo
from entente.kernel.db.database import Database
from entente.kernel.jobs.supervise import wait_until_prepared, watch_parent
from entente.kernel.kit.collecting import settle
from entente.kernel.kit.principal import system
from entente.product import all_sources, all_words, open_database
from entente.settings import read_settings

log = logging.getLogger(__name__)


def create() -> Litestar:
    """The web application of the installation that the environment describes; it ends with the process above it.

    When it cannot be made, the reason is logged and both processes end: open connections would keep this one waiting.
    """
    parent = os.getppid()
    watch_parent(parent, lambda: os.kill(os.getpid(), signal.SIGTERM))
    try:
        return _created()
    except Exception:
        log.exception("the web application cannot start")
        os.kill(parent, signal.SIGKILL)
        os._exit(1)


def _created() -> Litestar:
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
        exception_handlers={NotFoundException: answer_unknown, MethodNotAllowedException: answer_unknown},
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
