"""The worker’s own process: every job and every follower of changes, run until it is told to stop."""

import logging
import sys

from entente.kernel.db.connect import find_conninfo
from entente.kernel.identity import upkeep as identity_upkeep
from entente.kernel.jobs import upkeep as jobs_upkeep
from entente.kernel.jobs.followers import Follower
from entente.kernel.jobs.follows import followers_of
from entente.kernel.jobs.queue import JobDef, jobs_in
from entente.kernel.jobs.supervise import supervisor, watch_parent
from entente.kernel.jobs.worker import run_worker
from entente.kernel.kit.collecting import settle
from entente.kernel.kit.refusal import Refused
from entente.kernel.records import upkeep as records_upkeep
from entente.modules.base.task_mail import TELLER
from entente.product import MODULES, all_sources, all_words, open_database
from entente.services.automation import log as automation_log
from entente.services.automation import timed
from entente.services.automation.assignment import assign_created
from entente.services.automation.changes import AUTOMATIONS
from entente.services.connect import answers, batches, left, webhooks
from entente.services.connect.live import publish_live
from entente.services.forms import limits
from entente.services.mail import digest, sending
from entente.services.mail.notices import notifier
from entente.services.processes import archiving, running, waking
from entente.services.transfer import check_jobs, import_jobs
from entente.services.worklist import escalating
from entente.services.worklist.called import tasks_in_words
from entente.serving import spoken_language, stop_signals
from entente.settings import read_settings

log = logging.getLogger(__name__)


def all_jobs() -> tuple[JobDef, ...]:
    """Every job that a worker can run."""
    engine = (jobs_upkeep, identity_upkeep, records_upkeep)
    services = (sending, digest, limits, check_jobs, import_jobs, answers, batches, left)
    rules = (timed, automation_log, webhooks, escalating, running, waking, archiving)
    return (*jobs_in((*engine, *services, *rules)), *(made for module in MODULES for made in module.jobs))


def engine_followers() -> tuple[Follower, ...]:
    """The parts of the engine that are told of every change, in the order in which they are told."""
    own = (
        Follower("assignment", assign_created),
        Follower("live", publish_live),
        TELLER,
        notifier(tasks_in_words),
        waking.CONDITIONS,
    )
    return (*own, AUTOMATIONS)


def all_followers() -> tuple[Follower, ...]:
    """Everyone who is told of changes: the engine first, then the code of the modules."""
    return (*engine_followers(), *followers_of(all_sources().behaviours))


def main() -> int:
    """The exit status of working until told to stop: 0, or 1 when there is no database to work on."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stopping = stop_signals()
    parent = supervisor()
    if parent is not None:
        watch_parent(parent, stopping.set)
    settings = read_settings()
    try:
        database = open_database(find_conninfo(settings), settings)
    except Refused as refused:
        log.error(all_words().say(spoken_language(), refused.code, **refused.values))
        return 1
    try:
        settle()
        run_worker(database, all_jobs(), all_followers(), stopping)
    finally:
        database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
