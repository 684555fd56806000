"""A field's value in the reader's words, where a template would be too much: sums, details, chips."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from entente.interfaces.html.formats import Formats
from entente.interfaces.web.fields import ends
from entente.kernel.access.fields import MASK
from entente.kernel.db.tx import Tx
from entente.kernel.kit.money import Money
from entente.kernel.kit.normal import fold
from entente.kernel.metadata.tables import Field
from entente.modules.base.currency import base_currency

FIGURES: Mapping[str, Callable[[Formats, Any], str]] = {
    "money": Formats.money,
    "date": Formats.day,
    "datetime": Formats.relative,
    "percent": Formats.percent,
    "duration": Formats.duration,
    "integer": Formats.number,
    "decimal": Formats.number,
}


def formats_of(tx: Tx) -> Formats:
    """The reader's ways of writing numbers, money and dates."""
    return Formats(tx.words, tx.language, ZoneInfo(tx.principal.timezone), tx.clock.now)


def in_words(tx: Tx, field: Field, value: Any, names: Any) -> str:
    """The value in words; empty when there is none."""
    if field.type.is_empty(value):
        return ""
    if value == MASK:
        return MASK
    if field.type.key in ("choice", "multi_choice"):
        keys = value if isinstance(value, tuple) else (value,)
        return ", ".join(each.label.to(tx.language) for each in field.definition.choices if each.key in keys)
    if field.type.key in ("link", "links", "polymorphic"):
        return ", ".join(title for _, identity in ends(field, value) if (title := names.title(identity)))
    if field.type.key == "boolean":
        return tx.say("ui.yes" if value else "ui.no")
    writer = FIGURES.get(field.type.key)
    return writer(formats_of(tx), value) if writer else field.type.words(value)


def amid(language: str, label: str) -> str:
    """A label in the middle of a sentence: "leads", and in French after its "de": "de prospects", "d’opportunités"."""
    small = label if label[1:2].isupper() else label[:1].lower() + label[1:]
    if language != "fr":
        return small
    return f"d’{small}" if fold(small)[:1] in "aeiouyhœ" else f"de {small}"


def converted(tx: Tx, value: Any) -> str:
    """What an amount in another currency is in the base one, at the rate that was stored with it; else empty."""
    if not isinstance(value, Money) or value.base is None or value.rate in (None, 1):
        return ""
    return tx.say("field.converted", amount=base_amount(tx, value.base), rate=formats_of(tx).number(value.rate, 4))


def base_amount(tx: Tx, amount: Decimal | None) -> str:
    """A sum in the organisation's base currency, in words; empty for none."""
    return formats_of(tx).amount(amount, base_currency(tx)) if amount is not None else ""
