"""An account knows what its opportunities and activities come to, however they change."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from tests.world.cast import World

from entente.job_worker import all_followers
from entente.kernel.jobs.followers import dispatch
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.actions import perform
from entente.kernel.records.query import find
from entente.kernel.records.save import delete, save
from entente.modules.base.account_figures import recount_activities
from entente.modules.sales import account_figures
from entente.modules.sales.account_figures import recount_deals

FIGURES = ("open_opportunities", "won_amount", "next_activity_at", "time_spent_minutes")


def told(world: World) -> None:
    dispatch(world.database, "main", [each for each in all_followers() if each.name.endswith("are_counted")])


def figures(world: World, account: UUID) -> tuple[Any, ...]:
    told(world)
    with world.system() as tx:
        found = find(tx, "account", account)
    won = found["won_amount"]
    return (found["open_opportunities"], won and (won.amount, won.currency), *(found[name] for name in FIGURES[2:]))


def deal(world: World, account: UUID, amount: str, currency: str = "EUR") -> UUID:
    values = {"name": "Serres", "close_date": "2027-01-15", "amount": {"amount": amount, "currency": currency}}
    return world.has("opportunity", "james", account=account, **values)


def test_account_counts_open_opportunities_and_what_was_won_in_base_currency(world: World) -> None:
    account, other = (world.has("account", "james", name=name) for name in ("Sorel", "Lisière"))
    first, second = deal(world, account, "900"), deal(world, account, "1000", "CHF")
    assert figures(world, account) == (2, None, None, 0)
    with world.acts("james") as tx:
        for each in (first, second):
            save(tx, "opportunity", {"result": "won"}, id=each)
    assert figures(world, account)[:2] == (0, (Decimal("1970.00"), "EUR"))
    with world.acts("james") as tx:
        save(tx, "opportunity", {"account": other}, id=second)
    assert figures(world, account)[1] == (Decimal("900.00"), "EUR")
    assert figures(world, other)[1] == (Decimal("1070.00"), "EUR")


def test_account_knows_next_activity_and_time_spent(world: World) -> None:
    account = world.has("account", "james", name="Sorel")
    about = deal(world, account, "900")
    start = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    call = world.has("call", "james", subject="Relance", regarding=Ref("opportunity", about), start_at=start)
    world.has("task", "james", subject="Devis", regarding=Ref("account", account), due_on=date(2026, 12, 4))
    assert figures(world, account)[2:] == (start, 0)
    with world.acts("james") as tx:
        save(tx, "call", {"status": "held", "time_spent": 25}, id=call)
    assert figures(world, account)[2:] == (datetime(2026, 12, 4, tzinfo=UTC), 25)


def test_binned_ones_are_counted_no_more(world: World) -> None:
    account = world.has("account", "james", name="Sorel")
    gone = deal(world, account, "900")
    call = world.has("call", "james", subject="Relance", regarding=Ref("account", account), time_spent=10)
    assert figures(world, account) == (1, None, None, 10)
    with world.acts("james") as tx:
        delete(tx, "call", call)
        delete(tx, "opportunity", gone)
    with world.system() as tx:
        recount_deals(tx, [str(account)])
        recount_activities(tx, [str(account)])
    assert figures(world, account) == (0, None, None, 0)


def test_accounts_from_before_are_counted_by_and_by(world: World) -> None:
    account = world.has("account", "james", name="Sorel")
    deal(world, account, "900")
    told(world)
    with world.system() as tx:
        save(tx, "account", {"open_opportunities": None, "time_spent_minutes": None}, id=account, trusted=True)
        assert recount_deals(tx) == 1
        assert recount_activities(tx) == 1
    assert figures(world, account) == (1, None, None, 0)


def test_account_of_a_conversion_knows_its_opportunity_without_being_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[UUID] = []
    monkeypatch.setattr(account_figures, "count_deals", lambda tx, accounts: counted.extend(accounts))
    lead = world.has("lead", "james", last_name="Sorel", company_name="Sorel SAS")
    with world.acts("james") as tx:
        done = perform(tx, "lead", "convert", [lead], {})
    account = UUID(str(done.results[0].account))
    with world.system() as tx:
        assert find(tx, "account", account)["open_opportunities"] == 1
    told(world)
    with world.system() as tx:
        found = find(tx, "account", account)
        assert (found["open_opportunities"], found.version, counted) == (1, 1, [])
    monkeypatch.undo()
    deal(world, account, "900")
    assert figures(world, account)[0] == 2


def test_account_of_a_conversion_without_an_opportunity_has_none(world: World) -> None:
    lead = world.has("lead", "james", last_name="Sorel", company_name="Sorel SAS")
    with world.acts("james") as tx:
        done = perform(tx, "lead", "convert", [lead], {"no_deal": True})
    assert figures(world, UUID(str(done.results[0].account)))[0] == 0
