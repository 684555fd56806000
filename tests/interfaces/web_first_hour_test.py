"""The first hour in an empty organisation: each step is found without a manual, nothing is promised falsely."""

from collections.abc import Callable

import pytest

from entente.kernel.identity.passwords import set_password
from entente.kernel.records.query import find
from entente.kernel.records.save import save
from tests.interfaces.browser import Browser, Client, found
from tests.world.cast import World

Sits = Callable[[str], Browser]


@pytest.fixture
def sits(client: Client, world: World) -> Sits:
    return lambda login: Browser(client, world, login)


def test_the_door_says_how_the_first_administrator_comes_in(client: Client, world: World) -> None:
    french = {"accept-language": "fr"}
    assert "lien à usage unique" in client.get("/sign-in", headers=french).text
    with world.system() as tx:
        set_password(tx, world.id_of("admin"), "trois lunes au-dessus du lac")
    assert "lien à usage unique" not in client.get("/sign-in", headers=french).text


def test_first_steps_lead_to_what_they_name_and_are_done_by_doing(sits: Sits, world: World) -> None:
    home = sits("admin").get("/").text
    steps = ("/settings/users", "/teams", "/imports/new?entity=lead", "/leads/new", "/settings/forms", "/automations")
    assert [f'href="{step}"' in home for step in steps] == [True] * len(steps)
    assert '<a class="grow" href="/settings/forms"' in home
    with world.system() as tx:
        save(tx, "form_submission", {"form": found(world, "web_form")[0].id, "outcome": "created"}, trusted=True)
    assert '<a class="grow muted" href="/settings/forms"' in sits("admin").get("/").text


def test_a_new_user_belongs_to_the_unit_of_his_team_or_to_the_topmost(world: World) -> None:
    with world.acts("admin") as tx:
        team = find(tx, "user", world.id_of("james"))["team"]
        in_team = save(tx, "user", {"login": "yann", "last_name": "Kerjean", "team": team, "unit": None})
        alone = save(tx, "user", {"login": "lea", "last_name": "Morvan"})
        assert in_team["unit"] == find(tx, "team", team)["unit"]
        assert find(tx, "business_unit", alone["unit"])["parent"] is None


def test_without_a_mail_server_nobody_is_told_that_a_link_left(client: Client, world: World) -> None:
    admin = Browser(client, world, "admin")
    answer = admin.post(f"/settings/users/{world.id_of('james')}/link", {"purpose": "invite"}).text
    assert "The link was sent" not in answer
    assert "No mail server is set" in answer
    assert "No mail server is set" in admin.get("/outbox").text


def test_the_record_of_a_public_form_shows_the_way_to_its_design_and_its_page(sits: Sits, world: World) -> None:
    (form,) = found(world, "web_form", 'key = "contact"')
    page = sits("admin").get(f"/web-forms/{form.id}").text
    identity = page.partition('id="menu')[0]
    assert "/settings/forms/public/contact" in identity
    assert "/f/contact/snippet" in identity
    assert "&#34;sections&#34;" not in page
