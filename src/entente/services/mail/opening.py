"""Mails of strangers are read by a process with little memory and time: none of them can hold a worker up."""

import subprocess
import sys

import msgspec

from entente.kernel.kit.refusal import Refused
from entente.services.mail.reading import Letter

MOST_BYTES = 30_000_000
CPU_SECONDS = 10
MOST_SECONDS = 20


def open_letter(raw: bytes) -> Letter:
    """The mail that the bytes are; Refused when it takes over 1 GB or 10 s to read, or has parts beyond all measure."""
    if len(raw) > MOST_BYTES:
        raise Refused("mail.unreadable")
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-P", "-s", "-m", "entente.services.mail.reading_process", str(CPU_SECONDS)],
            input=raw,
            capture_output=True,
            timeout=MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refused("mail.unreadable") from None
    if done.returncode != 0:
        raise Refused("mail.unreadable")
    return msgspec.json.decode(done.stdout, type=Letter)
