"""What a quote comes to: nets of lines, shares of a discount, taxes by rate (`reference/crm.md` 1.12 E and F)."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from entente.kernel.kit.money import round_money

NOTHING = Decimal(0)
HUNDRED = Decimal(100)


class Priced(msgspec.Struct, frozen=True):
    """A line as the arithmetic sees it: its net and the percentage of tax on it."""

    net: Decimal
    tax_percent: Decimal


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What a document comes to; `taxes` has the base and the tax of each percentage."""

    subtotal: Decimal
    discount: Decimal
    net: Decimal
    taxes: dict[Decimal, tuple[Decimal, Decimal]]
    tax: Decimal
    total: Decimal


def net_of(price: Decimal, quantity: Decimal, discount_percent: Decimal, currency: str) -> Decimal:
    """The net of a line: price times quantity less a percentage, rounded to the decimals of the currency."""
    return round_money(price * quantity * (1 - discount_percent / HUNDRED), currency)


def totals(lines: Iterable[Priced], discount_percent: Decimal, discount_amount: Decimal, currency: str) -> Totals:
    """The totals of a document: the percentage is taken off first, then the amount, both spread over the taxes.

    Discounts take away no more than there is.
    """
    groups: dict[Decimal, Decimal] = {}
    for line in lines:
        groups[line.tax_percent] = groups.get(line.tax_percent, NOTHING) + line.net
    subtotal = sum(groups.values(), NOTHING)
    discount = min(round_money(subtotal * discount_percent / HUNDRED, currency) + discount_amount, subtotal)
    taken = shares(discount, list(groups.values()), currency)
    bases = {rate: net - share for (rate, net), share in zip(groups.items(), taken, strict=True)}
    taxes = {rate: (base, round_money(base * rate / HUNDRED, currency)) for rate, base in sorted(bases.items())}
    tax = sum((each for _, each in taxes.values()), NOTHING)
    net = subtotal - discount
    return Totals(subtotal=subtotal, discount=discount, net=net, taxes=taxes, tax=tax, total=net + tax)


def shares(whole: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """The parts of an amount in proportion to weights, none of them negative; together they are the whole amount.

    Each part is rounded to the decimals of the currency; weights that are all zero have the first take everything.
    """
    every = sum(weights, NOTHING)
    if not every:
        return [whole, *[NOTHING] * (len(weights) - 1)] if weights else []
    parts: list[Decimal] = []
    given = reached = NOTHING
    for weight in weights:
        reached += weight
        upto = whole if reached == every else round_money(whole * reached / every, currency)
        parts.append(upto - given)
        given = upto
    return parts
