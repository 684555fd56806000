"""Lists and boards over HTTP: filters, saved views, boards, work on many records, conversion."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from entente import app
from entente.interfaces.html.http.csrf import csrf_token
from entente.interfaces.html.http.session import cookie_name
from entente.kernel.identity.sessions import start_session
from entente.kernel.kit.principal import system
from entente.kernel.records.query import Ask, find, page
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
        return self._client.get(url, params=params or None, headers=self._headers())

    def post(self, url: str, **values: Any) -> Response:
        """The answer to a form; names with dots are written with two underscores."""
        sent = {name.replace("__", "."): value for name, value in values.items()}
        return self._client.post(url, data={**sent, "_csrf_token": self._csrf}, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Cookie": self._cookie, "HX-Request": "true", "Origin": "http://testserver.local"}


@pytest.fixture
def client(world: World) -> Iterator[TestClient[Litestar]]:
    with TestClient(app.build(world.database)) as made:
        yield made


@pytest.fixture
def james(client: TestClient[Litestar], world: World) -> Browser:
    return Browser(client, world, "james")


@pytest.fixture
def stranger(client: TestClient[Litestar], world: World) -> Browser:
    return Browser(client, world, "stranger")


def rows(answer: Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return re.findall(r'<tr id="row-[^"]+".*?class="one-line"[^>]*>([^<]+)<', answer.text, re.S)


def ids(answer: Response) -> list[UUID]:
    return [UUID(each) for each in re.findall(r'<tr id="row-([^"]+)"', answer.text)]


def lead(world: World, login: str = "james", **values: Any) -> UUID:
    return world.has("lead", login, **{"last_name": "Berthier", "company_name": "Lisière", **values})


def conditions(*items: dict[str, Any]) -> str:
    return json.dumps(items)


def test_conditions_of_the_builder_choose_rows(world: World, james: Browser) -> None:
    lead(world, last_name="Ouellet", priority="urgent")
    lead(world, last_name="Sylla", priority="low", company_name="Corvin")
    urgent = {"field": "priority", "op": "in", "value": ["urgent"]}
    corvin = {"field": "company_name", "op": "contains", "value": "corv"}
    assert rows(james.get("/leads", filter=conditions(urgent))) == ["Ouellet"]
    assert rows(james.get("/leads", filter=conditions(urgent, corvin))) == []
    assert sorted(rows(james.get("/leads", filter=conditions({"any": [urgent, corvin]})))) == ["Ouellet", "Sylla"]


def test_relative_days_the_asker_and_chosen_records_are_conditions(world: World, james: Browser) -> None:
    mine = lead(world)
    for condition in (
        {"field": "created_at", "op": "last_days", "value": "7"},
        {"field": "created_at", "op": "period", "value": "today"},
        {"field": "created_at", "op": "on", "value": "2026-11-23"},
        {"field": "owner", "op": "me"},
        {"field": "team", "op": "my_team"},
        {"field": "owner", "op": "in", "value": [{"id": str(world.id_of("james")), "title": "anything"}]},
        {"field": "decision_maker", "op": "no"},
        {"field": "tags", "op": "empty"},
        {"field": "estimated_amount", "op": "empty"},
    ):
        assert ids(james.get("/leads", filter=conditions(condition))) == [mine], condition
    for condition in (
        {"field": "created_at", "op": "before", "value": "2026-11-23"},
        {"field": "owner", "op": "not_in", "value": [{"id": str(world.id_of("james"))}]},
        {"field": "estimated_amount", "op": "between", "value": ["10", ""]},
    ):
        assert ids(james.get("/leads", filter=conditions(condition))) == [], condition


def test_chips_name_chosen_records_as_they_are_called(world: World, james: Browser) -> None:
    chosen = {"field": "owner", "op": "in", "value": [{"id": str(world.id_of("james")), "title": "Someone else"}]}
    answer = james.get("/leads", filter=conditions(chosen)).text
    assert "James James" in answer
    assert "Someone else" not in answer


def test_conditions_that_cannot_be_understood_are_refused(james: Browser) -> None:
    for text in (
        "{",
        conditions({"field": "nothing", "op": "eq"}),
        conditions({"field": "status", "op": "starts_with"}),
    ):
        assert james.get("/leads", filter=text).status_code in (404, 422), text


def test_a_stranger_sees_no_row_and_no_count(world: World, stranger: Browser) -> None:
    lead(world)
    answer = stranger.get("/leads")
    assert ids(answer) == []
    assert "Lisière" not in answer.text


def view_named(world: World, name: str) -> UUID:
    with world.system() as tx:
        return page(tx, Ask(entity="saved_view", filter=f'name = "{name}"')).records[0].id


def test_a_view_is_kept_with_its_conditions_and_columns(world: World, james: Browser) -> None:
    lead(world, last_name="Ouellet", priority="urgent")
    lead(world, last_name="Sylla", priority="low")
    urgent = conditions({"field": "priority", "op": "in", "value": ["urgent"]})
    address = f"/leads/views/new?filter={urgent}&columns=priority,company_name&sort=-company_name,priority"
    assert james.post(address, name="Pressés", visibility="private").status_code == 200
    kept = view_named(world, "Pressés")
    answer = james.get("/leads", view=str(kept))
    assert rows(answer) == ["Ouellet"]
    assert re.findall(r'data-edit="/leads/[^"]*/cell/(\w+)"', answer.text) == ["priority", "company_name"]
    james.post(f"/leads/views/{kept}?columns=source", kind="list")
    assert re.findall(r'data-edit="/leads/[^"]*/cell/(\w+)"', james.get("/leads", view=str(kept)).text) == ["source"]


def test_views_are_shared_as_far_as_one_may(world: World, client: TestClient[Litestar], james: Browser) -> None:
    colleague, outsider = Browser(client, world, "bastien"), Browser(client, world, "nadia")
    james.post("/leads/views/new", name="Pour nous", visibility="team")
    james.post("/leads/views/new", name="Pour moi", visibility="private")
    assert "Pour nous" in colleague.get("/leads").text
    assert "Pour moi" not in colleague.get("/leads").text
    assert "Pour nous" not in outsider.get("/leads").text
    assert james.post("/leads/views/new", name="Pour tous", visibility="everyone").status_code == 422
    shared = view_named(world, "Pour nous")
    assert colleague.post(f"/leads/views/{shared}/delete").status_code in (403, 404)
    assert james.post(f"/leads/views/{shared}/delete").status_code == 200
    assert "Pour nous" not in colleague.get("/leads").text


def test_the_view_that_is_to_open_first_does(world: World, james: Browser) -> None:
    lead(world, last_name="Ouellet", priority="urgent")
    lead(world, last_name="Sylla", priority="low")
    low = conditions({"field": "priority", "op": "in", "value": ["low"]})
    james.post(f"/leads/views/new?filter={low}", name="Calmes", visibility="private", is_first="1")
    assert rows(james.get("/leads")) == ["Sylla"]
    james.post("/leads/views/new?view=all", name="Autre", visibility="private", is_first="1")
    assert len(rows(james.get("/leads"))) == 2
