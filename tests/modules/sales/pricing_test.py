"""The arithmetic of quotes: nothing is lost in rounding, and no float is near it."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from entente.kernel.kit.money import round_money
from entente.modules.sales.pricing import Priced, net_of, shares, totals

CURRENCIES = st.sampled_from(["EUR", "JPY", "TND"])
AMOUNTS = st.decimals(0, 10**9, places=3, allow_nan=False)
PERCENTS = st.decimals(0, 100, places=2, allow_nan=False)


@given(AMOUNTS, st.lists(AMOUNTS, min_size=1, max_size=20), CURRENCIES)
def test_shares_add_up_to_the_whole(whole: Decimal, weights: list[Decimal], currency: str) -> None:
    whole = round_money(whole, currency)
    parts = shares(whole, weights, currency)
    assert sum(parts) == whole
    assert all(part >= 0 and part == round_money(part, currency) for part in parts)


@given(st.lists(st.tuples(AMOUNTS, PERCENTS), max_size=12), PERCENTS, AMOUNTS, CURRENCIES)
def test_document_adds_up(
    lines: list[tuple[Decimal, Decimal]], percent: Decimal, amount: Decimal, currency: str
) -> None:
    priced = [Priced(round_money(net, currency), tax) for net, tax in lines]
    made = totals(priced, percent, round_money(amount, currency), currency)
    assert made.subtotal == sum(line.net for line in priced)
    assert made.net == made.subtotal - made.discount == sum(base for base, _ in made.taxes.values())
    assert made.total == made.net + made.tax == made.net + sum(tax for _, tax in made.taxes.values())
    assert 0 <= made.net <= made.subtotal
    assert all(isinstance(each, Decimal) for each in (made.subtotal, made.discount, made.tax, made.total))


@given(AMOUNTS, st.decimals(0, 10**6, places=3, allow_nan=False), PERCENTS, CURRENCIES)
def test_net_lies_within_its_price(price: Decimal, quantity: Decimal, percent: Decimal, currency: str) -> None:
    net = net_of(price, quantity, percent, currency)
    assert 0 <= net <= round_money(price * quantity, currency)
    assert net == round_money(net, currency)


def test_percentage_comes_off_before_the_amount() -> None:
    made = totals([Priced(Decimal(200), Decimal(20))], Decimal(10), Decimal(30), "EUR")
    assert [made.discount, made.net, made.tax, made.total] == [Decimal(each) for each in (50, 150, 30, 180)]


def test_discount_is_spread_over_the_taxes() -> None:
    made = totals(
        [Priced(Decimal(100), Decimal(20)), Priced(Decimal(50), Decimal("5.5"))], Decimal(0), Decimal(10), "EUR"
    )
    bases = {rate: base for rate, (base, _) in made.taxes.items()}
    assert bases == {Decimal(20): Decimal("93.33"), Decimal("5.5"): Decimal("46.67")}
    assert made.tax == Decimal("18.67") + Decimal("2.57")
