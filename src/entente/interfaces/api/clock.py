"""The clock of an installation that is tested: set from this machine, followed by web and worker alike."""

from datetime import datetime
from ipaddress import ip_address
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.params import RawBody

from entente.interfaces.html.http.door import database_of
from entente.interfaces.html.http.peer import peer_of
from entente.interfaces.html.http.refusals import Unacceptable
from entente.kernel.db.database import Database
from entente.kernel.db.tx import new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.jobs.schedule import bring_forward
from entente.kernel.kit.clock import FileClock
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import NotFound, Refused
from entente.services.processes.waking import wake_due
from entente.services.worklist.escalating import escalate_due

JSON = "application/json"


class Setting(msgspec.Struct, forbid_unknown_fields=True):
    """The moment at which the clock is to stand; nothing lets it go again."""

    now: datetime | None = None


@post("/test/clock", sync_to_thread=True, include_in_schema=False, status_code=200)
def set_clock(request: Request[Any, Any, Any], body: RawBody) -> Response[bytes]:
    """What time it is after the clock was set, everything due by then done; NotFound but for tests on this machine."""
    database = database_of(request)
    clock = database.clock
    if not isinstance(clock, FileClock) or not _is_here(request, database):
        raise NotFound("not_found")
    clock.put(_moment(request.headers.get("content-type", JSON), body))
    bring_forward(database)
    for organisation in database.organisations():
        run = Run(database, organisation, system("clock"), new_cause("job", "clock"))
        wake_due(run)
        escalate_due(run)
    return Response(msgspec.json.encode({"now": clock.now()}), media_type=JSON)


def _is_here(request: Request[Any, Any, Any], database: Database) -> bool:
    try:
        return ip_address(peer_of(request, database.settings.trusted_proxies)).is_loopback
    except ValueError:
        return False


def _moment(media: str, body: bytes) -> datetime | None:
    if media.partition(";")[0].strip().lower() != JSON:
        raise Unacceptable("http.media_type")
    try:
        found = msgspec.json.decode(body or b"{}", type=Setting).now
    except msgspec.ValidationError:
        raise Refused("field.not_understood", field="now") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused("api.not_json") from None
    if found is not None and found.tzinfo is None:
        raise Refused("field.not_understood", field="now")
    return found
