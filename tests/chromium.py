"""The browser of the tests that need one."""

import os
import shutil

NAMES = ("chromium-headless-shell", "chromium")


def chromium() -> str | None:
    """The Chromium that ENTENTE_CHROMIUM names, else the system's, nothing when Playwright's own is to be used."""
    return os.environ.get("ENTENTE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
