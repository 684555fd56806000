"""A lead becomes an account, a contact and an opportunity at one stroke, or nothing happens."""

from typing import Any
from uuid import UUID

import pytest
from tests.world.cast import World
from tests.world.racing import one_won, together

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.actions import perform
from entente.kernel.records.query import Ask, count, find
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.kernel.undoing import undo
from entente.modules.sales.conversion import Converted, suggested

CORLAY = {
    "salutation": "ms",
    "first_name": "Ada",
    "last_name": "Corlay",
    "company_name": "Fonderie Sorel",
    "job_title": "Directrice technique",
    "emails": ["ada.corlay@fonderie-sorel.example"],
    "phones": [{"value": "06 39 98 00 12", "kind": "mobile"}],
    "website": "https://fonderie-sorel.example",
    "industry": "manufacturing",
    "employees": 80,
    "address": {"street": "3 rue du Four", "postal_code": "35000", "city": "Rennes", "country": "FR"},
    "source": "referral",
    "description": "Deux sites à entretenir",
    "estimated_amount": {"amount": "12500", "currency": "EUR"},
    "purchase_timeframe": "immediate",
}


def _convert(world: World, login: str, lead: UUID, wish: dict[str, Any] | None = None) -> Converted:
    with world.acts(login) as tx:
        made: Converted = perform(tx, "lead", "convert", [lead], wish).results[0]
    return made


def made_by(tx: Tx, entity: str, identity: UUID | None) -> Record:
    """A record of a conversion that must have made it."""
    assert identity is not None
    return find(tx, entity, identity)


def test_everything_of_the_lead_arrives(world: World) -> None:
    lead = world.has("lead", "james", **CORLAY)
    made = _convert(world, "james", lead)
    with world.acts("james") as tx:
        account, contact = made_by(tx, "account", made.account), made_by(tx, "contact", made.contact)
        deal, kept = made_by(tx, "opportunity", made.opportunity), find(tx, "lead", lead)
    assert (account["name"], account["industry"], account["employees"]) == ("Fonderie Sorel", "manufacturing", 80)
    assert account["billing_address"].city == "Rennes"
    assert account["emails"] == ()
    assert (contact["name"], contact["job_title"]) == ("Ada Corlay", CORLAY["job_title"])
    assert contact["account"] == account.id
    assert [entry.value for entry in contact["emails"]] == CORLAY["emails"]
    assert (deal["amount"].amount, deal["account"], deal["contact"]) == (12500, account.id, contact.id)
    assert (deal["source"], deal["description"], deal["lead"]) == ("referral", CORLAY["description"], lead)
    assert {account["originating_lead"], contact["originating_lead"]} == {lead}
    assert (kept["state"], kept["outcome"], kept["created_opportunity"]) == ("qualified", "deal", deal.id)
    assert account["owner"] == contact["owner"] == deal["owner"] == kept["owner"]


def test_known_account_is_linked_and_only_completed(world: World) -> None:
    account = world.has("account", "james", name="Sorel SA", employees=50)
    lead = world.has("lead", "james", **CORLAY)
    link = {"means": "link", "id": str(account), "values": {"employees": 80, "website": "https://sorel.example"}}
    made = _convert(world, "james", lead, {"account": link})
    with world.acts("james") as tx:
        kept = find(tx, "account", account)
        assert made_by(tx, "contact", made.contact)["account"] == account
    assert (made.account, kept["name"], kept["employees"]) == (account, "Sorel SA", 50)
    assert kept["website"] == "https://sorel.example"


def test_conversion_without_deal(world: World) -> None:
    lead = world.has("lead", "james", **CORLAY)
    nothing = {"means": "none"}
    made = _convert(world, "james", lead, {"opportunity": nothing})
    with world.acts("james") as tx:
        assert find(tx, "lead", lead)["outcome"] == "no_deal"
    assert made.opportunity is None


def test_nothing_at_all_must_be_said(world: World) -> None:
    lead = world.has("lead", "james", **CORLAY)
    nothing = {part: {"means": "none"} for part in ("account", "contact", "opportunity")}
    with pytest.raises(Refused, match="nothing_chosen"):
        _convert(world, "james", lead, nothing)
    assert _convert(world, "james", lead, {**nothing, "no_deal": True}).account is None


def test_open_tasks_move_and_done_ones_stay(world: World) -> None:
    lead = world.has("lead", "james", **CORLAY)
    with world.acts("james") as tx:
        waiting = save(tx, "task", {"subject": "Rappeler", "regarding": Ref("lead", lead)}).id
        done = save(tx, "task", {"subject": "Fait", "regarding": Ref("lead", lead), "status": "completed"}).id
    made = _convert(world, "james", lead)
    with world.acts("james") as tx:
        deal = made_by(tx, "opportunity", made.opportunity)
        assert find(tx, "task", waiting)["regarding"] == Ref("opportunity", deal.id)
        assert find(tx, "task", done)["regarding"] == Ref("lead", lead)


def test_refused_part_undoes_the_whole(world: World) -> None:
    lead = world.has("lead", "james", **CORLAY)
    with pytest.raises(Refused):
        _convert(world, "james", lead, {"opportunity": {"values": {"close_date": "never"}}})
    with world.acts("james") as tx:
        assert find(tx, "lead", lead)["state"] == "open"
        assert find(tx, "lead", lead)["created_account"] is None


def test_conversion_is_undone_at_one_stroke(world: World) -> None:
    lead = world.has("lead", "james", **CORLAY)
    with world.acts("james") as tx:
        outcome = perform(tx, "lead", "convert", [lead])
    with world.acts("james") as tx:
        assert undo(tx, outcome.cause).left == []
    with world.acts("james") as tx:
        kept = find(tx, "lead", lead)
        assert (kept["state"], kept["created_account"]) == ("open", None)
        with pytest.raises(Refused):
            find(tx, "account", outcome.results[0].account)


def test_leads_converted_together_without_a_deal_have_none(world: World) -> None:
    leads = [world.has("lead", "james", **{**CORLAY, "emails": None, "phones": None}) for _ in range(2)]
    with world.acts("james") as tx:
        made = perform(tx, "lead", "convert", leads, {"no_deal": True}).results
        assert [(each.opportunity, each.account is None) for each in made] == [(None, False)] * 2
        assert {find(tx, "lead", each)["outcome"] for each in leads} == {"no_deal"}


def test_conversion_whose_deal_was_worked_on_is_not_half_undone(world: World) -> None:
    touched, other = (world.has("lead", "james", **{**CORLAY, "emails": None, "phones": None}) for _ in range(2))
    with world.acts("james") as tx:
        outcome = perform(tx, "lead", "convert", [touched, other])
    deal = outcome.results[0].opportunity
    with world.acts("helene") as tx:
        save(tx, "opportunity", {"next_step": "Rappeler lundi"}, id=deal)
    with world.acts("james") as tx:
        done = undo(tx, outcome.cause)
    assert done.left[0] == ("opportunity", deal, "undo.changed_since")
    assert {code for _, _, code in done.left[1:]} == {"undo.hangs_together"}
    with world.acts("james") as tx:
        kept = find(tx, "lead", touched)
        assert (kept["state"], kept["created_opportunity"]) == ("qualified", deal)
        assert find(tx, "account", kept["created_account"])["name"] == "Fonderie Sorel"
        assert find(tx, "contact", kept["created_contact"])["last_name"] == "Corlay"
        assert find(tx, "lead", other)["state"] == "open"


def test_reader_cannot_convert(world: World) -> None:
    lead = world.has("lead", "james", **CORLAY)
    with pytest.raises(Refused):
        _convert(world, "rita", lead)


def test_dialog_opens_with_the_known_account(world: World) -> None:
    account = world.has("account", "james", name="Sorel SA")
    lead = world.has("lead", "james", **CORLAY, existing_account=account)
    with world.acts("james") as tx:
        dialog = suggested(tx, find(tx, "lead", lead))
    assert dialog.account is not None
    assert dialog.contact is not None
    assert dialog.opportunity is not None
    assert (dialog.account.means, dialog.account.id) == ("link", account)
    assert dialog.contact.values["last_name"] == "Corlay"
    assert dialog.opportunity.values["amount"].amount == 12500


def test_dialog_keeps_the_values_of_a_new_account_ready_beside_the_known_one(world: World) -> None:
    known = world.has("account", "james", name="Fonderie Sorel")
    lead = world.has("lead", "james", **CORLAY, existing_account=known)
    with world.acts("james") as tx:
        offered = suggested(tx, find(tx, "lead", lead)).account
    assert offered is not None
    assert (offered.values["name"], offered.values["employees"]) == ("Fonderie Sorel", 80)
    made = _convert(world, "james", lead)
    with world.acts("james") as tx:
        account = made_by(tx, "account", made.account)
    assert (account.id, account["employees"], account["billing_address"]) == (known, None, None)


def test_several_leads_are_converted_and_the_closed_one_reported(world: World) -> None:
    leads = [world.has("lead", "james", last_name=name, company_name=name) for name in ("Sorel", "Madec")]
    _convert(world, "james", leads[0])
    with world.acts("james") as tx:
        outcome = perform(tx, "lead", "convert", leads)
    assert len(outcome.results) == 1
    assert [identity for identity, _ in outcome.refused] == [leads[0]]


@pytest.mark.parametrize("at", range(4))
def test_two_conversions_at_once_make_one_account(world: World, at: int) -> None:
    lead = world.has("lead", "james", **CORLAY)
    lost = one_won(together(*[lambda: _convert(world, "james", lead)] * 2))
    assert lost.code == "action.not_now"
    with world.system() as tx:
        assert [count(tx, Ask(entity=each)).number for each in ("account", "contact", "opportunity")] == [1, 1, 1]
