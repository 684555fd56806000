"""What was done to processes and decision tables as the journal keeps it: versions, deployments, rights, retention."""

from entente.kernel.db.tx import Tx, engine_row
from entente.kernel.records.journal import Changes
from entente.services.stream.noting import PROCESS, Thing, note

_NAME = "SELECT name, version FROM {schema}.process_definition WHERE key = %(key)s ORDER BY version DESC LIMIT 1"


def note_process(tx: Tx, key: str, deed: str, changes: Changes, version: int = 0) -> None:
    """Write down what was done to a process; with the empty key, to all that say nothing themselves."""
    found = engine_row(tx, _NAME, key=key)
    title, newest = (found["name"], found["version"]) if found else (key, 1)
    note(tx, Thing(PROCESS, key, title), deed, changes, version or newest)
