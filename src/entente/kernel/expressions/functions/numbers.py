"""Built-in functions of numbers."""

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    DecimalException,
)
from decimal import Context as Arithmetics

from entente.kernel.expressions.functions.overload import Overload
from entente.kernel.expressions.values import ARITHMETIC, Months, Value

_WIDE = Arithmetics(prec=12_500, Emin=-20_000, Emax=20_000)


def rounded(value: Decimal, scale: Decimal, rounding: str) -> Decimal | None:
    """The number rounded to a scale (decimals; negative: tens) of -6111 to 6176; nothing beyond."""
    decimals = int(scale)
    if not -6111 <= decimals <= 6176:
        return None
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -decimals:
        return value
    step = Decimal(1).scaleb(-decimals, context=_WIDE)
    return ARITHMETIC.plus(value.quantize(step, rounding=rounding, context=_WIDE))


def _rounding(rounding: str) -> Callable[[Decimal, Decimal], Decimal | None]:
    def run(value: Decimal, scale: Decimal) -> Decimal | None:
        return rounded(value, scale, rounding)

    return run


def _whole(rounding: str) -> Callable[[Decimal, Decimal | None], Decimal | None]:
    def run(value: Decimal, scale: Decimal | None) -> Decimal | None:
        return rounded(value, Decimal(0) if scale is None else scale, rounding)

    return run


def floor_of(value: Decimal) -> Decimal | None:
    """The greatest whole number that is not above."""
    return rounded(value, Decimal(0), ROUND_FLOOR)


def ceiling_of(value: Decimal) -> Decimal | None:
    """The least whole number that is not below."""
    return rounded(value, Decimal(0), ROUND_CEILING)


def absolute(value: Value) -> Value:
    """The magnitude of a number or duration."""
    if isinstance(value, Decimal):
        return value.copy_abs()
    return Months(abs(value.total)) if isinstance(value, Months) else abs(value)


def _modulo(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    if not divisor:
        return None
    whole = floor_of(ARITHMETIC.divide(dividend, divisor))
    return None if whole is None else ARITHMETIC.subtract(dividend, ARITHMETIC.multiply(divisor, whole))


def _defined(run: Callable[[Decimal], Decimal]) -> Callable[[Decimal], Decimal | None]:
    def guarded(value: Decimal) -> Decimal | None:
        try:
            result = run(value)
        except DecimalException:
            return None
        return result if result.is_finite() else None

    return guarded


def _parity(value: Decimal) -> Decimal:
    return _WIDE.remainder(value, Decimal(2))


def _even(value: Decimal) -> bool:
    return not _parity(value)


def _odd(value: Decimal) -> bool:
    return abs(_parity(value)) == 1


_NEGATABLE = "n:number|duration|months"
_SCALED = "n:number, scale:number"
FUNCTIONS: dict[str, tuple[Overload, ...]] = {
    "decimal": (Overload(_SCALED, "number", _rounding(ROUND_HALF_EVEN)),),
    "round up": (Overload(_SCALED, "number", _rounding(ROUND_UP)),),
    "round down": (Overload(_SCALED, "number", _rounding(ROUND_DOWN)),),
    "round half up": (Overload(_SCALED, "number", _rounding(ROUND_HALF_UP)),),
    "round half down": (Overload(_SCALED, "number", _rounding(ROUND_HALF_DOWN)),),
    "floor": (Overload("n:number", "number", floor_of), Overload(_SCALED, "number", _whole(ROUND_FLOOR))),
    "ceiling": (Overload("n:number", "number", ceiling_of), Overload(_SCALED, "number", _whole(ROUND_CEILING))),
    "abs": (Overload(_NEGATABLE, "first", absolute),),
    "modulo": (Overload("dividend:number, divisor:number", "number", _modulo),),
    "sqrt": (Overload("number:number", "number", _defined(ARITHMETIC.sqrt)),),
    "log": (Overload("number:number", "number", _defined(ARITHMETIC.ln)),),
    "exp": (Overload("number:number", "number", _defined(ARITHMETIC.exp)),),
    "even": (Overload("number:number", "boolean", _even),),
    "odd": (Overload("number:number", "boolean", _odd),),
}
