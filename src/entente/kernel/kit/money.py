"""Amounts of money: decimal, and never without their currency."""

from decimal import ROUND_HALF_UP, Decimal

import msgspec
from babel.numbers import get_currency_precision


class Money(msgspec.Struct, frozen=True):
    """An amount in a currency (ISO 4217 code), with the rate to the base currency once it was stored."""

    amount: Decimal
    currency: str
    rate: Decimal | None = None
    base: Decimal | None = None


def round_money(amount: Decimal, currency: str) -> Decimal:
    """The amount rounded half up to the decimals of its currency."""
    rounded = amount.quantize(Decimal(1).scaleb(-get_currency_precision(currency)), rounding=ROUND_HALF_UP)
    return rounded or abs(rounded)  # zero has no sign
