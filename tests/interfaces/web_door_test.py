"""A session that ends in the middle of work loses nothing; what is refused is said in the reader's own language."""

from entente.kernel.identity.passwords import set_password
from entente.kernel.identity.sessions import end_sessions
from entente.kernel.records.save import save
from tests.interfaces.browser import Browser, Client, found
from tests.world.cast import World

PASSWORD = "quatre vents sur la lande"


def signed_out(client: Client, world: World, login: str) -> Browser:
    """Someone whose page is open and whose session is over."""
    browser = Browser(client, world, login)
    with world.system() as tx:
        set_password(tx, world.id_of(login), PASSWORD)
        end_sessions(tx, world.id_of(login))
    return browser


def test_whoever_saves_a_design_after_his_session_signs_in_beside_it(client: Client, world: World) -> None:
    james = signed_out(client, world, "james")
    answer = james.post("/automations/new", {"name": "Berthier"})
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer.headers
    assert "<x-sign-in>" in answer.text
    assert 'name="password"' in answer.text


def test_signing_in_beside_the_page_gives_the_token_with_which_its_forms_go_on(client: Client, world: World) -> None:
    james = signed_out(client, world, "james")
    wrong = james.post("/sign-in", {"login": "james", "password": "nothing"})
    assert wrong.status_code == 422
    assert "<" not in wrong.text
    right = james.post("/sign-in", {"login": "james", "password": PASSWORD})
    assert right.status_code == 200
    james.csrf = right.text
    james.cookies = dict(right.cookies)
    assert james.post("/leads/new", {"last_name": "Berthier", "company_name": "Lisière"}).status_code < 300
    assert [each["last_name"] for each in found(world, "lead")] == ["Berthier"]


def test_a_refusal_speaks_the_language_of_its_reader_not_of_his_browser(client: Client, world: World) -> None:
    with world.system() as tx:
        save(tx, "user", {"language": "fr"}, id=world.id_of("james"))
    james = Browser(client, world, "james")
    asking = {"accept-language": "en-GB,en;q=0.9"}
    missing = james.get("/leads/00000000-0000-7000-8000-000000000000", **asking)
    refused = james.get("/processes/instances", **asking)
    assert (missing.status_code, refused.status_code) == (404, 403)
    assert "Introuvable" in missing.text
    assert "Accès refusé" in refused.text
    assert '<html lang="fr"' in missing.text
