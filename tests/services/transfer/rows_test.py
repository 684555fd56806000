"""Rows become values as a person meant them; what cannot is refused cell by cell."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.services.transfer.plain_world import plain_tx

from entente.kernel.kit.money import Money
from entente.kernel.kit.principal import system
from entente.services.transfer.mapping import Column, ColumnMap
from entente.services.transfer.rows import Reading, plan_rows, read_rows
from entente.services.transfer.sheet import CellFault, SheetRow


def reading(faults: Sequence[CellFault] = (), **cells: Any) -> Reading:
    tx = plain_tx(msgspec.structs.replace(system("test"), timezone="Europe/Paris"))
    made = ColumnMap(tuple(Column(key, key.replace("__", ".")) for key in cells))
    plan = plan_rows(tx, tx.catalog.entity("visitor"), made)
    return read_rows(tx, plan, [SheetRow(7, tuple(cells.values()), tuple(faults))])[0]


def values(**cells: Any) -> Mapping[str, Any]:
    made = reading(**cells)
    assert made.faults == ()
    return made.values


def fault_codes(**cells: Any) -> list[tuple[str, int | None]]:
    return [(fault.code, fault.column) for fault in reading(**cells).faults]


def test_addresses_and_numbers_of_several_columns_become_one_set() -> None:
    made = values(
        phones="01 44 55 66 77", phones__mobile=612345678, phones__office="33144556677", emails="a@b.fr; c@d.fr"
    )
    assert [(entry.value, entry.kind, entry.primary) for entry in made["phones"]] == [
        ("+33 1 44 55 66 77", "office", True),
        ("+33 6 12 34 56 78", "mobile", False),
    ]
    assert [entry.value for entry in made["emails"]] == ["a@b.fr", "c@d.fr"]


def test_a_postal_code_gets_its_zero_back_and_a_country_its_code() -> None:
    made = values(address__postal_code=1000, address__city="Bourg-en-Bresse", address__country="france")["address"]
    assert (made.postal_code, made.country) == ("01000", "FR")
    assert values(address__postal_code=1000, address__country="Suisse")["address"].postal_code == "1000"
    assert values(address__city="Ulm", address__country="Allemagne")["address"].country == "DE"
    assert fault_codes(address__country="Atlantide") == [("import.country_unknown", 0)]


@pytest.mark.parametrize(
    ("cell", "amount", "currency"),
    [
        ("1 234,50 €", "1234.50", "EUR"),
        ("€1,234.50", "1234.50", "EUR"),
        ("12\u202f000", "12000", ""),
        ("USD 12.5", "12.50", "USD"),
        (Decimal("12.5"), "12.5", ""),
    ],
)
def test_amounts_are_read_with_their_currency(cell: object, amount: str, currency: str) -> None:
    assert values(budget=cell)["budget"] == Money(Decimal(amount), currency)


def test_the_currency_may_have_a_column_of_its_own() -> None:
    assert values(budget=10, budget__currency="chf")["budget"] == Money(Decimal("10.00"), "CHF")


def test_moments_without_zone_are_in_the_persons_zone() -> None:
    moment = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert values(seen_at="01/07/2026 14:00")["seen_at"] == moment
    assert values(seen_at=moment.replace(hour=14, tzinfo=None))["seen_at"] == moment
    assert values(seen_at="2026-07-01T12:00:00Z")["seen_at"] == moment
    assert fault_codes(seen_at="demain") == [("field.not_a_moment", 0)]


def test_days_numbers_and_yes_or_no() -> None:
    made = values(birth_date="31/12/1980", chance="15 %", newsletter="Oui", size="1 200")
    assert made == {"birth_date": date(1980, 12, 31), "chance": Decimal(15), "newsletter": True, "size": 1200}


def test_a_full_name_is_cut_in_two() -> None:
    assert values(full_name="Marie-Anne LE GALL") == {"first_name": "Marie-Anne", "last_name": "LE GALL"}
    assert values(full_name="Dupont, Jean") == {"first_name": "Jean", "last_name": "Dupont"}
    assert values(full_name="Jean de La Tour") == {"first_name": "Jean", "last_name": "de La Tour"}
    assert values(full_name="Prince") == {"last_name": "Prince"}


def test_every_cell_at_fault_is_named_and_the_others_are_kept() -> None:
    made = reading(last_name="Dupont", emails="no address", size="many", birth_date="31/02/2026", industry="espace")
    assert made.values == {"last_name": "Dupont"}
    assert [(fault.code, fault.column) for fault in made.faults] == [
        ("field.not_an_email", 1),
        ("field.not_a_number", 2),
        ("field.not_a_date", 3),
        ("field.no_such_choice", 4),
    ]


def test_a_fault_of_an_unused_column_refuses_nothing() -> None:
    formula = CellFault("import.formula_cell", 1)
    assert reading([formula], last_name="a", nowhere=None).faults == ()
    assert reading([formula], last_name="a", comment=None).faults == (formula,)


def test_empty_cells_say_nothing() -> None:
    assert values(last_name="a", first_name=None, emails=None) == {"last_name": "a"}


def test_words_of_a_choice_are_translated() -> None:
    tx = plain_tx()
    made = ColumnMap((Column("Secteur", "industry", {"toubib": "health"}),))
    plan = plan_rows(tx, tx.catalog.entity("visitor"), made)
    assert read_rows(tx, plan, [SheetRow(2, ("toubib",))])[0].values == {"industry": "health"}
