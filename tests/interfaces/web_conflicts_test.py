"""The second of two editors decides field by field, whatever a field is made of; an ended session leads back."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from entente.kernel.records.query import find
from entente.kernel.records.save import save
from tests.interfaces.browser import Browser
from tests.interfaces.web_asking import lead
from tests.world.cast import World

MINE = {
    "version": "1",
    "last_name": "Berthier",
    "emails": "",
    "emails.0.value": "zoe@lis.example",
    "emails.1.value": "accueil@lis.example",
    "estimated_amount.amount": "900",
    "estimated_amount.currency": "CHF",
    "address.street": "2 quai du Lis",
    "address.city": "Annecy",
    "do_not_call": ["0", "1"],
}
THEIRS = {
    "emails": ["camille@lis.example"],
    "estimated_amount": {"amount": 50, "currency": "EUR"},
    "address": {"street": "1 rue des Serres", "city": "Lyon"},
    "job_title": "Directrice",
}


@pytest.fixture
def james(client: TestClient[Litestar], world: World) -> Browser:
    return Browser(client, world, "james")


@pytest.fixture
def one(world: World) -> UUID:
    """A prospect that Hélène changed after James had opened it."""
    made = lead(world, emails=["avant@lis.example"])
    with world.acts("helene") as tx:
        save(tx, "lead", THEIRS, id=made)
    return made


def hidden_of(answer: Response) -> dict[str, Any]:
    """What the dialog sends along."""
    sent: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text):
        sent.setdefault(name, []).append(unescape(value))
    return sent


def chosen(answer: Response) -> list[str]:
    """The fields about which the dialog asks."""
    return sorted(set(re.findall(r'type="radio" name="_keep\.(\w+)"', answer.text)))


def test_mine_is_kept_whole_where_it_is_chosen(world: World, james: Browser, one: UUID) -> None:
    asked = james.post(f"/leads/{one}/edit", MINE)
    assert asked.status_code == 409
    assert chosen(asked) == ["address", "emails", "estimated_amount"]
    keep = {f"_keep.{name}": "mine" for name in chosen(asked)}
    assert james.post(f"/leads/{one}/edit", {**hidden_of(asked), **keep}).status_code == 200
    with world.system() as tx:
        kept = find(tx, "lead", one)
    assert [entry.value for entry in kept["emails"]] == ["zoe@lis.example", "accueil@lis.example"]
    assert (kept["estimated_amount"].amount, kept["estimated_amount"].currency) == (900, "CHF")
    assert (kept["address"].street, kept["address"].city) == ("2 quai du Lis", "Annecy")
    assert (kept["do_not_call"], kept["job_title"]) == (True, "Directrice")


def test_theirs_stays_as_it_is_where_it_is_chosen(world: World, james: Browser, one: UUID) -> None:
    asked = james.post(f"/leads/{one}/edit", MINE)
    keep = {f"_keep.{name}": "theirs" for name in chosen(asked)}
    assert james.post(f"/leads/{one}/edit", {**hidden_of(asked), **keep}).status_code == 200
    with world.system() as tx:
        kept = find(tx, "lead", one)
    assert [entry.value for entry in kept["emails"]] == ["camille@lis.example"]
    assert (kept["estimated_amount"].amount, kept["address"].city) == (50, "Lyon")
    assert (kept["do_not_call"], kept["job_title"]) == (True, "Directrice")


def test_a_third_change_asks_again_and_remembers_the_choice(world: World, james: Browser, one: UUID) -> None:
    asked = james.post(f"/leads/{one}/edit", MINE)
    with world.acts("helene") as tx:
        save(tx, "lead", {"do_not_call": False, "estimated_amount": {"amount": 70, "currency": "EUR"}}, id=one)
    keep = {"_keep.emails": "theirs", "_keep.address": "mine", "_keep.estimated_amount": "mine"}
    again = james.post(f"/leads/{one}/edit", {**hidden_of(asked), **keep})
    assert again.status_code == 409
    assert chosen(again) == ["estimated_amount"]
    done = james.post(f"/leads/{one}/edit", {**hidden_of(again), "_keep.estimated_amount": "theirs"})
    assert done.status_code == 200
    with world.system() as tx:
        kept = find(tx, "lead", one)
    assert [entry.value for entry in kept["emails"]] == ["camille@lis.example"]
    assert (kept["estimated_amount"].amount, kept["address"].city) == (70, "Annecy")


def test_many_addresses_stay_in_the_order_in_which_they_were_typed(world: World, james: Browser) -> None:
    made = lead(world)
    typed = [f"{letter}@lis.example" for letter in "zyxwvutsrqponm"]
    sent = {f"emails.{at}.value": text for at, text in enumerate(typed)}
    assert james.post(f"/leads/{made}/edit", {"version": "1", "emails": "", **sent}).status_code == 200
    with world.system() as tx:
        kept = find(tx, "lead", made)["emails"]
    assert [entry.value for entry in kept] == typed
    assert [entry.primary for entry in kept] == [True, *(False for _ in typed[1:])]


def test_a_session_that_ended_asks_in_again_and_leads_back(james: Browser) -> None:
    james.cookies = {}
    around = {"hx-current-url": "http://testserver.local/leads?view=mine", "hx-request": "true"}
    asked = james.get("/leads/new", **around)
    assert (asked.status_code, asked.headers["hx-redirect"]) == (401, "/sign-in?next=/leads%3Fview%3Dmine")
    elsewhere = {**around, "hx-current-url": "https://elsewhere.example//elsewhere.example"}
    led = james.get("/leads/new", **elsewhere).headers["hx-redirect"]
    assert "elsewhere" not in james.get(led).text


def test_numbers_that_a_page_asks_for_by_itself_take_nobody_away(james: Browser) -> None:
    james.cookies = {}
    for path in ("/inbox/count", "/leads/assign/count"):
        asked = james.get(path, **{"hx-request": "true"})
        assert (asked.status_code, asked.text) == (401, "")
        assert "hx-redirect" not in asked.headers


@pytest.mark.parametrize("where", ["edit", "cell/job_title"])
def test_what_the_engine_notes_beside_the_fields_that_are_told_is_no_conflict(
    world: World, james: Browser, where: str
) -> None:
    made = lead(world)
    with world.system() as tx:
        save(tx, "lead", {"last_activity_at": tx.clock.now()}, id=made, trusted=True)
    sent = {"version": "1", "last_name": "Berthier", "job_title": "Directrice"}
    assert james.post(f"/leads/{made}/{where}", sent).status_code == 200
    with world.system() as tx:
        found = find(tx, "lead", made)
    assert (found["job_title"], found.version, found["last_activity_at"] is None) == ("Directrice", 3, False)
