"""Who gets in: tokens, sessions with their CSRF token, two organisations; and what every answer carries."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import RequestFactory, TestClient

from entente.interfaces.api import collections
from entente.interfaces.html.http.csrf import csrf_token
from entente.interfaces.html.http.headers import page_policy
from entente.interfaces.html.http.peer import peer_of
from entente.kernel.db.database import Database
from entente.kernel.db.migrate import create_organisation
from entente.kernel.db.tx import Tx
from entente.kernel.identity.sessions import sign_out, start_session
from entente.kernel.identity.tokens import create_token, revoke_token, tokens_of
from entente.kernel.kit.principal import system
from entente.kernel.records.save import save
from tests.interfaces.api.conftest import Ask, token_of
from tests.world.cast import World

Client = TestClient[Litestar]


@pytest.fixture
def session(world: World, client: Client) -> Iterator[str]:
    with world.system() as tx:
        token = start_session(tx, world.id_of("nadia"), peer="127.0.0.1", agent="test")
    client.cookies.set("entente_session", f"main.{token}")
    yield token
    client.cookies.clear()


def test_nobody_gets_in_without_proof(client: Client) -> None:
    for path in (
        "/api/v1",
        "/api/v1/leads",
        "/api/openapi.json",
        "/api/v1/$metadata",
        "/api/v1/live",
        "/api/v1/nowhere",
    ):
        answer = client.get(path)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"].startswith("application/problem+json")


def test_session_may_read_but_writes_only_from_our_pages(client: Client, session: str) -> None:
    assert client.get("/api/v1/me").json()["login"] == "nadia"
    body = {"last_name": "Cookie"}
    token = {"X-CSRFToken": csrf_token(session)}
    assert client.post("/api/v1/leads", json=body).status_code == 403
    assert client.post("/api/v1/leads", json=body, headers={"X-CSRFToken": "0" * 64}).status_code == 403
    assert client.post("/api/v1/leads", json=body, headers=token | {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/api/v1/leads", json=body, headers=token).status_code == 201


def test_the_token_of_our_pages_never_looks_the_same(client: Client, session: str) -> None:
    shown = {csrf_token(session) for _ in range(20)}
    assert len(shown) == 20
    assert len({each[64:] for each in shown}) == 20
    for given in (*list(shown)[:3],):
        answer = client.post("/api/v1/leads", json={"last_name": "Cookie"}, headers={"X-CSRFToken": given})
        assert answer.status_code == 201
    for wrong in ("", "zz", csrf_token("another"), csrf_token(session)[:-2]):
        answer = client.post("/api/v1/leads", json={"last_name": "Cookie"}, headers={"X-CSRFToken": wrong})
        assert answer.status_code == 403, wrong


def test_ended_session_is_worth_nothing(client: Client, session: str, world: World) -> None:
    with world.system() as tx:
        sign_out(tx, session)
    assert client.get("/api/v1/me").status_code == 401


def test_revoked_token_and_disabled_user_are_out_at_once(client: Client, world: World) -> None:
    bearer = {"Authorization": f"Bearer {token_of(world, 'bastien')}"}
    assert client.get("/api/v1/me", headers=bearer).status_code == 200
    with world.system() as tx:
        for token in tokens_of(tx, world.id_of("bastien")):
            revoke_token(tx, world.id_of("bastien"), token.id)
    assert client.get("/api/v1/me", headers=bearer).status_code == 401
    other = {"Authorization": f"Bearer {token_of(world, 'bastien')}"}
    with world.system() as tx:
        save(tx, "user", {"active": False}, id=world.id_of("bastien"), trusted=True)
    assert client.get("/api/v1/me", headers=other).status_code == 401


def test_guessed_tokens_are_slowed_down(client: Client) -> None:
    statuses = [
        client.get("/api/v1/me", headers={"Authorization": f"Bearer ent_main_{number:043}"}) for number in range(52)
    ]
    assert statuses[0].status_code == 401
    assert statuses[-1].status_code == 429
    assert int(statuses[-1].headers["retry-after"]) > 0


@pytest.fixture(scope="module")
def outsider(database: Database) -> str:
    create_organisation(database, "other", "Other Ltd")
    with database.begin(system("test"), organisation="other") as tx:
        role = save(tx, "role", {"key": "boss", "name": "Boss", "administrator": True}, trusted=True)
        values = {"login": "outsider", "last_name": "Outsider", "language": "en", "roles": [str(role.id)]}
        return create_token(tx, save(tx, "user", values, trusted=True).id, "test", 1)


def test_organisations_never_cross(client: Client, admin: Ask, nadia: Ask, outsider: str) -> None:
    ours = nadia("POST", "/leads", {"last_name": "Ours"}).json()
    bearer = {"Authorization": f"Bearer {outsider}"}
    me = client.get("/api/v1/me", headers=bearer).json()
    assert (me["organisation"], me["administrator"]) == ("other", True)
    assert client.get(f"/api/v1/leads/{ours['id']}", headers=bearer).status_code == 404
    assert client.get("/api/v1/leads?$count=true", headers=bearer).json()["@odata.count"] == 0
    theirs = client.post("/api/v1/leads", json={"last_name": "Theirs"}, headers=bearer).json()
    assert admin("GET", f"/leads/{theirs['id']}").status_code == 404
    renamed = {"Authorization": "Bearer " + outsider.replace("ent_other_", "ent_main_")}
    assert client.get("/api/v1/me", headers=renamed).status_code in (401, 429)


def test_every_answer_carries_the_headers(client: Client, nadia: Ask) -> None:
    answers = [
        client.get("/api/v1/me"),
        client.get("/nowhere"),
        nadia("GET", "/me"),
        nadia("PUT", "/me"),
        nadia("GET", "/x/y/z/w"),
    ]
    assert [answer.status_code for answer in answers] == [401, 404, 200, 405, 404]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"


def test_wrong_method_names_the_right_ones(nadia: Ask) -> None:
    answer = nadia("PATCH", "/leads", {})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


def test_fault_of_ours_shows_a_number_only(nadia: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(tx: Tx, ask: Any) -> Any:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(collections, "page", broken)
    answer = nadia("GET", "/leads")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert UUID(answer.json()["request"])


def test_scripts_come_from_our_assets_only() -> None:
    policy = page_policy("crm.example:8000")
    assert "script-src crm.example:8000/static/;" in policy
    assert "'unsafe" not in policy
    assert "script-src 'none';" in page_policy("")


@pytest.mark.parametrize(
    ("socket", "forwarded", "peer"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "1.2.3.4, 198.51.100.1, 10.0.0.3", "198.51.100.1"),
        ("10.0.0.2", "nonsense", "10.0.0.2"),
        ("10.0.0.2", "", "10.0.0.2"),
    ],
)
def test_only_trusted_proxies_name_the_peer(socket: str, forwarded: str, peer: str) -> None:
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})
    request.scope["client"] = (socket, 1234)
    assert peer_of(request, ("10.0.0.0/8",)) == peer


@pytest.mark.parametrize("who", ["stranger"])
def test_token_of_someone_without_roles_reads_nothing_owned(asks: Callable[[str], Ask], who: str) -> None:
    assert asks(who)("GET", "/accounts").json()["value"] == []
