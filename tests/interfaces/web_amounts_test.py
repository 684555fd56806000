"""Amounts in forms: in the currencies that have a rate, and mistyped ones come back as they were typed."""

import re
from decimal import Decimal
from typing import Any

from entente.kernel.records.save import save
from tests.interfaces.browser import Browser, Client, found
from tests.world.cast import World


def currency(world: World, code: str, rate: str, day: str) -> None:
    with world.system() as tx:
        known = save(tx, "currency", {"code": code, "name": code})
        save(tx, "currency_rate", {"currency": known.id, "rate": rate, "valid_from": day})


def offered(html: str, name: str) -> list[str]:
    control = re.search(rf'<select class="select" name="{name}\.currency".*?</select>', html, re.S)
    return re.findall(r"<option[^>]*>(\w+)<", control[0]) if control else []


def test_an_amount_is_typed_in_a_currency_that_has_a_rate_today(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    currency(world, "SEK", "0.09", "2026-01-01")
    currency(world, "NOK", "0.08", "2099-01-01")
    codes = offered(james.get("/leads/new").text, "estimated_amount")
    assert codes[0] == "EUR"
    assert "SEK" in codes
    assert "NOK" not in codes
    typed = {"last_name": "Berthier", "estimated_amount.amount": "1000", "estimated_amount.currency": "SEK"}
    assert james.post("/leads/new", typed).status_code < 300
    (lead,) = found(world, "lead")
    money: Any = lead["estimated_amount"]
    assert (money.amount, money.currency, money.rate, money.base) == (1000, "SEK", Decimal("0.09"), 90)


def test_what_is_no_amount_number_or_day_comes_back_as_it_was_typed(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    for path, name, text in (("leads", "estimated_amount.amount", "a lot"), ("opportunities", "close_date", "soon")):
        answer = james.post(f"/{path}/new", {"last_name": "Berthier", "name": "Serres", name: text})
        assert answer.status_code == 422, answer.text
        assert f'value="{text}"' in answer.text
    assert found(world, "lead") == []
