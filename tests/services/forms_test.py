"""Public forms: what a stranger sends becomes one record, and tells him nothing."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from tests.world.cast import World

from entente.kernel.db.tx import Tx, new_cause
from entente.kernel.kit.clock import SetClock
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Invalid, NotFound, Refused, Throttled
from entente.kernel.records.actions import perform
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.forms.answers import read_answers
from entente.services.forms.companies import suggest
from entente.services.forms.limits import forget_visits
from entente.services.forms.published import form_of, may_send
from entente.services.forms.receipts import Receipt, new_token
from entente.services.forms.submit import Visit, submit

CAMILLE = {
    "last_name": "Berthier",
    "first_name": "Camille",
    "emails": "camille@lisiere.example",
    "description": "Deux serres à équiper",
}


def sent(world: World, answers: Mapping[str, Any] = CAMILLE, language: str = "fr", **visit: Any) -> Receipt:
    with world.database.begin(system("form"), cause=new_cause("form")) as tx:
        tx.language = language
        return submit(tx, form_of(tx, "contact"), answers, Visit(**{"peer": "192.0.2.1", "consent": True, **visit}))


def leads(world: World) -> list[Record]:
    return all_of(world, "lead")


def all_of(world: World, entity: str) -> list[Record]:
    with world.system() as tx:
        return page(tx, Ask(entity=entity)).records


def changed_form(world: World, **values: Any) -> None:
    with world.system() as tx:
        save(tx, "web_form", values, id=form_of(tx, "contact").id)


def faults_of(world: World, answers: Mapping[str, Any], **visit: Any) -> dict[str | None, str]:
    with pytest.raises(Invalid) as refused:
        sent(world, answers, **visit)
    return {fault.field: fault.code for fault in refused.value.faults}


def test_answers_become_a_record_with_all_that_is_known_of_the_visit(world: World) -> None:
    sent(world, referrer="https://jardin.example/serres", utm={"utm_source": "salon", "utm_other": "x"})
    (lead,) = leads(world)
    assert (lead["name"], lead["description"]) == ("Camille Berthier", "Deux serres à équiper")
    assert (lead["source"], lead["utm_source"], lead["language"]) == ("web", "salon", "fr")
    assert lead["referrer"] == "https://jardin.example/serres"
    assert lead["purchase_timeframe"] == "unknown"
    (kept,) = all_of(world, "form_submission")
    assert kept["record"].id == lead.id
    assert (kept["outcome"], kept["utm"]) == ("created", {"utm_source": "salon"})


def test_consent_is_kept_as_it_was_shown(world: World) -> None:
    sent(world, language="en")
    (lead,) = leads(world)
    assert lead["consent_text"].startswith("I agree that my details are used")
    assert all_of(world, "form_submission")[0]["consent"] == lead["consent_text"]


def test_without_consent_nothing_is_taken(world: World) -> None:
    assert faults_of(world, CAMILLE, consent=False) == {"consent": "form.consent_needed"}
    assert leads(world) == all_of(world, "form_submission") == []


def test_every_answer_at_fault_is_named(world: World) -> None:
    faults = faults_of(world, {"emails": "camille", "employees": "many", "company_name": "Lisière"})
    assert faults == {
        "last_name": "field.required",
        "emails": "field.not_an_email",
        "employees": "field.not_a_number",
        "description": "field.required",
    }


def test_answers_in_hidden_sections_are_dropped(world: World) -> None:
    sent(world, {**CAMILLE, "purchase_timeframe": "year", "decision_maker": "1", "budget_status": "will"})
    (lead,) = leads(world)
    assert (lead["decision_maker"], lead["budget_status"]) == (False, "none")


def test_answers_in_shown_sections_are_kept(world: World) -> None:
    sent(world, {**CAMILLE, "purchase_timeframe": "quarter", "decision_maker": "1", "budget_status": "will"})
    (lead,) = leads(world)
    assert (lead["decision_maker"], lead["budget_status"]) == (True, "will")


def test_a_hidden_answer_shows_nothing_else(world: World) -> None:
    with world.system() as tx:
        form = form_of(tx, "contact")
        answers = read_answers(tx, form, {**CAMILLE, "employees": "40", "company_name": "  "})
    assert "employees" not in answers.values


def test_fields_that_are_not_asked_cannot_be_written(world: World) -> None:
    sent(world, {**CAMILLE, "score": "99", "owner": str(world.id_of("james")), "status": "dead"})
    (lead,) = leads(world)
    assert (lead["score"], lead["owner"], lead["status"]) == (0, None, "new")


def test_twenty_equal_sends_at_once_make_one_record(world: World) -> None:
    changed_form(world, hourly_limit=100)
    with world.system() as tx:
        token = new_token(tx)
    clock_of(world).move(timedelta(seconds=5))
    with ThreadPoolExecutor(6) as people:
        receipts = list(people.map(lambda _: sent(world, token=token), range(20)))
    assert len(leads(world)) == len(all_of(world, "form_submission")) == 1
    assert [receipt.replayed for receipt in receipts].count(False) == 1
    assert {receipt.submission for receipt in receipts} == {receipts[0].submission}


def test_equal_sends_without_token_are_one_for_ten_minutes(world: World) -> None:
    assert not sent(world).replayed
    assert sent(world).replayed
    clock_of(world).move(timedelta(minutes=11))
    assert sent(world).outcome == "known"


def test_different_sends_of_one_address_at_once_make_one_record(world: World) -> None:
    changed_form(world, hourly_limit=100)
    with ThreadPoolExecutor(6) as people:
        list(people.map(lambda n: sent(world, {**CAMILLE, "description": f"Demande {n}"}), range(12)))
    assert len(leads(world)) == 1
    assert len(all_of(world, "note")) == 11


def test_a_known_address_gets_a_note_and_its_owner_is_told(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier", emails="CAMILLE+salon@lisiere.example")
    assert sent(world, {**CAMILLE, "description": "<b>Urgent</b>"}).outcome == "known"
    assert [each.id for each in leads(world)] == [lead]
    (note,) = all_of(world, "note")
    assert note["regarding"].id == lead
    assert "&lt;b&gt;Urgent" in note["body"]
    (told,) = [each for each in all_of(world, "notification") if each["kind"] == "form.sent_again_by"]
    assert (told["owner"], told["regarding"].id) == (world.id_of("james"), lead)


def test_a_known_phone_is_a_known_address(world: World) -> None:
    world.has("lead", "james", last_name="B.", phones="06 39 98 12 34")
    assert sent(world, {**CAMILLE, "phones": "+33639981234"}).outcome == "known"


def test_a_disqualified_record_is_reopened(world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier", emails="camille@lisiere.example")
    with world.acts("james") as tx:
        perform(tx, "lead", "disqualify", [lead], {"disqualify_reason": "not_interested"})
    sent(world)
    with world.acts("james") as tx:
        assert find(tx, "lead", lead)["state"] == "open"


def test_a_similar_company_is_no_known_address(world: World) -> None:
    world.has("lead", "james", last_name="Berthier", company_name="Lisière SARL")
    assert sent(world, {**CAMILLE, "company_name": "Lisiere"}).outcome == "created"


def test_a_blocking_rule_reveals_nothing(world: World) -> None:
    with world.system() as tx:
        rules = page(tx, Ask(entity="duplicate_rule", filter='source = "lead" and target = "account"')).records
        for rule in rules:
            save(tx, "duplicate_rule", {"action": "block"}, id=rule.id)
    world.has("account", "james", name="Lisière")
    world.database.forget_catalogs()
    receipt = sent(world, {**CAMILLE, "company_name": "Lisière SARL"})
    assert receipt.outcome == "known"
    assert leads(world) == []


def test_robots_are_answered_and_ignored(world: World) -> None:
    assert sent(world, trap="https://spam.example").outcome == "ignored"
    assert leads(world) == []
    assert [each["outcome"] for each in all_of(world, "form_submission")] == ["ignored"]


def test_nobody_fills_a_form_in_one_second(world: World) -> None:
    with world.system() as tx:
        token = new_token(tx)
    assert faults_of(world, CAMILLE, token=token) == {None: "form.too_fast"}
    clock_of(world).move(timedelta(seconds=2))
    assert sent(world, token=token).outcome == "created"


def test_one_address_sends_only_so_often_in_an_hour(world: World) -> None:
    changed_form(world, hourly_limit=2)
    for number in range(2):
        sent(world, {**CAMILLE, "description": f"Demande {number}"})
    with pytest.raises(Throttled) as throttled:
        sent(world, {**CAMILLE, "description": "Encore"})
    assert 0 < throttled.value.seconds <= 3600
    sent(world, {**CAMILLE, "description": "Encore"}, peer="192.0.2.2")
    clock_of(world).move(timedelta(minutes=61))
    sent(world, {**CAMILLE, "description": "Encore"})


def test_an_ipv6_household_is_one_address(world: World) -> None:
    changed_form(world, hourly_limit=1)
    sent(world, peer="2001:db8:1:2::10")
    with pytest.raises(Throttled):
        sent(world, {**CAMILLE, "description": "Encore"}, peer="2001:db8:1:2:ffff::1")


def test_addresses_of_visitors_are_forgotten_after_an_hour(world: World) -> None:
    sent(world)
    clock_of(world).move(timedelta(minutes=61))
    with world.system() as tx:
        forget_visits(tx)
        assert rows_of(tx, "form_visit") == 0
        assert rows_of(tx, "form_receipt") == 1


def test_companies_come_from_the_form_alone(world: World) -> None:
    world.has("account", "james", name="Lisière Horticulture")
    with world.system() as tx:
        form = form_of(tx, "contact")
        definition = find(tx, "web_form", form.id)["definition"]
        save(tx, "web_form", {"definition": {**definition, "companies": ["Énergie Lis SA", "Autre"]}}, id=form.id)
        assert suggest(form_of(tx, "contact"), "energie LIS") == ["Énergie Lis SA"]
        assert suggest(form_of(tx, "contact"), "lisiere") == []


def test_a_form_that_is_not_published_is_not_there(world: World) -> None:
    changed_form(world, active=False)
    with world.system() as tx, pytest.raises(NotFound):
        form_of(tx, "contact")


def test_only_allowed_sites_may_send(world: World) -> None:
    changed_form(world, allowed_origins=["https://Jardin.example/"])
    with world.system() as tx:
        form = form_of(tx, "contact")
    assert may_send(form, "https://jardin.example")
    assert not may_send(form, "https://jardin.example.evil.example")
    assert not may_send(form, "null")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"allowed_origins": ["https://a.example; script-src *"]}, "form.bad_origin"),
        ({"key": "Contact us"}, "form.bad_key"),
        ({"definition": {"sections": []}}, "form.definition_not_understood"),
        ({"definition": {"fields": [{"field": "owner"}]}}, "form.field_not_askable"),
        ({"definition": {"fields": [{"field": "state"}]}}, "form.field_not_askable"),
        ({"definition": {"fields": [{"field": "emails"}, {"field": "emails"}]}}, "form.field_twice"),
        (
            {"definition": {"fields": [{"field": "emails", "show_if": "last_name != null"}, {"field": "last_name"}]}},
            "form.condition_looks_ahead",
        ),
    ],
)
def test_an_unsound_form_is_not_saved(world: World, values: dict[str, Any], code: str) -> None:
    both = {"en": "A", "fr": "A"}
    if fields := values.get("definition", {}).get("fields"):
        section = {"key": "one", "label": both, "fields": fields}
        values = {"definition": {"title": both, "submit": both, "sections": [section]}}
    with pytest.raises(Refused) as refused:
        changed_form(world, **values)
    faults = refused.value.faults if isinstance(refused.value, Invalid) else (refused.value,)
    assert [fault.code for fault in faults] == [code]


def clock_of(world: World) -> SetClock:
    clock = world.database.clock
    assert isinstance(clock, SetClock)
    return clock


def rows_of(tx: Tx, table: str) -> int:
    found = tx.connection.execute(f'SELECT count(*) FROM "{tx.catalog.schema}".{table}'.encode()).fetchone()
    assert found is not None
    return int(found[0])
