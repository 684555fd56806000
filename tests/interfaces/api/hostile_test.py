"""Whatever is sent, the answer is an answer: never a fault of ours."""

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.exceptions import WebSocketDisconnect
from litestar.testing import TestClient

from entente.interfaces.api import serve
from tests.interfaces.api.conftest import Ask

BOUNDED = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
OPTIONS = ("filter", "orderby", "select", "expand", "search", "skiptoken", "apply", "top", "skip", "count")
WORDS = st.sampled_from(
    ["name", "owner", "owner_id", "tags", "status", "emails", "estimated_amount", "created_at", "address", "regarding",
     "eq", "and", "or", "not", "in", "(", ")", "'", "'x'", "/", ",", "null", "true", "1", "-1", "1e999", "2026-13-45",
     "2026-11-23", "2026-11-23T10:00:00Z", "contains(", "any(", "x:", "asc", "desc", "$count", "as n", "with sum",
     "aggregate(", "groupby((", "filter(", "\x00", "é", "%", "_", "\\", "99999999999999999999999", ";", "=", "$select="]
)  # fmt: skip
TEXTS = st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=40)
JSONS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20) | st.just("\x00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    "last_name", "emails", "phones", "address", "status", "estimated_amount", "employees", "do_not_call", "owner_id",
    "tag_ids", "tags", "website", "recycle_on", "probability", "description", "language",
)  # fmt: skip


@BOUNDED
@given(options=st.dictionaries(st.sampled_from(OPTIONS), TEXTS, min_size=1, max_size=3))
def test_any_options_get_an_answer(nadia: Ask, options: dict[str, str]) -> None:
    clean = {f"${name}": value.encode("utf-8", "ignore").decode() for name, value in options.items()}
    answer = nadia("GET", "/leads", params=clean)
    assert answer.status_code in (200, 400, 422), (clean, answer.text)


@BOUNDED
@given(body=st.dictionaries(st.sampled_from(FIELDS), JSONS, max_size=4))
def test_any_body_gets_an_answer(nadia: Ask, body: dict[str, Any]) -> None:
    answer = nadia("POST", "/leads", content=msgspec.json.encode(body), headers={"Content-Type": "application/json"})
    assert answer.status_code in (201, 400, 403, 422), (body, answer.text)


@BOUNDED
@given(values=st.lists(JSONS, max_size=3))
def test_any_cursor_gets_an_answer(nadia: Ask, values: list[Any]) -> None:
    cursor = base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")
    for order in ("", "&$orderby=employees", "&$orderby=name desc,created_at"):
        answer = nadia("GET", f"/leads?$skiptoken={cursor}{order}")
        assert answer.status_code in (200, 400, 422), (values, answer.text)


@pytest.mark.parametrize(
    "text",
    ["(" * 2000, "not " * 900 + "true", "name eq '" + "a" * 3900 + "'", "1 eq 1 " + "and 1 eq 1 " * 300,
     "owner/" * 400 + "name eq 'x'", "employees eq 9" + "9" * 300, "created_at gt 0001-01-01T00:00:00Z"],
)  # fmt: skip
def test_filters_that_would_exhaust_us_are_answered(nadia: Ask, text: str) -> None:
    assert nadia("GET", "/leads", params={"$filter": text}).status_code in (200, 400, 422)


@pytest.mark.parametrize(
    "path",
    [
        "/leads/x",
        "/leads/%00",
        "/leads/0199aaaa-0000-7000-8000-000000000001/%00",
        "/%00",
        "/leads/..%2f..%2fme",
        "/undo/x",
    ],
)
def test_odd_addresses_are_nowhere(nadia: Ask, path: str) -> None:
    assert nadia("GET", path).status_code in (404, 405)
    assert nadia("POST", path, {}).status_code in (404, 405)


def test_a_body_is_given_up_when_it_grows_too_large(nadia: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "LARGEST_BODY", 1000)
    announced = nadia("POST", "/leads", content=b" " * 1001)
    unannounced = nadia("POST", "/leads", content=iter([b" " * 600, b" " * 600]))
    assert [answer.status_code for answer in (announced, unannounced)] == [413, 413]
    assert {answer.json()["code"] for answer in (announced, unannounced)} == {"http.too_large"}
    assert nadia("POST", "/leads", json={"last_name": "Small"}).status_code == 201


def test_the_api_talks_no_websocket(client: TestClient[Litestar]) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/api/v1/leads") as socket:
        socket.receive_text()


def test_methods_that_nobody_answers_are_refused_with_those_that_are(nadia: Ask) -> None:
    for method in ("PUT", "OPTIONS"):
        answer = nadia(method, "/leads")
        assert answer.status_code == 405
        assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
