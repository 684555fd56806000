"""A real browser before the served product; errors in the console and violations of the policy fail the test."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from tests.journeys.served import served

from entente.kernel.db.database import Database

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
VIOLATIONS = (
    "addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective}`))"
)
SLOW = 30_000  # milliseconds that a step may take on a busy machine


@pytest.fixture
def site(database: Database) -> Iterator[str]:
    """The address of the product, served over a database of the test's own."""
    with served(database) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, or the one that ENTENTE_CHROMIUM names."""
    path = os.environ.get("ENTENTE_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path or None, args=FLAGS)
        yield made
        made.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser in French with no past."""
    made = browser.new_context(locale="fr-FR", viewport={"width": 1280, "height": 900})
    made.set_default_timeout(SLOW)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that must stay free of errors."""
    faults: list[str] = []
    yield watched(context.new_page(), faults)
    assert faults == []


def watched(page: Page, faults: list[str]) -> Page:
    """The page, its errors kept in a list; refused answers of the server (4xx) are no errors of the page."""

    def keep(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(message.text)

    page.add_init_script(VIOLATIONS)
    page.on("console", keep)
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    return page
