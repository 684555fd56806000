"""Money over the API: an amount in its currency, with the rate that was stored and what it is in the base currency."""

from typing import Any

import pytest

from tests.interfaces.api.conftest import Ask


@pytest.fixture(scope="module")
def deals(nadia: Ask) -> Any:
    for name, amount in (
        ("Francs", {"amount": "1000", "currency": "CHF"}),
        ("Euros", {"amount": "1050", "currency": "EUR"}),
        ("Rien", None),
    ):
        made = nadia("POST", "/leads", json={"last_name": name, "estimated_amount": amount})
        assert made.status_code == 201, made.text
    return nadia


def found(ask: Ask, condition: str) -> list[str]:
    answer = ask("GET", "/leads", params={"$filter": condition, "$orderby": "last_name"})
    assert answer.status_code == 200, answer.text
    return [each["last_name"] for each in answer.json()["value"]]


def test_an_amount_tells_its_rate_and_what_it_is_in_the_base_currency(deals: Ask) -> None:
    asked = {"$filter": "last_name eq 'Francs'", "$select": "estimated_amount"}
    (row,) = deals("GET", "/leads", params=asked).json()["value"]
    assert row["estimated_amount"] == {"amount": "1000.00", "currency": "CHF", "rate": "1.07", "base": "1070"}
    place = f"/leads/{row['id']}"
    back = deals("PATCH", place, json={"estimated_amount": row["estimated_amount"]}, headers={"If-Match": "*"})
    assert back.json()["estimated_amount"] == row["estimated_amount"]


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("estimated_amount/currency eq 'CHF'", ["Francs"]),
        ("estimated_amount/currency in ('CHF','EUR')", ["Euros", "Francs"]),
        ("estimated_amount/amount gt 1020", ["Euros"]),
        ("estimated_amount/base gt 1060", ["Francs"]),
        ("estimated_amount gt 1060", ["Francs"]),
        ("estimated_amount/rate gt 1", ["Francs"]),
        ("estimated_amount/currency eq null", ["Rien"]),
    ],
)
def test_the_parts_of_an_amount_are_conditions(deals: Ask, condition: str, names: list[str]) -> None:
    assert found(deals, condition) == names


@pytest.mark.parametrize("path", ["estimated_amount/nothing", "estimated_amount/id", "address/nothing"])
def test_what_is_no_part_is_no_condition(deals: Ask, path: str) -> None:
    assert deals("GET", "/leads", params={"$filter": f"{path} eq 'x'"}).status_code in (400, 422)
