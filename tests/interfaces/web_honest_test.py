"""Pages say no more than is true: empty lists, steps that were jumped over, what somebody may add."""

import re
from datetime import timedelta
from typing import cast

import pytest

from entente.interfaces.web.wording import amid
from entente.kernel.kit.clock import SetClock
from entente.kernel.records.save import save
from entente.kernel.records.shares import share, unshare
from entente.kernel.seeding import seed_id
from tests.interfaces.browser import Browser, Client
from tests.world.cast import World

AMOUNT = {"amount": "12000", "currency": "EUR"}


def speak_french(world: World, login: str) -> None:
    with world.system() as tx:
        save(tx, "user", {"language": "fr"}, id=world.id_of(login))


def empty_text(html: str) -> str:
    found = re.search(r'<div class="empty">.*?<p>([^<]*)</p>', html, re.DOTALL)
    assert found, html
    return found[1]


def steps(html: str) -> list[str]:
    bar = re.search(r'<ol class="stage-path".*?</ol>', html, re.DOTALL)
    assert bar, html
    return re.findall(r'<li class="(\w+)"', bar[0])


def test_an_empty_entity_an_empty_view_and_a_filter_without_match_are_told_apart(client: Client, world: World) -> None:
    speak_french(world, "james")
    james = Browser(client, world, "james")
    assert empty_text(james.get("/leads?view=mine").text) == "Pas encore de prospects."
    assert empty_text(james.get("/opportunities").text) == "Pas encore d’opportunités."
    assert "/leads/new" in james.get("/leads").text
    world.has("lead", "james", last_name="Ouellet", status="in_process")
    assert empty_text(james.get("/leads?view=urgent").text) == "Cette vue est vide pour l’instant."
    searched = james.get("/leads?view=everything&q=absent").text
    assert empty_text(searched) == "Rien ne correspond à ces filtres."
    assert 'href="/leads?view=everything&amp;filter=%5B%5D"' in searched


def test_labels_stand_in_the_middle_of_a_sentence_as_their_language_wants() -> None:
    assert amid("en", "Leads") == "leads"
    assert [amid("fr", each) for each in ("Comptes", "Étiquettes", "BPMN")] == [
        "de comptes",
        "d’étiquettes",
        "de BPMN",
    ]


def test_a_step_that_was_jumped_over_was_not_done(client: Client, world: World) -> None:
    account = world.has("account", "james", name="Port")
    deal = world.has("opportunity", "james", name="Quai", account=account, amount=AMOUNT, close_date="2027-02-01")
    james = Browser(client, world, "james")
    assert steps(james.get(f"/opportunities/{deal}").text) == ["current", "coming", "coming", "coming", "coming"]
    for stage in ("sale_proposal", "sale_negotiation"):
        with world.acts("james") as tx:
            save(tx, "opportunity", {"stage": seed_id("pipeline_stage", stage)}, id=deal)
    page = james.get(f"/opportunities/{deal}").text
    assert steps(page) == ["done", "skipped", "done", "current", "coming"]
    assert '<span class="visually-hidden">skipped</span>' in page


def test_a_reader_is_offered_no_note_and_may_write_none(client: Client, world: World) -> None:
    account = world.has("account", "james", name="Port")
    contact = world.has("contact", "james", last_name="Kermadec", account=account)
    rita = Browser(client, world, "rita")
    for path in (f"/accounts/{account}", f"/contacts/{contact}"):
        page = rita.get(path).text
        assert 'id="composer"' not in page
        assert "/new?" not in page
    assert rita.post(f"/accounts/{account}/composer?kind=note", {"body": "No"}).status_code in (403, 404)
    page = Browser(client, world, "james").get(f"/accounts/{account}").text
    assert 'id="composer"' in page
    assert re.search(r"/new\?\w+=", page)


def test_the_assignment_form_is_fresh_after_each_assignment(client: Client, world: World) -> None:
    page = Browser(client, world, "helene").get("/leads/assign").text
    aside = re.search(r'<section class="assign-to"[^>]*>', page)
    assert aside
    assert 'hx-trigger="record-saved from:body"' in aside[0]
    assert 'hx-select="#assign-to"' in aside[0]


def test_the_timeline_has_words_for_sharing(client: Client, world: World) -> None:
    account = world.has("account", "james", name="Port")
    with world.acts("james") as tx:
        lent = share(tx, "account", account, user=world.id_of("nadia"), level="read")
        unshare(tx, "account", account, lent)
    timeline = Browser(client, world, "james").get(f"/accounts/{account}/timeline").text
    assert "shared the record" in timeline
    assert "stopped sharing the record" in timeline


def test_a_record_is_shown_as_it_was_on_a_day(client: Client, world: World) -> None:
    lead = world.has("lead", "james", last_name="Avant", company_name="Serres du Lis", priority="low")
    clock = cast("SetClock", world.database.clock)
    clock.move(timedelta(days=3))
    with world.acts("james") as tx:
        save(tx, "lead", {"last_name": "Après", "company_name": None, "priority": "urgent"}, id=lead)
    james = Browser(client, world, "james")
    assert f'hx-get="/leads/{lead}/past"' in james.get(f"/leads/{lead}").text
    before = james.get(f"/leads/{lead}/past?day=2026-11-24").text
    assert "Avant" in before
    assert "Serres du Lis" in before
    assert "Low" in before
    today = james.get(f"/leads/{lead}/past?day=2026-11-26").text
    assert "Après" in today
    assert "Serres du Lis" not in today
    assert "did not exist yet" in james.get(f"/leads/{lead}/past?day=2026-11-22").text
    assert Browser(client, world, "nadia").get(f"/leads/{lead}/past").status_code == 404


def test_what_may_not_be_read_is_not_read_in_the_past_either(client: Client, world: World) -> None:
    account = world.has("account", "james", name="Port")
    with world.system() as tx:
        save(tx, "account", {"credit_limit": {"amount": "7770", "currency": "EUR"}}, id=account, trusted=True)
        save(tx, "account", {"credit_limit": None}, id=account, trusted=True)
    shown = Browser(client, world, "marie").get(f"/accounts/{account}/past?day=2026-11-23").text
    assert not re.search("7[,\u202f\u00a0 ]770", shown)


def test_what_is_too_large_is_said_with_the_limit_and_a_way_back(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    headers = {"accept-language": "en", "referer": "http://testserver.local/imports/new?entity=lead"}
    answer = james.send("/imports/new", files={"file": ("people.csv", b"x" * 30_000_001)}, headers=headers)
    assert answer.status_code == 413
    assert "larger than 30 MB" in answer.text
    assert 'href="/imports/new?entity=lead"' in answer.text


@pytest.mark.parametrize("address", ["https://a.example//b.example/x", "https://a.example/", "not an address", ""])
def test_the_way_back_never_leaves_the_product(client: Client, world: World, address: str) -> None:
    answer = Browser(client, world, "james").get("/nowhere/at/all", referer=address, **{"accept-language": "en"})
    assert answer.status_code == 404
    assert ">Back<" not in answer.text
    assert "example" not in answer.text


def test_a_refusal_speaks_the_language_of_its_reader_whatever_his_browser_prefers(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    nowhere = f"/leads/{seed_id('lead', 'nowhere')}"
    assert "<h1>Not found</h1>" in james.get(nowhere, **{"accept-language": "fr"}).text
    speak_french(world, "james")
    assert "<h1>Introuvable</h1>" in james.get(nowhere, **{"accept-language": "en"}).text


@pytest.mark.parametrize("address", ["/leads/none", "/settings/none", "/a/b/c/d/e"])
def test_an_address_that_nothing_answers_is_a_page_for_people(client: Client, world: World, address: str) -> None:
    james = Browser(client, world, "james")
    answer = james.get(address, accept="text/html,*/*", **{"accept-language": "fr"})
    assert answer.status_code == 404
    assert "<h1>Introuvable</h1>" in answer.text
    told = james.get(address, accept="application/json")
    assert (told.status_code, told.headers["content-type"]) == (404, "application/problem+json")


def test_the_home_page_says_that_more_waits_than_it_shows(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    for number in range(7):
        world.has("task", "james", subject=f"Rappeler {number}", owner=world.id_of("james"))
    assert '<span class="count">7</span>' in james.get("/").text
    world.has("task", "james", subject="Rappeler encore", owner=world.id_of("james"))
    assert '<span class="count">7+</span>' in james.get("/").text
    assert "What you work on will stand here." in Browser(client, world, "rita").get("/").text
