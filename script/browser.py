"""The browser of the journeys: the system's Chromium, else Debian's package, else Playwright's own download."""

from __future__ import annotations

import os
import shutil
import subprocess

from environment import VENV, apt_install, apt_knows, apt_try, as_root_on_debian, environment, say

VARIABLE = "ENTENTE_CHROMIUM"
# The same engine without what a window needs takes less than half of the processor, and is the smaller package.
WITHOUT_WINDOW = "chromium-headless-shell"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ON_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def find_browser(*, window: bool = False) -> str | None:
    """Return the path of a Chromium, an empty path when Playwright has its own, and None when there is no browser.

    One that can show a window is wanted when somebody is to look on.
    """
    if not window:
        _bring_the_lighter_one()
    found = _installed(window)
    if found is None and as_root_on_debian():
        say("Installing Debian’s Chromium")
        apt_install("chromium" if window or not apt_knows(WITHOUT_WINDOW) else WITHOUT_WINDOW)
        found = _installed(window)
    if found is None:
        say("Downloading Playwright’s Chromium")
        download = subprocess.run([VENV / "bin/playwright", "install", "chromium"], env=environment(), check=False)
        found = "" if download.returncode == 0 else None
    return found


def _bring_the_lighter_one() -> None:
    """Install it beside one with windows too, unless a browser was named; where it cannot be had, the other serves."""
    named = os.environ.get(VARIABLE) or shutil.which(WITHOUT_WINDOW)
    if not named and _installed(window=False) and as_root_on_debian():
        say("Installing Debian’s Chromium without windows")
        apt_try(WITHOUT_WINDOW)


def _installed(window: bool) -> str | None:
    names = NAMES if window else (WITHOUT_WINDOW, *NAMES)
    candidates = (os.environ.get(VARIABLE), *map(shutil.which, names), *ON_MACOS)
    return next((path for path in candidates if path and _runs(path)), None)


def _runs(path: str) -> bool:
    # Ubuntu's chromium-browser is a stub that only asks for a snap.
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
