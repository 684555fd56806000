"""Windows side by side on the screen in front of which somebody sits."""

from playwright.sync_api import Browser, BrowserType, Page
from tests.journeys.conftest import FLAGS

COLUMNS = ROWS = 2
# Half as large as usual: a quarter of a screen then shows a page as a whole window does.
SHRUNK = 0.5


class Screen:
    """A browser whose windows lie beside each other, four on a screen, the fifth over the first."""

    def __init__(self, chromium: BrowserType, path: str | None, slow_mo: int) -> None:
        with chromium.launch(executable_path=path, args=FLAGS, headless=False) as looking:
            density = looking.new_page(no_viewport=True).evaluate("devicePixelRatio")
        flags = [*FLAGS, f"--force-device-scale-factor={density * SHRUNK}"]
        self.browser: Browser = chromium.launch(executable_path=path, args=flags, headless=False, slow_mo=slow_mo)
        self._windows = 0

    def place(self, page: Page) -> None:
        """Put the window of a page where the next one belongs."""
        width, height = page.evaluate("[screen.availWidth, screen.availHeight]")
        row, column = divmod(self._windows % (COLUMNS * ROWS), COLUMNS)
        self._windows += 1
        session = page.context.new_cdp_session(page)
        window = session.send("Browser.getWindowForTarget")["windowId"]
        wide, high = width // COLUMNS, height // ROWS
        bounds = {"left": column * wide, "top": row * high, "width": wide, "height": high}
        session.send("Browser.setWindowBounds", {"windowId": window, "bounds": bounds})
        session.detach()
