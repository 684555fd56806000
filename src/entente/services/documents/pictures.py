"""Pictures are drawn anew by a process with little memory and time: what is kept holds pixels and nothing else."""

import subprocess
import sys

from entente.kernel.kit.refusal import Refused

REDRAWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
MOST_SECONDS = 30
# What the process answers with besides a picture; it imports them from here, so that nobody else loads what decodes.
TOO_LARGE = 3
BROKEN = 4


def redrawn(data: bytes, mime: str) -> bytes:
    """The picture drawn anew in its own format, upright and without metadata; other files as they are.

    Refused when it is broken or has more than 50 million pixels.
    """
    if mime not in REDRAWN:
        return data
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no shell
            [sys.executable, "-I", "-m", "entente.services.documents.picture_process", mime],
            input=data,
            capture_output=True,
            timeout=MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refused("file.picture_too_large") from None
    if done.returncode == TOO_LARGE:
        raise Refused("file.picture_too_large")
    if done.returncode in (BROKEN, *range(-64, 0)) or not done.stdout:
        raise Refused("file.broken_picture")
    return done.stdout
