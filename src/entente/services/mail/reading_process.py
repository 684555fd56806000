"""A process of its own that reads one mail with limited memory and time: the mail on standard input, JSON out.

How many seconds of the processor it may take is its argument.
"""

import sys

import msgspec

from entente.kernel.kit.confined import confine
from entente.kernel.kit.refusal import Refused
from entente.services.mail.reading import read_letter

UNREADABLE = 3
MEMORY_BYTES = 1_000_000_000


def main() -> int:
    """Write what stands in the mail; the exit code says when it cannot be read."""
    confine(MEMORY_BYTES, int(sys.argv[1]))
    try:
        letter = read_letter(sys.stdin.buffer.read())
    except (Refused, MemoryError):
        return UNREADABLE
    sys.stdout.buffer.write(msgspec.json.encode(letter))
    return 0


if __name__ == "__main__":
    sys.exit(main())
