"""How long instances stay among the others after they ended: for the installation, and for a process of its own."""

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.refusal import Refused
from entente.services.processes.definitions import latest
from entente.services.processes.noted import note_process
from entente.services.processes.rights import require_level, require_right

EVERY = ""  # what stands for all processes that say nothing themselves
USUAL = 180
LONGEST = 36_500


def retention(tx: Tx) -> dict[str, int]:
    """The days by key of a process, under the empty key those of all others."""
    found = engine_rows(tx, "SELECT process, days FROM {schema}.process_retention ORDER BY process")
    return {EVERY: USUAL, **{row["process"]: row["days"] for row in found}}


def put_retention(tx: Tx, process: str, days: int | None) -> None:
    """Keep instances of a process, or with the empty key of all others, for so many days; nothing: as usual.

    Forbidden unless the principal looks after the process, or all of them; Refused for an unknown process or a number
    that is not between 1 and 36,500.
    """
    if process == EVERY:
        require_right(tx)
    else:
        require_level(tx, process, "admin")
        if latest(tx, process) is None:
            raise Refused("process.unknown", field="process")
    if days is not None and not 1 <= days <= LONGEST:
        raise Refused("process.retention_days", field="days", count=LONGEST)
    known = retention(tx).get(process)
    engine_rows(tx, "DELETE FROM {schema}.process_retention WHERE process = %(process)s", process=process)
    if days is not None:
        engine_rows(
            tx, "INSERT INTO {schema}.process_retention VALUES (%(process)s, %(days)s)", process=process, days=days
        )
    kept = retention(tx).get(process)
    if kept != known:
        note_process(tx, process, "retention", {"days": (known, kept)})
