"""Identifiers that sort by creation time."""

import os
import time
from uuid import UUID

_LOW = (1 << 62) - 1


def new_id() -> UUID:
    """A fresh UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, then random bits."""
    stamp = time.time_ns() // 1_000_000
    chance = int.from_bytes(os.urandom(10))
    return UUID(int=stamp << 80 | 0x7 << 76 | chance >> 68 << 64 | 0x2 << 62 | chance & _LOW)


def parse_id(text: object) -> UUID | None:
    """The UUID that a text spells, or nothing when it spells none."""
    if isinstance(text, UUID):
        return text
    try:
        return UUID(str(text))
    except ValueError:
        return None
