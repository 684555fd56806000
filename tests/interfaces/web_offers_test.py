"""Nothing is offered that is refused: whatever a page of a record of somebody else names can be opened."""

import re
from html import unescape

import pytest

from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import Ask
from entente.kernel.records.query import page as rows_of
from entente.kernel.records.save import save
from entente.kernel.records.shares import share
from tests.interfaces.browser import Browser, Client
from tests.world.cast import World

ADDRESS = re.compile(r'(?:hx-get|href)="(/[^"#]+)"')
AMOUNT = {"amount": "100", "currency": "EUR"}
ELSEWHERE = ("/static", "/files", "/processes", "/settings", "/api")


def offered(html: str) -> set[str]:
    """What the middle of a page leads to."""
    found = {each.replace("&amp;", "&") for each in ADDRESS.findall(html.partition('id="main"')[2])}
    return {each for each in found if not each.startswith(ELSEWHERE)}


@pytest.mark.parametrize("login", ["marie", "sam", "rita", "james", "helene"])
def test_what_a_page_offers_is_not_refused(client: Client, world: World, login: str) -> None:
    account = world.has("account", "nadia", name="Lisière SAS")
    lead = world.has("lead", "nadia", last_name="Berthier", company_name="Lisière")
    contact = world.has("contact", "nadia", last_name="Dupré", emails="d@lisiere.example")
    deal = world.has("opportunity", "nadia", name="Serres", close_date="2026-12-24", amount=AMOUNT)
    made = {"accounts": account, "leads": lead, "contacts": contact, "opportunities": deal}
    for kind, about in (("task", Ref("lead", lead)), ("call", Ref("account", account))):
        world.has(kind, "nadia", subject="Rappeler", regarding=about)
    person = Browser(client, world, login)
    refused = []
    for path, identity in made.items():
        shown = person.get(f"/{path}/{identity}")
        if shown.status_code == 200:
            for url in sorted(offered(shown.text) | offered(person.get(f"/{path}").text)):
                answer = person.get(url, **{"hx-request": "true"})
                refused += [(path, url, answer.status_code)] if answer.status_code >= 400 else []
    assert refused == []


def test_cells_are_edited_in_place_where_their_record_may_be_changed(client: Client, world: World) -> None:
    mine = world.has("account", "marie", name="Corvin")
    other = world.has("account", "nadia", name="Lisière SAS")
    shown = Browser(client, world, "marie").get("/accounts?view=all").text
    assert f"/accounts/{mine}/cell/" in shown
    assert str(other) in shown
    assert f"/accounts/{other}/cell/" not in shown


def test_who_was_lent_a_record_to_change_is_offered_its_form(client: Client, world: World) -> None:
    lent, other = (world.has("lead", "nadia", last_name=name) for name in ("Berthier", "Corlay"))
    with world.system() as tx:
        share(tx, "lead", lent, user=world.id_of("rita"), level="edit")
    rita = Browser(client, world, "rita")
    assert f"/leads/{lent}/edit" in offered(rita.get(f"/leads/{lent}").text)
    assert f"/leads/{other}/edit" not in offered(rita.get(f"/leads/{other}").text)
    shown = rita.get("/leads?view=all").text
    assert f"/leads/{lent}/cell/" in shown
    assert f"/leads/{other}/cell/" not in shown


def test_related_records_that_do_not_fit_the_page_are_one_step_away(client: Client, world: World) -> None:
    account = world.has("account", "nadia", name="Lisière SAS")
    deals = [
        world.has("opportunity", "nadia", name=f"Serres {at}", account=account, close_date="2026-12-24", amount=AMOUNT)
        for at in range(7)
    ]
    world.has("opportunity", "nadia", name="Ailleurs", close_date="2026-12-24", amount=AMOUNT)
    nadia = Browser(client, world, "nadia")
    card = (
        nadia.get(f"/accounts/{account}")
        .text.partition('id="related-opportunity-account"')[2]
        .partition("</article>")[0]
    )
    address = re.search(r'<h2><a href="([^"]+)"', card)
    assert address
    shown = nadia.get(unescape(address[1])).text
    assert {str(deal) for deal in deals} == set(re.findall(r'id="row-([^"]+)"', shown))


def test_who_only_reads_sees_no_empty_cards(client: Client, world: World) -> None:
    lead = world.has("lead", "nadia", last_name="Berthier")
    assert 'id="related-opportunity-lead"' in Browser(client, world, "nadia").get(f"/leads/{lead}").text
    assert 'id="related-opportunity-lead"' not in Browser(client, world, "rita").get(f"/leads/{lead}").text


def test_a_record_shows_whom_and_what_it_is_tied_to(client: Client, world: World) -> None:
    account = world.has("account", "nadia", name="Lisière SAS")
    contact = world.has("contact", "nadia", last_name="Dupré", emails="d@lisiere.example", account=account)
    deal = world.has("opportunity", "nadia", name="Serres", account=account, close_date="2026-12-24", amount=AMOUNT)
    world.has("opportunity_contact", "nadia", opportunity=deal, contact=contact, role="decision_maker")
    nadia = Browser(client, world, "nadia")
    shown = {
        path: set(re.findall(r'id="related-([a-z_]+)-', nadia.get(path).text))
        for path in (f"/accounts/{account}", f"/contacts/{contact}", f"/opportunities/{deal}")
    }
    assert {"account_contact", "opportunity"} <= shown[f"/accounts/{account}"]
    assert {"account_contact", "opportunity"} <= shown[f"/contacts/{contact}"]
    assert {"opportunity_contact", "stage_history"} <= shown[f"/opportunities/{deal}"]
    card = (
        nadia.get(f"/opportunities/{deal}").text.partition('id="related-opportunity_contact')[2].partition("</ul>")[0]
    )
    assert f'href="/contacts/{contact}">Dupré<' in card
    assert "Decision maker" in card
    assert "· 0" not in card


def test_what_ties_two_records_is_changed_where_it_is_shown(client: Client, world: World) -> None:
    old, new = (world.has("account", "nadia", name=name) for name in ("Lisière SAS", "Chais du Ponant"))
    contact = world.has("contact", "nadia", last_name="Dupré", account=old)
    left = world.has("account_contact", "nadia", contact=contact, account=new, role="buyer", end_date="2026-10-31")
    nadia = Browser(client, world, "nadia")
    for page, other in ((f"/contacts/{contact}", "Chais du Ponant"), (f"/accounts/{new}", "Dupré")):
        shown = unescape(nadia.get(page).text)
        assert f"/account-contacts/{left}/edit" in offered(shown)
        assert f"Edit: {other}" in shown
        assert re.search(r"Buyer · Until: [^<·]*2026", shown)
    assert nadia.get(f"/account-contacts/{left}/edit", **{"hx-request": "true"}).status_code == 200
    rita = Browser(client, world, "rita").get(f"/contacts/{contact}").text
    assert f"/account-contacts/{left}/edit" not in rita


def test_nobody_is_offered_to_write_what_the_engine_keeps(client: Client, world: World) -> None:
    account = world.has("account", "nadia", name="Lisière SAS")
    deal = world.has("opportunity", "nadia", name="Serres", account=account, close_date="2026-12-24", amount=AMOUNT)
    with world.system() as tx:
        form = rows_of(tx, Ask(entity="web_form")).records[0].id
        save(tx, "form_submission", {"form": form, "outcome": "created"}, trusted=True)
    admin = Browser(client, world, "admin")
    for place, card in (
        (f"/opportunities/{deal}", "related-stage_history-opportunity"),
        (f"/web-forms/{form}", "related-form_submission-form"),
    ):
        shown = admin.get(place).text
        assert f'id="{card}"' in shown
        assert "/new?" not in shown.partition(f'id="{card}"')[2].partition("</ul>")[0]
    for path in ("stage-history", "form-submissions"):
        assert f'href="/{path}/new"' not in admin.get(f"/{path}").text
        assert f'hx-get="/{path}/new"' not in admin.get(f"/{path}").text
        assert admin.get(f"/{path}/new").status_code == 403
