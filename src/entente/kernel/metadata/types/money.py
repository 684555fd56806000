"""Money: amount, currency, the rate of the day it was stored, and the amount in the base currency."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from babel.core import UnknownLocaleError
from babel.numbers import is_currency

from entente.kernel.kit.money import Money, round_money
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.entity import FieldDef
from entente.kernel.metadata.types.base import FieldType
from entente.kernel.metadata.types.numbers import check_range, decimal_of

BASE_SUFFIX = "_base"


class MoneyType(FieldType):
    """An amount that keeps its currency and rate; filters, sorting and sums use the base amount."""

    key = "money"
    kind = "number"
    edm = "Edm.Decimal"

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        """Base amount first, then amount, currency and rate."""
        return (
            sa.Column(name + BASE_SUFFIX, sa.Numeric(24, 6)),
            sa.Column(name, sa.Numeric(24, 6)),
            sa.Column(name + "_currency", sa.Text()),
            sa.Column(name + "_rate", sa.Numeric(24, 12)),
        )

    def main(self, name: str) -> str:
        """The base amount's column."""
        return name + BASE_SUFFIX

    def part(self, name: str, part: str) -> str:
        """The column of the amount, of the currency, of the rate or of the base amount; empty for anything else."""
        return {"amount": name, **{each: f"{name}_{each}" for each in ("base", "currency", "rate")}}.get(part, "")

    def clean(self, name: str, field: FieldDef, raw: Any) -> Money | None:
        """The amount in its currency; a bare number is in the base currency (marked by an empty code)."""
        if raw is None or raw == "":
            return None
        if isinstance(raw, Money):
            return raw
        amount, currency = (raw.get("amount"), raw.get("currency")) if isinstance(raw, Mapping) else (raw, None)
        if amount is None or amount == "":
            return None
        code = str(currency or "").strip().upper()
        number = decimal_of(name, amount)
        if code and not _is_currency(code):
            raise Refused("field.no_such_currency", field=name, given=code[:10])
        check_range(name, field, number)
        return Money(round_money(number, code) if code else number, code)

    def dump(self, name: str, field: FieldDef, value: Any) -> dict[str, Any]:
        """The four columns."""
        money: Money | None = value
        return {
            name: money and money.amount,
            name + "_currency": money and money.currency,
            name + "_rate": money and money.rate,
            name + BASE_SUFFIX: money and money.base,
        }

    def load(self, name: str, field: FieldDef, row: Mapping[str, Any]) -> Money | None:
        """The money."""
        amount = row[name]
        if amount is None:
            return None
        currency = row[name + "_currency"]
        return Money(round_money(amount, currency), currency, row[name + "_rate"], row[name + BASE_SUFFIX])

    def plain(self, value: Any) -> Any:
        """Amount as text and currency."""
        return None if value is None else {"amount": format(value.amount, "f"), "currency": value.currency}


def _is_currency(code: str) -> bool:
    try:
        return is_currency(code)
    except UnknownLocaleError:
        return False
