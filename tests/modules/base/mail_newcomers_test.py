"""A stranger's mail makes a record where a rule asks for it, once and not too often; mails find what they are about."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.modules.base.mail_rules_test import CLAIRE, DOMAIN, arrives, mailing, notes, waits
from tests.services.automation.setting import all_of, outcomes, rule, runs
from tests.services.processes.drawing import drawn
from tests.world.cast import World

from entente.kernel.db.database import Database
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.records.record import Record
from entente.services.automation import newcomers
from entente.services.mail.imap import Arrival, Mark
from entente.services.mail.incoming import list_incoming, settle, take_mail
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.picture import instances_of

__all__ = ["mailing"]
NEWCOMER = {"newcomer": True, "mailbox": f"sales@{DOMAIN}"}


def leads(world: World) -> Sequence[Record]:
    return all_of(world, "lead")


def test_a_stranger_becomes_a_record_and_his_next_mail_belongs_to_it(mailing: Database, world: World) -> None:
    made = waits(world, settings=NEWCOMER)
    fate = arrives(world, "Bonjour,\r\nun devis ?\r\n{{ mail.to }}", From=f"Claire Le Goff <{CLAIRE}>", Subject="Devis")
    assert (fate.state, fate.reason, fate.entity) == ("accepted", "task_reply.made", "lead")
    [lead] = leads(world)
    assert (lead.id, lead["first_name"], lead["last_name"]) == (fate.record, "Claire Le", "Goff")
    assert lead["emails"][0].value == CLAIRE
    assert "{{ mail.to }}" in lead["need"]
    assert arrives(world, "Encore").reason == "task_reply.rules"
    assert len(leads(world)) == 1
    assert outcomes(world, made) == ["done", "done"]


def test_a_rule_starts_a_process_with_what_a_stranger_wrote(mailing: Database, world: World) -> None:
    with world.acts("admin") as tx:
        deploy(tx, import_model(tx, drawn("start s\nuser a destinations=user:james\ns > a", "taken_in")).id)
    start = [{"kind": "action", "action": "start_process", "wish": {"process": "taken_in"}}]
    rule(world, trigger="mail", settings=NEWCOMER, actions=start, run_as="actor", owner=world.id_of("admin"))
    lead = arrives(world).record
    assert lead is not None
    with world.acts("admin") as tx:
        assert len(instances_of(tx, "lead", lead)) == 1


@pytest.mark.parametrize(
    ("headers", "proof"),
    [
        ({"Auto_Submitted": "auto-replied"}, "pass"),
        ({"Precedence": "bulk"}, "pass"),
        ({"From": f"Entente <crm@{DOMAIN}>"}, "pass"),
        ({"From": f"Sales <sales@{DOMAIN}>"}, "pass"),
        ({"From": "James <james@kervella.example>"}, "pass"),
        ({"To": f"info@{DOMAIN}"}, "pass"),
        ({}, "fail"),
    ],
)
def test_machines_ourselves_colleagues_and_forgers_become_nothing(
    mailing: Database, world: World, headers: dict[str, str], proof: str
) -> None:
    waits(world, settings=NEWCOMER)
    for_domain = {"Authentication_Results": f"mx.{DOMAIN}; dmarc={proof} header.from={DOMAIN}"}
    arrives(world, proof=proof, **(for_domain if "From" in headers else {}), **headers)
    assert leads(world) == []


def test_who_is_known_in_another_place_is_no_newcomer(mailing: Database, world: World) -> None:
    world.has("contact", "james", last_name="Berthier", emails=[{"value": CLAIRE}])
    waits(world, settings=NEWCOMER)
    arrives(world)
    assert leads(world) == []


def test_only_the_first_rule_makes_a_record_and_without_being_asked_none_does(mailing: Database, world: World) -> None:
    waits(world)
    arrives(world)
    assert leads(world) == []
    first, second = waits(world, settings=NEWCOMER), waits(world, settings=NEWCOMER)
    arrives(world)
    assert len(leads(world)) == 1
    assert (outcomes(world, first), outcomes(world, second)) == (["done"], ["done"])


def test_one_domain_makes_few_records_in_an_hour(
    mailing: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newcomers, "MOST_OF_A_DOMAIN", 1)
    waits(world, settings=NEWCOMER)
    kept(world, "one@lisiere.example")
    assert arrives(world, From="two@lisiere.example").reason == "automation.too_many_new"
    assert len(leads(world)) == 1


def kept(world: World, sender: str) -> None:
    """A mail that arrives in the mailbox and is treated there."""
    identity = uuid4()
    fate = arrives(world, From=sender)
    raw = f"From: {sender}\r\nMessage-ID: <{identity}@client.example>\r\n\r\nBonjour".encode()
    with world.system() as tx:
        assert take_mail(tx, "sales", Arrival(mark=Mark(1, 1), raw=raw, whole=True))
        [mail] = newest(tx)
        settle(tx, mail, fate)


def newest(tx: Any) -> list[UUID]:

    return [each.id for each in list_incoming(tx, limit=1)]


def test_a_rule_that_could_make_nothing_is_refused(mailing: Database, world: World) -> None:
    with pytest.raises((Refused, Invalid)) as refused:
        waits(world, entity="opportunity", settings=NEWCOMER)
    assert "automation.no_address_field" in str(getattr(refused.value, "faults", refused.value))


def test_mails_about_an_opportunity_find_it_by_their_sender_and_its_number(mailing: Database, world: World) -> None:
    contact = world.has("contact", "james", last_name="Berthier", emails=[{"value": CLAIRE}])
    first = deal(world, contact=contact)
    second = deal(world)
    world.has("opportunity_contact", "james", opportunity=second, contact=contact)
    deal(world)
    made = waits(world, entity="opportunity")
    assert arrives(world).state == "accepted"
    assert {each.record for each in runs(world, made)} == {first, second}
    number = next(each["number"] for each in all_of(world, "opportunity") if each.id == first)
    arrives(world, Subject=f"Re: votre offre [{number.lower()}]")
    assert [each.record for each in runs(world, made)].count(first) == 2
    assert [each.record for each in runs(world, made)].count(second) == 1
    arrives(world, Subject=f"Re: {number}", From="eve@lisiere.example")
    assert len(runs(world, made)) == 3
    assert len(notes(world)) == 3


def deal(world: World, **values: Any) -> UUID:
    given = {"name": "Deal", "amount": {"amount": "10", "currency": "EUR"}, "close_date": "2027-01-31"}
    return world.has("opportunity", "james", **{**given, **values})
