"""Public forms over HTTP: what a browser, another site and a script get."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.datastructures import State
from litestar.testing import TestClient

from entente.interfaces.html.assets import load_manifest
from entente.interfaces.html.environment import Templates
from entente.interfaces.html.http.headers import add_headers
from entente.interfaces.portal.routes import portal_routes
from entente.kernel.identity.tokens import create_token
from entente.kernel.kit.clock import SetClock
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.forms.published import form_of
from tests.world.cast import World

CAMILLE = {
    "last_name": "Berthier",
    "emails": "camille@lisiere.example",
    "description": "Deux serres",
    "consent": "1",
}
SITE = "https://jardin.example"


@pytest.fixture
def client(world: World) -> Iterator[TestClient[Litestar]]:
    database = world.database
    templates = Templates(database.words, load_manifest(), database.clock.now)
    state = State({"database": database, "templates": templates})
    app = Litestar(route_handlers=portal_routes(), state=state, before_send=[add_headers], openapi_config=None)
    with TestClient(app) as made:
        yield made


@pytest.mark.parametrize("path", ["contact", "contact/embed", "contact/thanks", "contact/snippet", "none"])
def test_a_page_says_once_how_its_text_is_written(client: TestClient[Litestar], path: str) -> None:
    assert client.get(f"/f/{path}").headers["content-type"] == "text/html; charset=utf-8"


def leads(world: World) -> list[Record]:
    with world.system() as tx:
        return page(tx, Ask(entity="lead")).records


def change(world: World, **values: Any) -> None:
    with world.system() as tx:
        save(tx, "web_form", values, id=form_of(tx, "contact").id)


def later(world: World) -> None:
    clock = world.database.clock
    assert isinstance(clock, SetClock)
    clock.move(timedelta(seconds=5))


def hidden(text: str, name: str) -> str:
    found = re.search(rf'type="hidden" name="{name}" value="([^"]*)"', text)
    assert found, name
    return found.group(1)


def test_the_page_speaks_the_language_asked_for(client: TestClient[Litestar]) -> None:
    assert "Demande de contact" in client.get("/f/contact", headers={"accept-language": "fr"}).text
    english = client.get("/f/contact?lang=en", headers={"accept-language": "fr"})
    assert "Contact request" in english.text
    assert '<html lang="en"' in english.text


def test_the_page_keeps_no_cookie_and_runs_nothing_foreign(client: TestClient[Litestar]) -> None:
    answer = client.get("/f/contact")
    policy = answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self';" in policy
    assert "default-src 'none'" in policy


def test_only_allowed_sites_may_frame_the_form(client: TestClient[Litestar], world: World) -> None:
    change(world, allowed_origins=[SITE])
    policy = client.get("/f/contact/embed").headers["content-security-policy"]
    assert f"frame-ancestors 'self' {SITE}" in policy
    assert "x-frame-options" not in client.get("/f/contact/embed").headers


def test_a_plain_form_is_taken_and_thanked_for(client: TestClient[Litestar], world: World) -> None:
    shown = client.get("/f/contact?utm_source=salon&lang=fr", headers={"referer": f"{SITE}/serres"}).text
    sent = {**CAMILLE, **{name: hidden(shown, name) for name in ("token", "lang", "referrer", "utm_source")}}
    later(world)
    answer = client.post("/f/contact", data=sent, follow_redirects=False)
    assert answer.status_code == 303
    assert "Merci" in client.get(answer.headers["location"]).text
    (lead,) = leads(world)
    assert (lead["utm_source"], lead["referrer"]) == ("salon", f"{SITE}/serres")


def test_a_second_click_makes_no_second_record(client: TestClient[Litestar], world: World) -> None:
    sent = {**CAMILLE, "token": hidden(client.get("/f/contact").text, "token")}
    later(world)
    assert {client.post("/f/contact", data=sent, follow_redirects=False).status_code for _ in range(3)} == {303}
    assert len(leads(world)) == 1


def test_errors_keep_everything_typed(client: TestClient[Litestar], world: World) -> None:
    typed = {
        **CAMILLE,
        "lang": "fr",
        "emails": 'camille"@',
        "company_name": "Lisière & <fils>",
        "employees": "beaucoup",
        "purchase_timeframe": "quarter",
        "decision_maker": ["0", "1"],
    }
    answer = client.post("/f/contact", data=typed)
    assert answer.status_code == 422
    assert 'value="camille&#34;@"' in answer.text
    assert 'value="Lisière &amp; &lt;fils&gt;"' in answer.text
    assert 'value="beaucoup"' in answer.text
    assert '<option value="quarter" selected>' in answer.text
    assert re.search(r'name="decision_maker" [^>]*|value="1" checked', answer.text)
    assert 'name="consent" value="1" required checked' in answer.text
    assert answer.text.count('class="field-error"') == 2
    assert leads(world) == []


def test_a_script_gets_json(client: TestClient[Litestar], world: World) -> None:
    refused = client.post("/f/contact", json={"last_name": "Berthier"}, headers={"accept-language": "fr"})
    assert refused.status_code == 422
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert {each["field"] for each in refused.json()["errors"]} == {"emails", "description", "consent"}
    taken = client.post("/f/contact", json={**CAMILLE, "lang": "en"})
    assert (taken.status_code, taken.json()["title"]) == (200, "Thank you!")
    assert len(leads(world)) == 1


def test_the_answer_does_not_tell_who_is_known(client: TestClient[Litestar], world: World) -> None:
    world.has("lead", "james", last_name="Berthier", emails=CAMILLE["emails"])
    known = client.post("/f/contact", json=CAMILLE)
    unknown = client.post("/f/contact", json={**CAMILLE, "emails": "other@lisiere.example"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)


def foreign_site_cannot_send(client: TestClient[Litestar], world: World) -> None:
    answer = client.post("/f/contact", data=CAMILLE, headers={"origin": SITE, "sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert leads(world) == []


def allowed_site_can_send(client: TestClient[Litestar], world: World) -> None:
    change(world, allowed_origins=[SITE])
    answer = client.post(
        "/f/contact",
        data=CAMILLE,
        headers={"origin": SITE, "sec-fetch-site": "cross-site", "referer": f"{SITE}/serres?utm_source=newsletter"},
        follow_redirects=False,
    )
    assert answer.status_code == 303
    assert leads(world)[0]["utm_source"] == "newsletter"


def test_the_visitor_is_led_where_the_form_says(client: TestClient[Litestar], world: World) -> None:
    change(world, redirect_url="https://jardin.example/merci")
    assert "form-action 'self' https://jardin.example;" in client.get("/f/contact").headers["content-security-policy"]
    answer = client.post("/f/contact", data=CAMILLE, follow_redirects=False)
    assert answer.headers["location"] == "https://jardin.example/merci"


def test_answers_are_checked_one_by_one(client: TestClient[Litestar], world: World) -> None:
    answer = client.post("/f/contact/check", data={"emails": "camille@", "last_name": "B", "lang": "en"})
    assert set(answer.json()["errors"]) == {"emails", "description"}
    assert "is not an e-mail address" in answer.json()["errors"]["emails"]
    assert leads(world) == []


def test_company_names_reveal_no_account(client: TestClient[Litestar], world: World) -> None:
    world.has("account", "james", name="Lisière")
    assert client.get("/f/contact/companies?q=lisi").json() == []


def test_a_body_that_is_too_large_is_refused(client: TestClient[Litestar]) -> None:
    assert client.post("/f/contact", data={**CAMILLE, "description": "x" * 70_000}).status_code in (400, 413)


@pytest.mark.parametrize("body", [b"[1]", b"{", b"\xff", b'{"last_name": {"a": [1]}}', b'{"emails": [[1]]}'])
def test_nonsense_gets_a_clear_answer(client: TestClient[Litestar], body: bytes) -> None:
    assert client.post("/f/contact", content=body, headers={"content-type": "application/json"}).status_code in (
        400,
        422,
    )


def test_too_many_sends_ask_to_wait_and_keep_what_was_typed(client: TestClient[Litestar], world: World) -> None:
    change(world, hourly_limit=1)
    client.post("/f/contact", data=CAMILLE, follow_redirects=False)
    answer = client.post("/f/contact", data={**CAMILLE, "description": "Encore une serre"})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Encore une serre" in answer.text


def test_an_unknown_form_is_a_page_that_says_so(client: TestClient[Litestar]) -> None:
    answer = client.get("/f/nothing?lang=en")
    assert answer.status_code == 404
    assert "There is no such form" in answer.text


def stranger_cannot_see_snippets(client: TestClient[Litestar]) -> None:
    assert client.get("/f/contact/snippet").status_code == 401


def colleague_can_copy_markup_that_asks_every_question(client: TestClient[Litestar], world: World) -> None:
    with world.system() as tx:
        token = create_token(tx, world.id_of("marie"), "test", 1)
    shown = client.get("/f/contact/snippet", headers={"authorization": f"Bearer {token}"}).text
    link, frame, plain = (html.unescape(each) for each in re.findall(r"<textarea[^>]*>(.*?)</textarea>", shown, re.S))
    address = world.database.settings.address + "/f/contact"
    assert link == f'<a href="{address}">Demande de contact</a>'
    assert f'src="{address}/embed?lang=fr"' in frame
    assert f'<form method="post" action="{address}"' in plain
    assert "<script" not in plain
    for name in ("last_name", "emails", "decision_maker", "purchase_timeframe", "consent"):
        assert f'name="{name}"' in plain


def test_answers_in_the_address_are_shown_as_text(client: TestClient[Litestar]) -> None:
    shown = client.get("/f/contact", params={"last_name": '"><script>alert(1)</script>', "lang": "fr"}).text
    assert 'value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in shown
    assert "<script>alert" not in shown
