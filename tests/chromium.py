"""The browser of the tests that need one."""

import os
import shutil

NAMES = ("chromium-headless-shell", "chromium")
# What Playwright turns off itself, for the last such option alone is heard, and the two pages that Chromium prepares
# behind the address bar of every new window, which nobody sees and which cost as much as the page that is tested.
UNWANTED = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "PreloadTopChromeWebUI",
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
)
QUIET = f"--disable-features={','.join(UNWANTED)}"


def chromium() -> str | None:
    """The Chromium that ENTENTE_CHROMIUM names, else the system's, nothing when Playwright's own is to be used."""
    return os.environ.get("ENTENTE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
