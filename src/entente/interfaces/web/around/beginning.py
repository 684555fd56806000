"""Where a process is started from: its dialog, the page of all that one may start, the palette."""

from entente.kernel.db.tx import Tx
from entente.kernel.kit.normal import fold
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import titles
from entente.services.processes.definitions import Definition
from entente.services.processes.startable import startable

START = "/processes/start"


def start_url(made: Definition) -> str:
    """The dialog that starts a process."""
    return f"/processes/{made.id}/start"


def palette_starts(tx: Tx, words: str, on: Ref | None = None) -> list[tuple[str, str]]:
    """The label and the dialog of each process that one may start and that the words name, on the record one is at."""
    wanted = fold(words).split()
    title = titles(tx, on.entity, [on.id]).get(on.id, "") if on else ""
    asked = f"?record={on.entity}:{on.id}" if on and title else ""
    key = "processes.start_on" if asked else "processes.start_title"
    found = [(tx.say(key, name=each.name, title=title), f"{start_url(each)}{asked}") for each in startable(tx)]
    return [(label, url) for label, url in found if all(word in fold(label) for word in wanted)]
