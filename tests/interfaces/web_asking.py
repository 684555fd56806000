"""A person at the screen for tests of pages: what he asks, what he sends, what he is shown."""

import json
import re
from typing import Any
from uuid import UUID

from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from entente.interfaces.html.http.csrf import csrf_token
from entente.interfaces.html.http.session import cookie_name
from entente.kernel.identity.sessions import start_session
from entente.kernel.kit.principal import system
from tests.world.cast import World


class Browser:
    """A person at the screen: asks for pages and sends forms as htmx does."""

    def __init__(self, client: TestClient[Litestar], world: World, login: str) -> None:
        database = world.database
        with database.begin(system("test")) as tx:
            token = start_session(tx, world.id_of(login), peer="127.0.0.1", agent="test")
        self._client = client
        self._csrf = csrf_token(token)
        self._cookie = f"{cookie_name(database.settings)}={database.settings.organisation}.{token}"

    def get(self, url: str, **params: Any) -> Response:
        """A part of a page."""
        return _told_once(self._client.get(url, params=params or None, headers=self._headers()))

    def post(self, url: str, **values: Any) -> Response:
        """The answer to a form; names with dots are written with two underscores."""
        sent = {name.replace("__", "."): value for name, value in values.items()}
        answer = self._client.post(url, data={**sent, "_csrf_token": self._csrf}, headers=self._headers())
        return _told_once(answer)

    def _headers(self) -> dict[str, str]:
        return {"Cookie": self._cookie, "HX-Request": "true", "Origin": "http://testserver.local"}


def _told_once(answer: Response) -> Response:
    """The answer, whose type says once how its text is written."""
    assert answer.headers.get("content-type", "").count("charset") <= 1, answer.headers
    return answer


def rows(answer: Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return re.findall(r'<tr id="row-[^"]+".*?class="one-line"[^>]*>([^<]+)<', answer.text, re.S)


def ids(answer: Response) -> list[UUID]:
    return [UUID(each) for each in re.findall(r'<tr id="row-([^"]+)"', answer.text)]


def lead(world: World, login: str = "james", **values: Any) -> UUID:
    return world.has("lead", login, **{"last_name": "Berthier", "company_name": "Lisière", **values})


def conditions(*items: dict[str, Any]) -> str:
    return json.dumps(items)


def undo_of(answer: Response) -> str:
    found = re.search(r'hx-post="(/undo/[^"]+)"', answer.text)
    assert found, answer.text
    return found[1]
