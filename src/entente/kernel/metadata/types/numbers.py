"""Numbers: whole, decimal, percent and durations in minutes."""

from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.entity import FieldDef
from entente.kernel.metadata.types.base import FieldType

SPACES = dict.fromkeys(map(ord, " \t\u00a0\u2009\u202f"))
DIGITS = 15


def decimal_of(name: str, raw: Any) -> Decimal:
    """The number that an input holds, written the English or the French way; Refused when it is none."""
    if isinstance(raw, bool):
        raise Refused("field.not_a_number", field=name)
    text = str(raw).translate(SPACES).replace("−", "-").rstrip("%")
    if "," in text:
        text = text.replace(",", "") if "." in text and text.rfind(".") > text.rfind(",") else _french(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Refused("field.not_a_number", field=name) from None
    if not number.is_finite() or (number and number.adjusted() >= DIGITS):
        raise Refused("field.number_out_of_range", field=name)
    return number or Decimal(0)  # zero has no sign


def _french(text: str) -> str:
    return text.replace(".", "").replace(",", ".")


def check_range(name: str, field: FieldDef, number: Decimal | int) -> None:
    """Nothing when the number lies within the field's bounds; else Refused."""
    if field.min is not None and number < field.min:
        raise Refused("field.too_small", field=name, limit=f"{field.min:g}")
    if field.max is not None and number > field.max:
        raise Refused("field.too_large", field=name, limit=f"{field.max:g}")


class IntegerType(FieldType):
    """A whole number."""

    key = "integer"
    kind = "number"
    edm = "Edm.Int64"

    def sql_type(self, field: FieldDef) -> sa.types.TypeEngine[Any]:
        """A 64-bit integer column."""
        return sa.BigInteger()

    def clean(self, name: str, field: FieldDef, raw: Any) -> int | None:
        """The whole number."""
        if raw is None or raw == "":
            return None
        number = decimal_of(name, raw)
        if number != number.to_integral_value():
            raise Refused("field.not_whole", field=name)
        check_range(name, field, number)
        return int(number)


class DurationType(IntegerType):
    """A duration in whole minutes."""

    key = "duration"


class DecimalType(FieldType):
    """An exact decimal number."""

    key = "decimal"
    kind = "number"
    edm = "Edm.Decimal"

    def sql_type(self, field: FieldDef) -> sa.types.TypeEngine[Any]:
        """A numeric column."""
        return sa.Numeric(24, 6)

    def clean(self, name: str, field: FieldDef, raw: Any) -> Decimal | None:
        """The number, rounded to the field's decimals (6 at the most)."""
        if raw is None or raw == "":
            return None
        number = _trim(round(decimal_of(name, raw), field.decimals if field.decimals is not None else 6))
        check_range(name, field, number)
        return number

    def load(self, name: str, field: FieldDef, row: Any) -> Decimal | None:
        """The number without trailing zeros."""
        value = row[name]
        return None if value is None else _trim(value)

    def plain(self, value: Any) -> Any:
        """A text, so that no digit is lost."""
        return None if value is None else format(value, "f")


def _trim(number: Decimal) -> Decimal:
    whole = number.to_integral_value()
    return whole or Decimal(0) if number == whole else number.normalize()


class PercentType(DecimalType):
    """A percentage: 15 means 15 %."""

    key = "percent"
