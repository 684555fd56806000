"""Opportunities on their way: stage, probability, result, history."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from tests.world.cast import World

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.actions import perform
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.save import save
from entente.kernel.seeding import seed_id
from entente.modules.sales.closing import wake_sleepers
from entente.services.documents.versions import attach_document


def _stage(key: str) -> UUID:
    return seed_id("pipeline_stage", key)


def _deal(world: World, **values: Any) -> UUID:
    given = {"name": "Maintenance", "amount": {"amount": "10000", "currency": "EUR"}, "close_date": "2027-01-31"}
    return world.has("opportunity", "james", **{**given, **values})


def _rows(tx: Tx, entity: str, filter: str) -> list[Any]:
    return page(tx, Ask(entity=entity, filter=filter)).records


def _codes(fault: Refused) -> set[tuple[str, str | None]]:
    faults = fault.faults if isinstance(fault, Invalid) else (fault,)
    return {(each.code, each.field) for each in faults}


def test_new_opportunity_starts_the_default_process(world: World) -> None:
    deal = _deal(world)
    with world.acts("james") as tx:
        made = find(tx, "opportunity", deal)
    assert (made["pipeline"], made["stage"]) == (seed_id("pipeline", "sale"), _stage("sale_prospecting"))
    assert (made["probability"], made["result"], made["forecast_category"]) == (10, "open", "pipeline")
    assert made["weighted_amount"].amount == Decimal("1000")
    assert made["rots_on"] == date(2026, 12, 7)


def test_stage_brings_its_probability_until_one_is_typed(world: World) -> None:
    deal = _deal(world)
    with world.acts("james") as tx:
        assert save(tx, "opportunity", {"stage": _stage("sale_proposal")}, id=deal)["probability"] == 50
        typed = save(tx, "opportunity", {"stage": _stage("sale_qualification"), "probability": 35}, id=deal)
        assert (typed["probability"], typed["probability_is_manual"]) == (35, True)
        moved = save(tx, "opportunity", {"stage": _stage("sale_negotiation")}, id=deal)
        assert moved["probability"] == 35
        freed = save(tx, "opportunity", {"probability_is_manual": False}, id=deal)
    assert freed["probability"] == 80
    assert freed["weighted_amount"].amount == Decimal("8000")


def test_stage_history_keeps_minutes(world: World) -> None:
    deal = _deal(world)
    world.clock.move(timedelta(hours=26))
    with world.acts("james") as tx:
        save(tx, "opportunity", {"stage": _stage("sale_proposal")}, id=deal)
        history = sorted(_rows(tx, "stage_history", f'opportunity = "{deal}"'), key=lambda row: row["entered_at"])
    assert [row["minutes_in_stage"] for row in history] == [None, 26 * 60]
    assert [row["to_stage"] for row in history] == [_stage("sale_prospecting"), _stage("sale_proposal")]
    assert history[1]["author"] == world.id_of("james")


def test_won_deal_is_closed_and_makes_a_customer(world: World) -> None:
    account = world.has("account", "james", name="Fonderie Sorel", relation=["prospect"])
    deal = _deal(world, account=account)
    with world.acts("james") as tx:
        perform(tx, "opportunity", "win", [deal], {"actual_amount": {"amount": "9500", "currency": "EUR"}})
        made = find(tx, "opportunity", deal)
        assert find(tx, "account", account)["relation"] == ("customer",)
    assert (made["stage"], made["probability"], made["result"]) == (_stage("sale_closed_won"), 100, "won")
    assert (made["actual_amount"].amount, made["actual_close_date"]) == (9500, date(2026, 11, 23))
    assert made["rots_on"] is None


def test_lost_stage_asks_for_a_reason(world: World) -> None:
    deal = _deal(world)
    with world.acts("james") as tx, pytest.raises(Refused) as caught:
        save(tx, "opportunity", {"stage": _stage("sale_closed_lost")}, id=deal)
    assert _codes(caught.value) == {("field.required", "loss_reason")}
    with world.acts("james") as tx, pytest.raises(Refused) as caught:
        perform(tx, "opportunity", "lose", [deal], {"loss_reason": "other"})
    assert _codes(caught.value) == {("field.required", "close_note")}
    with world.acts("james") as tx:
        perform(tx, "opportunity", "lose", [deal], {"loss_reason": "price"})
        made = find(tx, "opportunity", deal)
    assert (made["probability"], made["last_open_stage"]) == (0, _stage("sale_prospecting"))


def test_reopened_deal_returns_to_its_last_open_stage(world: World) -> None:
    deal = _deal(world)
    with world.acts("james") as tx:
        save(tx, "opportunity", {"stage": _stage("sale_proposal")}, id=deal)
        perform(tx, "opportunity", "lose", [deal], {"loss_reason": "price"})
        perform(tx, "opportunity", "reopen", [deal])
        made = find(tx, "opportunity", deal)
    assert (made["stage"], made["result"], made["probability"]) == (_stage("sale_proposal"), "open", 50)
    assert (made["loss_reason"], made["actual_close_date"]) == (None, None)


def test_won_deal_cannot_be_lost(world: World) -> None:
    deal = _deal(world)
    with world.acts("james") as tx:
        perform(tx, "opportunity", "win", [deal], {})
    with world.acts("james") as tx, pytest.raises(Refused) as caught:
        save(tx, "opportunity", {"result": "lost", "loss_reason": "price"}, id=deal)
    assert ("opportunity.no_such_step", "result") in _codes(caught.value)


def test_dormant_deal_sleeps_and_wakes_with_a_task(world: World) -> None:
    deal = _deal(world)
    with world.acts("james") as tx:
        perform(tx, "opportunity", "sleep", [deal], {"wake_up_on": "2026-12-01", "dormant_reason": "Budget gelé"})
        made = find(tx, "opportunity", deal)
        assert (made["result"], made["forecast_category"], made["rots_on"]) == ("dormant", "omitted", None)
        assert wake_sleepers(tx) == 0
    world.clock.move(timedelta(days=9))
    with world.system() as tx:
        assert wake_sleepers(tx) == 1
        made = find(tx, "opportunity", deal)
        tasks = _rows(tx, "task", f'regarding = "{deal}"')
    assert (made["result"], made["wake_up_on"], made["stage"]) == ("open", None, _stage("sale_prospecting"))
    assert [task["owner"] for task in tasks] == [world.id_of("james")]


def test_deal_does_not_sleep_into_the_past(world: World) -> None:
    deal = _deal(world)
    with world.acts("james") as tx, pytest.raises(Refused) as caught:
        perform(tx, "opportunity", "sleep", [deal], {"wake_up_on": "2026-11-23", "dormant_reason": "Budget gelé"})
    assert _codes(caught.value) == {("opportunity.wake_in_past", "wake_up_on")}


def test_other_process_maps_the_stage(world: World) -> None:
    deal = _deal(world, stage=_stage("sale_negotiation"))
    with world.acts("james") as tx:
        made = save(tx, "opportunity", {"pipeline": seed_id("pipeline", "renewal")}, id=deal)
    assert made["stage"] == _stage("renewal_review")


def test_stage_of_another_process_is_refused(world: World) -> None:
    deal = _deal(world)
    with world.acts("james") as tx, pytest.raises(Refused) as caught:
        save(tx, "opportunity", {"stage": _stage("renewal_due")}, id=deal)
    assert _codes(caught.value) == {("opportunity.stage_of_other_process", "stage")}


def test_main_contact_takes_part(world: World) -> None:
    first, second = (world.has("contact", "james", last_name=name) for name in ("Corlay", "Madec"))
    deal = _deal(world, contact=first)
    with world.acts("james") as tx:
        save(tx, "opportunity", {"contact": second}, id=deal)
        roles = _rows(tx, "opportunity_contact", f'opportunity = "{deal}"')
    assert {role["contact"]: role["is_primary"] for role in roles} == {first: False, second: True}


def test_weighted_amount_is_in_the_base_currency_too(world: World) -> None:
    deal = _deal(world, amount={"amount": "1000", "currency": "CHF"}, probability=50)
    with world.acts("james") as tx:
        weighted = find(tx, "opportunity", deal)["weighted_amount"]
    assert (weighted.amount, weighted.currency) == (500, "CHF")
    assert weighted.base == Decimal("535")


def _asks(world: World, stage: str, *fields: str) -> None:
    with world.acts("admin") as tx:
        save(tx, "pipeline_stage", {"exit_fields": fields}, id=_stage(stage))


def test_stage_is_left_for_a_later_one_with_what_it_asks_for(world: World) -> None:
    _asks(world, "sale_qualification", "next_step", "account")
    deal = _deal(world, stage=_stage("sale_qualification"))
    for later in ("sale_proposal", "sale_closed_won"):
        with world.acts("james") as tx, pytest.raises(Refused) as caught:
            save(tx, "opportunity", {"stage": _stage(later)}, id=deal)
        needed = "opportunity.needed_to_go_on"
        assert _codes(caught.value) == {(needed, "next_step"), (needed, "account")}
    account = world.has("account", "james", name="Sorel")
    given = {"stage": _stage("sale_proposal"), "account": account, "next_step": "Visite"}
    with world.acts("james") as tx:
        assert save(tx, "opportunity", given, id=deal)["stage"] == _stage("sale_proposal")


def test_stage_that_asks_lets_go_back_rest_and_lose(world: World) -> None:
    _asks(world, "sale_proposal", "next_step")
    back, lost = (_deal(world, stage=_stage("sale_proposal")) for _ in range(2))
    with world.acts("james") as tx:
        save(tx, "opportunity", {"stage": _stage("sale_prospecting")}, id=back)
        perform(tx, "opportunity", "lose", [lost], {"loss_reason": "price"})
        assert find(tx, "opportunity", lost)["result"] == "lost"


def test_stage_asks_for_fields_of_opportunities_only(world: World) -> None:
    with world.acts("admin") as tx, pytest.raises(Refused) as caught:
        save(tx, "pipeline_stage", {"exit_fields": ["weighted_amount"]}, id=_stage("sale_proposal"))
    assert _codes(caught.value) == {("field.no_such_choice", "exit_fields")}


def test_stage_asks_for_what_was_done_and_for_documents(world: World) -> None:
    with world.acts("admin") as tx:
        asked = {"exit_activities": ["meeting"], "exit_documents": ["offer"]}
        save(tx, "pipeline_stage", asked, id=_stage("sale_qualification"))
    deal = _deal(world, stage=_stage("sale_qualification"))
    about = Ref("opportunity", deal)
    start = "2026-11-20T09:00:00Z"
    missed = world.has("meeting", "james", subject="Visite", regarding=about, start_at=start, status="not_held")

    def refused() -> set[str]:
        with world.acts("james") as tx, pytest.raises(Refused) as caught:
            save(tx, "opportunity", {"stage": _stage("sale_proposal")}, id=deal)
        return {code for code, _ in _codes(caught.value)}

    assert refused() == {"opportunity.activity_needed", "opportunity.document_needed"}
    with world.acts("james") as tx:
        save(tx, "meeting", {"status": "held"}, id=missed)
        offer = attach_document(tx, about, "offre.txt", b"Offre")
    assert refused() == {"opportunity.document_needed"}
    with world.acts("james") as tx:
        save(tx, "document", {"type": "offer"}, id=offer.id)
        assert save(tx, "opportunity", {"stage": _stage("sale_proposal")}, id=deal)["stage"] == _stage("sale_proposal")
