"""A list of what one import created, completed or left: its address, its records, what the page says about it."""

from collections.abc import Mapping
from typing import Any, get_args
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from entente.interfaces.html.views.frame import Action, Banner
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import find
from entente.services.transfer.plan import JOB
from entente.services.transfer.traces import Trace, written_by

IMPORT, TRACE = "import", "trace"
TRACES: tuple[Trace, ...] = get_args(Trace)


class Traced(msgspec.Struct, frozen=True):
    """The records of an import that a list is limited to."""

    job: UUID
    trace: Trace
    ids: tuple[UUID, ...]


def records_url(entity: Entity, job: UUID, trace: Trace) -> str:
    """The address of the list of what an import created, completed or left."""
    return f"/{entity.definition.path}?{urlencode({IMPORT: job, TRACE: trace})}"


def traced_by(tx: Tx, asked: Mapping[str, Any]) -> Traced | None:
    """The records of the import that an address names; NotFound when the reader may not see that import."""
    job = parse_id(str(asked.get(IMPORT) or ""))
    trace = next((each for each in TRACES if each == asked.get(TRACE)), TRACES[0])
    return Traced(job, trace, tuple(written_by(tx, job, trace))) if job else None


def trace_banner(tx: Tx, entity: Entity, traced: Traced) -> Banner:
    """What says that a list holds the records of one import alone, with the ways out of it."""
    name = find(tx, JOB, traced.job)["name"]
    back = Action(label=tx.say("import.these.import"), url=f"/imports/{traced.job}", way="go")
    every = Action(label=tx.say("import.these.all"), url=f"/{entity.definition.path}", way="go")
    return Banner(text=tx.say(f"import.these.{traced.trace}", name=name), icon="file-import", actions=(back, every))
