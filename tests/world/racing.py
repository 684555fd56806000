"""Deeds of several people at the same moment, in threads."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from entente.kernel.kit.refusal import Refused


def together(*deeds: Callable[[], object]) -> list[object]:
    """What each deed gave, or the refusal that it met, all begun at the same moment."""
    barrier = threading.Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return deed()
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def one_won(found: list[object]) -> Refused:
    """The refusal of the one who lost; exactly one did."""
    lost = [each for each in found if isinstance(each, Refused)]
    assert len(lost) == len(found) - 1, found
    return lost[0]
