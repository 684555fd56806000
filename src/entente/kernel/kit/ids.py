"""Identifiers that sort by creation time."""

import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """A fresh UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, then random bits."""
    stamp = time.time_ns() // 1_000_000
    value = (stamp & ((1 << 48) - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)


def parse_id(text: object) -> UUID | None:
    """The UUID that a text spells, or nothing when it spells none."""
    if isinstance(text, UUID):
        return text
    try:
        return UUID(str(text))
    except ValueError:
        return None
