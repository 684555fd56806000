"""A film of several browsers side by side: pictures with their moments, and a page that plays them in any browser."""

import base64
import json
import shutil
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

PLAYER = Path(__file__).with_name("film.html")
PICTURES = {"format": "jpeg", "quality": 70, "everyNthFrame": 1}


class Film:
    """What every watched page shows from now on, until `finish`."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.folder = folder
        self._windows: list[dict[str, Any]] = []
        self._told: list[tuple[float, str]] = []

    def watch(self, page: Page, title: str) -> None:
        """Take a picture whenever the page looks different."""
        number = len(self._windows)
        frames: list[Any] = []
        self._windows.append({"title": title, "frames": frames})
        line = page.context.new_cdp_session(page)

        def keep(shown: dict[str, Any]) -> None:
            name = f"{number}-{len(frames)}.jpg"
            (self.folder / name).write_bytes(base64.b64decode(shown["data"]))
            frames.append((shown["metadata"]["timestamp"], name))
            line.send("Page.screencastFrameAck", {"sessionId": shown["sessionId"]})

        line.on("Page.screencastFrame", keep)
        line.send("Page.startScreencast", PICTURES)

    def tell(self, text: str) -> None:
        """Put a line under the pictures from this moment on."""
        self._told.append((time.time(), text))

    def finish(self, language: str) -> Path:
        """The page that plays the film."""
        reel = json.dumps({"windows": self._windows, "told": self._told, "end": time.time()}).replace("</", "<\\/")
        page = self.folder / "index.html"
        text = PLAYER.read_text(encoding="utf-8").replace("LANGUAGE", language).replace("REEL", reel)
        page.write_text(text, encoding="utf-8")
        return page
