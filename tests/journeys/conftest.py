"""A real browser before the served product; errors in the console and violations of the policy fail the test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from tests.chromium import QUIET, chromium
from tests.conftest import copied
from tests.journeys.office import Office, open_office
from tests.journeys.served import at_work, served

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
    QUIET,
]
VIOLATIONS = (
    "addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective}`))"
)
# Islands whose script has not arrived, and a rich text whose editor is not open yet.
# Parts far below the screen wake when they come near it.
AWAKE = """() => [...document.querySelectorAll(":not(:defined), x-rich-text:not(:has(> .rich-text))")].every((part) => {
  const { width, top } = part.getBoundingClientRect();
  return width > 0 && top > innerHeight + 200;
})"""
SLOW = 20_000  # milliseconds that a step may take on a busy machine


@pytest.fixture
def site(database: Database) -> Iterator[str]:
    """The address of the product, served over a database of the test's own."""
    with served(database) as address:
        yield address


@pytest.fixture(scope="module")
def office(admin_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The product and its worker over a database that the tests of one file share, its people speaking French."""
    data: Path = tmp_path_factory.mktemp("office")
    with copied(admin_dsn, template, data) as database:
        open_office(database)
        with served(database) as address, at_work(database):
            yield Office(database, address)


@pytest.fixture
def sits(browser: Browser, office: Office) -> Iterator[Callable[..., Page]]:
    """Puts someone before a browser of his own, signed in; no browser may show an error."""
    faults: list[str] = []
    contexts: list[BrowserContext] = []

    def take_seat(login: str, path: str = "/") -> Page:
        context = browser.new_context(locale="fr-FR", viewport={"width": 1280, "height": 900})
        context.set_default_timeout(SLOW)
        contexts.append(context)
        if login:
            context.add_cookies([office.session(login)])
        page = watched(context.new_page(), faults)
        if not login:
            page.goto(office.address + path)
            return page
        # What happens from now on is heard.
        with page.expect_response(lambda answer: "/api/v1/live" in answer.url):
            page.goto(office.address + path)
        # What is clicked or typed from now on is understood.
        page.wait_for_function(AWAKE)
        return page

    yield take_seat
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, or the one that ENTENTE_CHROMIUM names."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=SLOW)
        made = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
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
