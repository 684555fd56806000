"""A worker in a process of its own, for tests that kill it."""

import signal
import sys
import threading
from pathlib import Path

from tests.kernel.installation import open_installation
from tests.kernel.jobs import examples

from entente.kernel.jobs.queue import jobs_in
from entente.kernel.jobs.worker import run_worker

stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())
run_worker(open_installation(sys.argv[1], Path(sys.argv[2])), jobs_in([examples]), [], stopping)
