"""Boards and conversion over HTTP: sums by step, moves that ask for what is missing, parts of a conversion."""

import re
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from entente.kernel.records.query import Ask, count, find, page
from entente.kernel.records.save import save
from tests.interfaces.web_asking import Browser, lead, undo_of
from tests.world.cast import World


@pytest.fixture
def james(client: TestClient[Litestar], world: World) -> Browser:
    return Browser(client, world, "james")


@pytest.fixture
def stranger(client: TestClient[Litestar], world: World) -> Browser:
    return Browser(client, world, "stranger")


DEAL = {"name": "Serres", "close_date": "2027-01-15", "amount": {"amount": "900", "currency": "EUR"}}


def deal(world: World, **values: Any) -> UUID:
    return world.has("opportunity", "james", **{**DEAL, **values})


def stages(world: World) -> dict[str, UUID]:
    with world.system() as tx:
        first = page(tx, Ask(entity="opportunity", limit=1)).records[0]["pipeline"]
        found = page(tx, Ask(entity="pipeline_stage", filter=f'pipeline = "{first}"')).records
        return {each["type"] if each["type"] != "open" else str(each["position"]): each.id for each in found}


def cards(answer: Response, column: object) -> list[str]:
    assert answer.status_code == 200, answer.text
    found = re.search(rf'data-key="{column}">(.*?)</ul>', answer.text, re.S)
    assert found, answer.text
    return re.findall(r'class="card-title"[^>]*>([^<]+)<', found[1])


def test_a_board_shows_counts_and_sums_by_step(world: World, james: Browser) -> None:
    deal(world, name="Un", amount={"amount": "1000", "currency": "EUR"}, probability=50)
    deal(world, name="Deux", amount={"amount": "500", "currency": "EUR"}, probability=10)
    answer = james.get("/opportunities/board")
    with world.system() as tx:
        first = page(tx, Ask(entity="opportunity", limit=1)).records[0]["stage"]
    assert sorted(cards(answer, first)) == ["Deux", "Un"]
    assert "€1,500" in answer.text
    assert "weighted €550" in answer.text


def test_a_long_column_is_loaded_in_parts(world: World, james: Browser) -> None:
    for number in range(23):
        lead(world, last_name=f"Nom {number:02}")
    answer = james.get("/leads/board")
    assert len(cards(answer, "assigned")) == 20
    more = re.search(r'hx-get="(/leads/board/cards[^"]*)"', answer.text)
    assert more
    rest = james.get(more[1].replace("&amp;", "&"))
    titles = re.findall(r'class="card-title"[^>]*>([^<]+)<', rest.text)
    assert len({*titles, *cards(answer, "assigned")}) == 23
    assert "/board/cards" not in rest.text


def test_a_card_moves_in_one_write_and_back(world: World, james: Browser) -> None:
    one = lead(world)
    answer = james.post(f"/leads/{one}/move?group=status", to="in_process", version="1")
    assert answer.status_code == 200
    assert cards(james.get("/leads/board"), "in_process") == ["Berthier"]
    undo = re.search(r'hx-post="(/undo/[^"]+)"', answer.text)
    assert undo
    james.post(undo[1])
    assert cards(james.get("/leads/board"), "assigned") == ["Berthier"]


def test_a_move_over_someone_elses_change_is_a_conflict(world: World, james: Browser) -> None:
    one = lead(world)
    james.post(f"/leads/{one}/move?group=status", to="in_process", version="1")
    assert james.post(f"/leads/{one}/move?group=status", to="nurturing", version="1").status_code == 409


def test_a_move_that_ends_a_record_opens_the_dialog_of_its_action(world: World, james: Browser) -> None:
    one = deal(world)
    lost = stages(world)["lost"]
    answer = james.post(f"/opportunities/{one}/move?group=stage", to=str(lost), version="1")
    assert answer.headers["hx-retarget"] == "#dialog"
    assert f"/opportunities/{one}/actions/lose" in answer.text
    assert "loss_reason" in answer.text


def test_a_move_asks_only_for_what_is_missing_and_saves_at_once(
    world: World, james: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = deal(world)
    with world.system() as tx:
        monkeypatch.delitem(tx.catalog.screens["opportunity"].moves, "stage")
    lost = stages(world)["lost"]
    asked = james.post(f"/opportunities/{one}/move?group=stage", to=str(lost), version="1")
    assert asked.headers["hx-retarget"] == "#dialog"
    assert re.findall(r'<(?:select|input|textarea)[^>]*id="field-(\w+)"', asked.text) == ["loss_reason"]
    done = james.post(
        f"/opportunities/{one}/move?group=stage", to=str(lost), version="1", sure="1", loss_reason="price"
    )
    assert done.status_code == 200
    with world.system() as tx:
        found = find(tx, "opportunity", one)
        assert (found["result"], found["loss_reason"], found.version) == ("lost", "price", 2)


def test_a_stranger_moves_no_card(world: World, stranger: Browser) -> None:
    one = lead(world)
    assert stranger.post(f"/leads/{one}/move?group=status", to="in_process", version="1").status_code == 404
    assert "Berthier" not in stranger.get("/leads/board").text


def inputs(answer: Response, prefix: str) -> dict[str, str]:
    """The values of the inputs of a dialog whose names begin so."""
    found = re.findall(rf'<input(?=[^>]*name="({prefix}[^"]*)")(?=[^>]*value="([^"]*)")[^>]*>', answer.text)
    return {name: next((value for each, value in found if each == name and value), "") for name, _ in found}


def test_the_conversion_dialog_is_prefilled_and_offers_what_is_known(world: World, james: Browser) -> None:
    known = world.has("account", "james", name="Lisière SAS")
    one = lead(world, first_name="Camille", emails="camille@lisiere.example", existing_account=str(known))
    answer = james.get(f"/leads/{one}/actions/convert")
    assert answer.status_code == 200, answer.text
    assert f'name="account.id" value="{known}" checked' in answer.text
    assert 'name="account.means" value="link" checked' in answer.text
    assert 'name="contact.means" value="create" checked' in answer.text
    values = inputs(answer, "contact.values.")
    assert values["contact.values.first_name"] == "Camille"
    assert "camille@lisiere.example" in values.values()


def test_a_lead_is_converted_once_with_what_was_typed(world: World, james: Browser) -> None:
    known = world.has("account", "james", name="Lisière SAS")
    one = lead(world, first_name="Camille")
    given = {
        "sure": "1",
        "account__means": "link",
        "account__id": str(known),
        "contact__means": "create",
        "contact__values__first_name": "Camille",
        "contact__values__last_name": "Berthier-Roux",
        "opportunity__means": "none",
    }
    done = james.post(f"/leads/{one}/actions/convert", **given)
    assert done.status_code == 200, done.text
    assert f'href="/accounts/{known}"' in done.text
    assert "Camille Berthier-Roux" in done.text
    assert james.post(f"/leads/{one}/actions/convert", **given).status_code == 422
    with world.system() as tx:
        assert count(tx, Ask(entity="contact", filter='last_name = "Berthier-Roux"')).number == 1
        assert find(tx, "lead", one)["created_account"] == known
    james.post(undo_of(done))
    with world.system() as tx:
        assert find(tx, "lead", one)["state"] == "open"
        assert count(tx, Ask(entity="contact", filter='last_name = "Berthier-Roux"')).number == 0


def test_what_a_part_is_refused_for_stands_beside_its_field(world: World, james: Browser) -> None:
    one = lead(world)
    given = {"account__means": "create", "account__values__name": "", "contact__means": "none"}
    answer = james.post(f"/leads/{one}/actions/convert", sure="1", opportunity__means="none", **given)
    assert answer.status_code == 422
    assert 'id="field-account-values-name-error"' in answer.text


def test_several_leads_become_what_is_proposed_for_each(world: World, james: Browser) -> None:
    known = world.has("account", "james", name="Lisière SAS")
    one, two = lead(world, existing_account=str(known)), lead(world, last_name="Sylla", company_name="Corvin")
    answer = james.post("/leads/many/convert", ids=f"{one},{two}", sure="1")
    assert answer.status_code == 200, answer.text
    with world.system() as tx:
        first, second = find(tx, "lead", one), find(tx, "lead", two)
        assert first["created_account"] == known
        assert find(tx, "account", second["created_account"])["name"] == "Corvin"


def test_fields_left_empty_in_the_dialog_take_nothing_away(world: World, james: Browser) -> None:
    one = lead(world, first_name="Camille")
    opened = james.get(f"/leads/{one}/actions/convert")
    given = {name.replace(".", "__"): value for name, value in inputs(opened, "opportunity.values.").items()}
    assert "opportunity__values__account" not in given  # the part above says which
    given["opportunity__values__account"] = ""
    made = {"account__means": "create", "account__values__name": "Lisière", "contact__means": "none"}
    answer = james.post(f"/leads/{one}/actions/convert", sure="1", opportunity__means="create", **made, **given)
    assert answer.status_code == 200, answer.text
    with world.system() as tx:
        kept = find(tx, "lead", one)
        deal = find(tx, "opportunity", kept["created_opportunity"])
        assert deal["account"] == kept["created_account"]
        assert deal["owner"] == world.id_of("james")


def test_a_record_opened_from_a_board_leads_back_to_it_and_along_its_column(world: World, james: Browser) -> None:
    deal(world, name="Serres d’avril", close_date="2027-03-01")
    deal(world, name="Ailleurs", close_date="2027-02-01", stage=stages(world)["2"])
    deal(world, name="Serres de mars", close_date="2027-01-01")
    board = james.get("/opportunities/board?view=board&sort=close_date").text
    card = re.search(r'class="card-title" href="([^"]*)">Serres de mars<', board)
    assert card
    opened = james.get(card[1].replace("&amp;", "&")).text
    back = re.search(r'href="(/opportunities/board[^"]*)"', opened)
    assert back
    assert "sort=close_date" in back[1]
    following = re.search(r'href="([^"]*)"[^>]*aria-label="Next record"', opened)
    assert following
    assert "Serres d’avril" in james.get(following[1].replace("&amp;", "&")).text


def test_an_amount_in_another_currency_says_what_it_is_at_home(world: World, james: Browser) -> None:
    with world.system() as tx:
        (swiss,) = page(tx, Ask(entity="currency", filter='code = "CHF"')).records
        today = {"currency": swiss.id, "valid_from": tx.clock.now().date(), "rate": "0.95"}
        rate = save(tx, "currency_rate", today)
    abroad = deal(world, amount={"amount": "2000", "currency": "CHF"}, probability=50)
    shown = james.get(f"/opportunities/{abroad}").text
    assert "CHF\u00a02,000" in shown
    assert "€1,900 at a rate of 0.95" in shown
    assert "€950 at a rate of 0.95" in shown
    with world.system() as tx:
        save(tx, "currency_rate", {"rate": "0.5"}, id=rate.id)
    assert "€1,900 at a rate of 0.95" in james.get(f"/opportunities/{abroad}").text
    assert "at a rate" not in james.get(f"/opportunities/{deal(world)}").text
