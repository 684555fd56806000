"""What is typed by hand: first values, hints while one types, and a record that its creator sees."""

import re

import pytest

from entente.kernel.records.query import find
from tests.interfaces.browser import Browser, Client, found
from tests.world.cast import World


def test_who_creates_owns_unless_he_says_otherwise(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    form = james.get("/leads/new").text
    mine = str(world.id_of("james"))
    assert re.search(rf'<input type="hidden" name="owner" value="{mine}">', form)
    james.post("/leads/new", {"last_name": "Berthier", "owner": ["", mine]})
    (lead,) = found(world, "lead")
    assert (lead["owner"], lead["status"]) == (world.id_of("james"), "assigned")
    assert "Berthier" in james.get("/leads?view=mine").text


def test_a_manager_leaves_a_prospect_to_be_assigned(client: Client, world: World) -> None:
    helene = Browser(client, world, "helene")
    helene.post("/leads/new", {"last_name": "Berthier", "owner": ""})
    (lead,) = found(world, "lead")
    with world.system() as tx:
        assert find(tx, "lead", lead.id)["owner"] is None
    assert "Berthier" in helene.get("/leads/assign").text


@pytest.mark.parametrize("typed", ["camille@", "camille", "camille@lis.example, pas encore"])
def test_hints_bear_with_what_is_not_finished(client: Client, world: World, typed: str) -> None:
    world.has("lead", "james", last_name="Berthier", company_name="Serres du Lis", emails=["a@lis.example"])
    james = Browser(client, world, "james")
    sent = {"last_name": "Berthier", "company_name": "Serres du Lis", "emails": "", "emails.0.value": typed}
    answer = james.post(
        "/leads/duplicates", {**sent, "phones": "", "phones.0.value": "06", "estimated_amount.amount": "x"}
    )
    assert answer.status_code == 200
    assert "Berthier" in answer.text


def test_what_is_filled_by_itself_is_not_asked_for(client: Client, world: World) -> None:
    form = Browser(client, world, "james").get("/opportunities/new").text
    required = re.findall(r'data-field="(\w+)"[^>]*>\s*<label[^>]*>[^<]*<span class="required"', form)
    assert 'name="stage"' not in form
    assert 'name="pipeline"' in form
    assert "name" in required
    assert "pipeline" not in required


def test_a_link_is_made_from_the_words_that_found_nothing(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    form = james.get("/opportunities/new").text
    assert 'creates="/lookup/opportunities/account/new"' in form
    assert "/lookup/opportunities/pipeline/new" not in form
    made = james.post("/lookup/opportunities/account/new", {"q": "Chais du Ponant"})
    (account,) = found(world, "account")
    assert f'data-value="{account.id}" data-title="Chais du Ponant"' in made.text
    assert (account["name"], account["owner"]) == ("Chais du Ponant", world.id_of("james"))
    james.post("/lookup/opportunities/contact/new", {"q": "Maëlle Le Goff"})
    (contact,) = found(world, "contact")
    assert (contact["first_name"], contact["last_name"]) == ("Maëlle", "Le Goff")


def test_no_link_is_made_of_what_needs_more_than_a_name_or_may_not_be_made(client: Client, world: World) -> None:
    james, rita = Browser(client, world, "james"), Browser(client, world, "rita")
    assert james.post("/lookup/leads/owner/new", {"q": "Somebody"}).status_code == 403
    assert james.post("/lookup/opportunities/account/new", {"q": " "}).status_code == 422
    assert rita.post("/lookup/opportunities/account/new", {"q": "Chais du Ponant"}).status_code == 403
    assert found(world, "account") == []
