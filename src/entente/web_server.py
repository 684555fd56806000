"""The web server’s own process: it starts the one that answers, again when that dies, and holds nothing else."""

import os
import signal

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from entente.kernel.jobs.supervise import supervisor, watch_parent
from entente.kernel.kit.collecting import postpone
from entente.settings import Settings, read_settings


def run(settings: Settings) -> None:
    """Serve until told to stop."""
    parent = supervisor()
    if parent is not None:
        watch_parent(parent, lambda: os.kill(os.getpid(), signal.SIGTERM))
    postpone()
    Granian(
        "entente.app:create",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=1,
        respawn_failed_workers=True,
        workers_kill_timeout=20,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    run(read_settings())
