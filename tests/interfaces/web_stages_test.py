"""The bar of steps of a record: who may write moves the record along it, with the questions that a board asks."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from litestar.testing import TestClient

from entente.kernel.records.actions import perform
from entente.kernel.records.query import find
from tests.interfaces.browser import Browser
from tests.world.cast import World

Client = TestClient[Any]


def doors(html: str) -> dict[str, tuple[str, str]]:
    """The steps that can be pressed: where each leads, and to what."""
    bar = re.search(r'<ol class="stage-path".*?</ol>', html, re.DOTALL)
    assert bar, html
    pressed = re.findall(r'<button[^>]*hx-post="([^"]+)" hx-vals=\'{"to":"([^"]+)"}\'.*?one-line">([^<]+)<', bar[0])
    return {label: (url.replace("&amp;", "&"), key) for url, key, label in pressed}


def test_the_bar_moves_a_lead_and_asks_what_a_conversion_needs(client: Client, world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    james = Browser(client, world, "james")
    steps = doors(james.get(f"/leads/{lead}").text)
    assert list(steps) == ["New", "In process", "Nurturing", "Converted"]
    url, key = steps["In process"]
    answer = james.post(url, {"to": key})
    assert "In process" in answer.text
    assert "/undo/" in answer.text
    with world.acts("james") as tx:
        assert find(tx, "lead", lead)["status"] == "in_process"
    url, key = steps["Converted"]
    answer = james.post(url, {"to": key})
    assert answer.headers["HX-Retarget"] == "#dialog"
    assert f"/leads/{lead}/actions/convert" in answer.text


def test_the_bar_moves_a_deal_within_its_own_process(client: Client, world: World) -> None:
    account = world.has("account", "james", name="Port")
    deal = world.has("opportunity", "james", name="Quai", account=account, amount="10", close_date="2027-01-01")
    james = Browser(client, world, "james")
    url, key = doors(james.get(f"/opportunities/{deal}").text)["Negotiation"]
    assert james.post(url, {"to": key}).status_code == 200
    with world.acts("james") as tx:
        assert find(tx, "opportunity", deal)["probability"] == 80
        perform(tx, "opportunity", "win", [deal])
    assert doors(james.get(f"/opportunities/{deal}").text) == {}


def reader_cannot_press_a_step(client: Client, world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    assert doors(Browser(client, world, "rita").get(f"/leads/{lead}").text) == {}


def test_what_asks_nothing_and_can_be_undone_is_done_at_once(client: Client, world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    with world.acts("james") as tx:
        perform(tx, "lead", "disqualify", [lead], {"disqualify_reason": "lost"})
    james = Browser(client, world, "james")
    page = james.get(f"/leads/{lead}").text
    assert re.search(rf'hx-post="/leads/{lead}/actions/reopen" hx-target="#dialog"', page)
    answer = james.post(f"/leads/{lead}/actions/reopen")
    assert "/undo/" in answer.text
    with world.acts("james") as tx:
        assert find(tx, "lead", lead)["state"] == "open"


def test_a_step_that_was_taken_back_has_no_time(client: Client, world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier")
    james = Browser(client, world, "james")
    url, key = doors(james.get(f"/leads/{lead}").text)["Nurturing"]
    undo = re.search(r'hx-post="(/undo/[^"]+)"', james.post(url, {"to": key}).text)
    assert undo
    james.post(undo[1])
    bar = james.get(f"/leads/{lead}").text.split("stage-path", 1)[1].split("</ol>")[0]
    assert bar.count("stage-time") == 1


def test_what_all_of_several_lack_is_asked_for_again(client: Client, world: World) -> None:
    account = world.has("account", "james", name="Port")
    given = {"account": account, "amount": "10", "close_date": "2027-01-01"}
    deals = [world.has("opportunity", "james", name=f"Quai {at}", **given) for at in range(2)]
    james = Browser(client, world, "james")
    wish = {"ids": ",".join(str(each) for each in deals), "sure": "1", "loss_reason": "other"}
    answer = james.post("/opportunities/many/lose", wish)
    assert answer.status_code == 422
    assert re.search(r'name="close_note"[^>]*aria-invalid="true"', answer.text)
    assert f'value="{wish["ids"]}"' in answer.text
    assert james.post("/opportunities/many/lose", {**wish, "close_note": "Reporté"}).status_code == 200
    with world.acts("james") as tx:
        assert [find(tx, "opportunity", each)["result"] for each in deals] == ["lost", "lost"]


def test_winning_proposes_the_amount_of_the_deal_and_today(client: Client, world: World) -> None:
    account = world.has("account", "james", name="Port")
    given = {"account": account, "amount": "1250", "close_date": "2027-01-01"}
    deal = world.has("opportunity", "james", name="Quai", **given)
    james = Browser(client, world, "james")
    url, key = doors(james.get(f"/opportunities/{deal}").text)["Closed won"]
    dialog = james.post(url, {"to": key}).text
    assert re.search(r'value="1250[^"]*"[^>]*name="actual_amount', dialog)
    with world.acts("james") as tx:
        today = tx.clock.now().astimezone(ZoneInfo(tx.principal.timezone)).date()
    for name in ("win", "lose"):
        dialog = james.get(f"/opportunities/{deal}/actions/{name}").text
        assert re.search(rf'value="{today.isoformat()}"[^>]*name="actual_close_date"', dialog)


def test_who_adds_a_role_to_a_deal_stays_with_the_deal(client: Client, world: World) -> None:
    account = world.has("account", "james", name="Port")
    contact = world.has("contact", "james", last_name="Le Goff")
    given = {"account": account, "amount": "10", "close_date": "2027-01-01"}
    deal = world.has("opportunity", "james", name="Quai", **given)
    james = Browser(client, world, "james")
    answer = james.post("/opportunity-contacts/new", {"opportunity": str(deal), "contact": str(contact)})
    assert "/undo/" in answer.text
    assert "hx-push-url" not in answer.text
    answer = james.post("/contacts/new", {"last_name": "Kermadec"})
    assert "hx-push-url" in answer.text
