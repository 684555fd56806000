"""Quotes: what they come to, who may change them when, how they go from state to state and version to version."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from tests.services.automation.setting import all_of, deal, later
from tests.world.cast import World

from entente.kernel.kit.refusal import Forbidden, Invalid, NotFound, Refused
from entente.kernel.records.actions import perform
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import delete, restore, save
from entente.kernel.undoing import undo
from entente.modules.sales.quoting import expire_quotes


def quote(world: World, login: str = "james", **values: Any) -> UUID:
    """A draft for an opportunity of an account."""
    if not {"opportunity", "account"} & set(values):
        account = world.has("account", login, name="Lisière SA")
        values["opportunity"] = deal(world, login, account=account)
    return world.has("quote", login, **values)


def line(world: World, of: UUID, login: str = "james", **values: Any) -> UUID:
    """An item of a quote."""
    return world.has("quote_line", login, **{"quote": of, "name": "Visite", "unit_price": "100", **values})


def does(world: World, name: str, identity: UUID, login: str = "james", **wish: Any) -> Any:
    """Somebody does something with a quote."""
    with world.acts(login) as tx:
        return perform(tx, "quote", name, [identity], wish).results[0]


def seen(world: World, identity: UUID, entity: str = "quote") -> Record:
    """A record as it stands."""
    with world.system() as tx:
        return find(tx, entity, identity)


@contextmanager
def refuses(code: str) -> Iterator[None]:
    """The block is refused for this reason, alone or among others."""
    with pytest.raises(Refused) as found:
        yield
    refusal = found.value
    assert code in {each.code for each in (refusal.faults if isinstance(refusal, Invalid) else (refusal,))}


def amounts(found: Record) -> tuple[str, ...]:
    """Sum of lines, total without tax, tax and total of a quote."""
    return tuple(str(found[name].amount) for name in ("subtotal", "net_total", "tax_amount", "total"))


def expires(world: World) -> None:
    """The daily job is done."""
    with world.system() as tx:
        expire_quotes(tx)


def sent(world: World, **values: Any) -> UUID:
    """A quote that was sent."""
    made = quote(world, **values)
    line(world, made)
    does(world, "send", made)
    return made


def test_opportunity_says_what_was_left_open(world: World) -> None:
    account = world.has("account", "james", name="Lisière SA")
    contact = world.has("contact", "james", last_name="Berthier")
    of = deal(world, account=account, contact=contact)
    found = seen(world, quote(world, opportunity=of))
    assert (found["name"], found["account"], found["contact"]) == ("Toiture", account, contact)
    assert (found["date"], found["valid_until"]) == (date(2026, 11, 23), date(2026, 12, 23))
    assert (found["number"], found["revision"], found["status"]) == ("D-2026-00001", 0, "draft")


def test_quote_for_nobody_is_refused(world: World) -> None:
    with refuses("quote.nobody"):
        quote(world, account=None, name="Toiture")


def test_quote_comes_to_its_lines_less_discounts_with_tax(world: World) -> None:
    made = quote(world, discount_percent="10", discount_amount="15")
    line(world, made, quantity="3", unit_price="19.99", discount_percent="5")
    line(world, made, quantity="1", unit_price="250", tax_percent="5.5")
    assert amounts(seen(world, made)) == ("306.97", "261.27", "21.40", "282.67")


def test_line_that_goes_or_comes_back_changes_the_quote(world: World) -> None:
    made = quote(world)
    line(world, made)
    second = line(world, made, unit_price="50")
    with world.acts("james") as tx:
        delete(tx, "quote_line", second)
    assert amounts(seen(world, made)) == ("100.00", "100.00", "20.00", "120.00")
    with world.acts("james") as tx:
        restore(tx, "quote_line", second)
    assert amounts(seen(world, made)) == ("150.00", "150.00", "30.00", "180.00")


def test_text_and_section_have_no_price(world: World) -> None:
    made = quote(world)
    for kind in ("text", "section"):
        found = seen(world, line(world, made, kind=kind), "quote_line")
        assert (found["unit_price"], found["quantity"], found["net"]) == (None, None, None)
    assert amounts(seen(world, made))[0] == "0.00"


def test_lines_come_one_after_the_other(world: World) -> None:
    made = quote(world)
    assert [seen(world, line(world, made), "quote_line")["position"] for _ in range(3)] == [1, 2, 3]


def test_bare_price_is_in_the_quotes_currency_and_another_refused(world: World) -> None:
    account = world.has("account", "james", name="Lisière SA")
    with world.system() as tx:
        (francs,) = (each.id for each in page(tx, Ask(entity="currency", filter='code = "CHF"')).records)
    made = quote(world, account=account, name="Toiture", currency=francs)
    found = seen(world, line(world, made), "quote_line")
    assert found["unit_price"].currency == "CHF"
    assert seen(world, made)["total"].currency == "CHF"
    with refuses("quote.other_currency"):
        line(world, made, unit_price={"amount": "5", "currency": "EUR"})


def test_currency_stays_while_there_are_lines(world: World) -> None:
    made = quote(world)
    line(world, made)
    with world.acts("james") as tx, refuses("quote.currency_has_lines"):
        other = page(tx, Ask(entity="currency", filter="base = false", limit=1)).records[0]
        save(tx, "quote", {"currency": other.id}, id=made)


def test_quote_with_a_discount_beyond_its_lines_is_not_sent(world: World) -> None:
    made = quote(world, discount_amount="101")
    line(world, made)
    assert amounts(seen(world, made)) == ("100.00", "0.00", "0.00", "0.00")
    with refuses("quote.discount_too_large"):
        does(world, "send", made)


def test_only_a_draft_and_its_lines_change(world: World) -> None:
    made = sent(world)
    (item,) = all_of(world, "quote_line")
    with world.acts("james") as tx:
        for entity, identity, values in (
            ("quote", made, {"valid_until": "2027-01-01"}),
            ("quote_line", item.id, {"quantity": "2"}),
            ("quote_line", None, {"quote": made, "name": "Visite", "unit_price": "5"}),
        ):
            with refuses("quote.not_draft"):
                save(tx, entity, values, id=identity)
        with pytest.raises(Refused, match=r"record\.kept"):
            delete(tx, "quote_line", item.id)
        save(tx, "quote", {"description": "Rappeler mardi"}, id=made)


def test_status_is_written_by_actions_only(world: World) -> None:
    made = quote(world)
    with world.acts("james") as tx, refuses("field.read_only"):
        save(tx, "quote", {"status": "accepted"}, id=made)


def test_quote_without_item_is_not_sent(world: World) -> None:
    made = quote(world)
    line(world, made, kind="text")
    with refuses("quote.nothing_to_send"):
        does(world, "send", made)


@pytest.mark.parametrize(
    ("deeds", "status"),
    [
        (["send"], "sent"),
        (["send", "accept"], "accepted"),
        (["send", "reject"], "rejected"),
        (["send", "reopen"], "draft"),
        (["send", "reject", "reopen"], "draft"),
        (["cancel"], "canceled"),
        (["send", "accept", "cancel"], "canceled"),
    ],
)
def test_quote_goes_from_state_to_state(world: World, deeds: list[str], status: str) -> None:
    made = quote(world)
    line(world, made)
    for each in deeds:
        does(world, each, made, **({"close_reason": "price"} if each == "reject" else {}))
    assert seen(world, made)["status"] == status


@pytest.mark.parametrize("deed", ["accept", "reject", "revise", "reopen"])
def test_deed_that_makes_no_sense_is_refused(world: World, deed: str) -> None:
    made = quote(world)
    with pytest.raises(Refused, match=r"action\.not_now"):
        does(world, deed, made, **({"close_reason": "price"} if deed == "reject" else {}))


def test_revision_replaces_the_quote_that_was_sent(world: World) -> None:
    made = sent(world, discount_percent="10")
    new = does(world, "revise", made)
    old, found = seen(world, made), seen(world, new.id)
    assert (old["status"], old["total"].amount) == ("superseded", Decimal("108.00"))
    assert (found["number"], found["revision"], found["supersedes"]) == (old["number"], 1, made)
    assert (found["status"], found["sent_at"], found["total"].amount) == ("draft", None, Decimal("108.00"))
    with pytest.raises(Refused, match=r"action\.not_now"):
        does(world, "revise", made)


def test_revising_is_undone_as_a_whole(world: World) -> None:
    made = sent(world)
    with world.acts("james") as tx:
        outcome = perform(tx, "quote", "revise", [made])
    with world.acts("james") as tx:
        undone = undo(tx, outcome.cause)
    assert undone.left == []
    assert [each["status"] for each in all_of(world, "quote")] == ["sent"]
    assert len(all_of(world, "quote_line")) == 1


def test_quote_expires_the_day_after_its_last(world: World) -> None:
    made = sent(world)
    later(world, days=30)
    expires(world)
    assert seen(world, made)["status"] == "sent"
    later(world, days=31)
    expires(world)
    assert seen(world, made)["status"] == "expired"
    does(world, "reopen", made)
    found = seen(world, made)
    assert (found["status"], found["sent_at"], found["valid_until"]) == ("draft", None, date(2027, 1, 23))


def test_stranger_sees_neither_quote_nor_lines(world: World) -> None:
    made = quote(world)
    item = line(world, made)
    with world.acts("stranger") as tx:
        for entity, identity in (("quote", made), ("quote_line", item)):
            with pytest.raises(NotFound):
                find(tx, entity, identity)
    with world.acts("rita") as tx:
        assert find(tx, "quote_line", item)["name"] == "Visite"
        with pytest.raises(Forbidden):
            save(tx, "quote_line", {"quantity": "2"}, id=item)
        with pytest.raises(Forbidden):
            perform(tx, "quote", "send", [made])


def test_opportunity_leads_to_the_quote_that_speaks_for_it(world: World) -> None:
    first = sent(world)
    of = seen(world, first)["opportunity"]
    second = quote(world, opportunity=of)
    assert seen(world, of, "opportunity")["quote"] == first
    does(world, "reject", first, close_reason="price")
    assert seen(world, of, "opportunity")["quote"] == second
    does(world, "cancel", second)
    assert seen(world, of, "opportunity")["quote"] is None


def test_amount_follows_the_quote_if_asked_to(world: World) -> None:
    made = quote(world)
    of = seen(world, made)["opportunity"]
    line(world, made)
    assert seen(world, of, "opportunity")["amount"].amount == 1000
    with world.acts("james") as tx:
        save(tx, "opportunity", {"amount_mode": "lines"}, id=of)
    assert seen(world, of, "opportunity")["amount"].amount == 100
    line(world, made, unit_price="20")
    assert seen(world, of, "opportunity")["amount"].amount == 120
    with world.acts("james") as tx, refuses("opportunity.amount_from_quote"):
        save(tx, "opportunity", {"amount": "500"}, id=of)
