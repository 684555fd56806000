"""Single cells as people write them: phone numbers without their zero, moments without zone, amounts with a sign."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale

from entente.kernel.kit.normal import fold
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import LANGUAGES
from entente.services.transfer.sheet import Cell

SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
AMOUNT = re.compile(r"(?P<before>[A-Z]{3}|[€$£¥])?\s*(?P<number>[-−+]?[\d\s.,  ']*\d)\s*(?P<after>[A-Za-z]{3}|[€$£¥])?")
MOMENTS = (
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%d/%m/%y %H:%M",
    "%d.%m.%Y %H:%M",
    "%d-%m-%Y %H:%M",
)


def text_cell(cell: Cell) -> str:
    """The text of a cell as a person would have typed it."""
    if isinstance(cell, str):
        return cell.strip()
    match cell:
        case bool():
            return "true" if cell else "false"
        case Decimal():
            return format(cell, "f")
        case datetime():
            return cell.isoformat(" ", "minutes")
        case date():
            return cell.isoformat()
        case _:
            return str(cell)


def phone_of(cell: Cell) -> str:
    """The number; one that a spreadsheet took for a number gets its zero or its plus back."""
    text = text_cell(cell)
    bare = text.isdigit()
    if bare and len(text) == 9 and text[0] != "0":
        return "0" + text
    return "+" + text if bare and len(text) == 11 and text.startswith("33") else text


def postal_code(cell: Cell, country: str) -> str:
    """The code; a French one that lost its first zero gets it back."""
    text = text_cell(cell)
    lost = isinstance(cell, int) and len(text) == 4 and country in ("", "FR")
    return "0" + text if lost else text


def country_code(text: str) -> str:
    """The ISO 3166 code of a country named in English or French; Refused when no country has the name."""
    code = text.strip().upper()
    known = _countries()
    found = code if code in known.values() else known.get(fold(text.strip()))
    if not found:
        raise Refused("import.country_unknown", given=text[:80])
    return found


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    return {
        fold(name): code
        for language in LANGUAGES
        for code, name in Locale(language).territories.items()
        if len(code) == 2 and code.isalpha()
    }


def money_parts(amount: Cell, currency: Cell) -> Any:
    """The amount and currency that one or two cells hold; nothing when there is no amount."""
    if amount is None:
        return None
    code = text_cell(currency).upper() if currency is not None else ""
    code = SIGNS.get(code, code)
    if not isinstance(amount, str):
        return {"amount": amount, "currency": code}
    match = AMOUNT.fullmatch(amount.strip())
    if not match:
        return {"amount": amount, "currency": code}
    found = (match["before"] or match["after"] or "").upper()
    return {"amount": "".join(match["number"].replace("'", "").split()), "currency": code or SIGNS.get(found, found)}


def localised(cell: Cell, zone: ZoneInfo) -> Any:
    """A moment with a zone: the person's own when the cell has none; a text that is no moment stays as it is."""
    if isinstance(cell, str):
        cell = _moment(cell.strip())
    if isinstance(cell, date) and not isinstance(cell, datetime):
        cell = datetime.combine(cell, time())
    if isinstance(cell, datetime) and cell.tzinfo is None:
        return cell.replace(tzinfo=zone)
    return cell


def _moment(text: str) -> str | datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in MOMENTS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is given by the caller
        except ValueError:
            continue
    return text
