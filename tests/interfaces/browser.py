"""Somebody at a browser: requests that carry a session and its token, and what they leave behind."""

from typing import Any

from litestar import Litestar
from litestar.testing import TestClient

from entente.interfaces.html.http.csrf import csrf_token
from entente.interfaces.html.http.session import PLAIN
from entente.kernel.identity.sessions import start_session
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from tests.world.cast import World

Client = TestClient[Litestar]


class Browser:
    """Someone signed in, whose requests carry the session and its token."""

    def __init__(self, client: Client, world: World, login: str) -> None:
        self.client = client
        with world.system() as tx:
            token = start_session(tx, world.id_of(login), peer="127.0.0.1", agent="test")
        self.cookies = {PLAIN: f"main.{token}"}
        self.csrf = csrf_token(token)

    def get(self, url: str, **headers: str) -> Any:
        """The answer to a request for a page."""
        return self._ask("GET", url, headers=headers)

    def post(self, url: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        """The answer to a form that was sent by a page's script."""
        headers = {"x-csrftoken": self.csrf, "hx-request": "true", **more.pop("headers", {})}
        return self._ask("POST", url, data=data or {}, headers=headers, **more)

    def send(self, url: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        """The answer to a plain form."""
        return self._ask("POST", url, data={"_csrf_token": self.csrf, **(data or {})}, **more)

    def _ask(self, method: str, url: str, **more: Any) -> Any:
        self.client.cookies.clear()
        cookie = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers = {**cookie, **more.pop("headers", {})}
        return self.client.request(method, url, headers=headers, follow_redirects=False, **more)


def found(world: World, entity: str, filter: str = "") -> list[Record]:
    with world.system() as tx:
        return page(tx, Ask(entity=entity, filter=filter)).records
