"""A process of its own that reads one mail with limited memory and time: the mail on standard input, JSON out."""

import contextlib
import sys

import msgspec

from entente.kernel.kit.refusal import Refused
from entente.services.mail.reading import read_letter

try:
    import resource
except ImportError:  # Windows has no such limits; the parent's time limit stays
    resource = None  # type: ignore[assignment]

UNREADABLE = 3
MEMORY_BYTES = 1_000_000_000
CPU_SECONDS = 10


def main() -> int:
    """Write what stands in the mail; the exit code says when it cannot be read."""
    _limit_self()
    try:
        letter = read_letter(sys.stdin.buffer.read())
    except (Refused, MemoryError):
        return UNREADABLE
    sys.stdout.buffer.write(msgspec.json.encode(letter))
    return 0


def _limit_self() -> None:
    if resource is None:
        return
    limits = ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_CORE, 0))
    for kind, limit in limits:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))


if __name__ == "__main__":
    sys.exit(main())
