"""Where a process is started from: its dialog, the page of all that one may start, the palette."""

from entente.kernel.db.tx import Tx
from entente.kernel.kit.normal import fold
from entente.services.processes.definitions import Definition
from entente.services.processes.startable import startable

START = "/processes/start"


def start_url(made: Definition) -> str:
    """The dialog that starts a process."""
    return f"/processes/{made.id}/start"


def palette_starts(tx: Tx, words: str) -> list[tuple[str, str]]:
    """The label and the dialog of each process that one may start and that the words name."""
    wanted = fold(words).split()
    found = [(tx.say("processes.start_title", name=each.name), start_url(each)) for each in startable(tx)]
    return [(label, url) for label, url in found if all(word in fold(label) for word in wanted)]
