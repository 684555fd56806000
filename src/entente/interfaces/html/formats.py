"""Numbers, amounts, days and durations as a reader of English or French expects them."""

import unicodedata
import zlib
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from typing import Any

import msgspec
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, get_currency_symbol

from entente.kernel.kit.money import Money
from entente.kernel.kit.words import Words
from entente.kernel.metadata.entity import HUES

NARROW = "\u202f"
FIXED = "\u00a0"
FRENCH_FIGURES = str.maketrans({",": NARROW, ".": ","})
DAY_MINUTES = 24 * 60
NOT_COUNTRIES = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}


class Numbers:
    """Every way of writing a number, an amount or a place for a reader of one language."""

    def __init__(self, words: Words, language: str) -> None:
        self._words = words
        self._language = language

    def number(self, value: Decimal | int | None, decimals: int | None = None) -> str:
        """The number with its grouping; nothing for none."""
        if value is None:
            return ""
        pattern = None if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
        return _minus(format_decimal(value, format=pattern, locale=self._language))

    def plain_number(self, value: Decimal | int | str | None) -> str:
        """The number as one types it: no grouping, the decimal sign of the language; what is no number as typed."""
        if value is None or isinstance(value, str):
            return value or ""
        text = format(value, "f")
        return text.replace(".", ",") if self._language == "fr" else text

    def country(self, code: str) -> str:
        """The name of a country (ISO 3166 code)."""
        return str(Locale(self._language).territories.get(code, code))

    def countries(self) -> list[tuple[str, str]]:
        """Every country with its code, in the order of the language, France first."""
        named = Locale(self._language).territories.items()
        found = [(code, str(name)) for code, name in named if len(code) == 2 and code not in NOT_COUNTRIES]
        return sorted(found, key=lambda item: (item[0] != "FR", _unaccented(item[1])))

    def percent(self, value: Decimal | int | None) -> str:
        """15 as `15 %` in French and `15%` in English."""
        if value is None:
            return ""
        return self.number(value) + (f"{NARROW}%" if self._language == "fr" else "%")

    def money(self, value: Money | None) -> str:
        """The amount with its currency, without cents when there are none."""
        if value is None:
            return ""
        return self.amount(value.amount, value.currency)

    def amount(self, amount: Decimal, currency: str) -> str:
        """An amount in a currency (ISO 4217 code), without cents when there are none."""
        figures = f"{abs(amount):,.{0 if amount == amount.to_integral_value() else 2}f}"
        sign = "−" if amount < 0 else ""
        symbol = _symbol(currency or "EUR", self._language)
        if self._language == "fr":
            return f"{sign}{figures.translate(FRENCH_FIGURES)}{FIXED}{symbol}"
        between = FIXED if symbol[-1:].isalpha() else ""
        return f"{sign}{symbol}{between}{figures}"

    def file_size(self, size: int) -> str:
        """Bytes as kilo- or megabytes (of 1,000 bytes)."""
        unit = "o" if self._language == "fr" else "B"
        if size < 1_000_000:
            return f"{self.number(max(1, size // 1000))}{FIXED}{'k' if self._language == 'en' else 'K'}{unit}"
        return f"{self.number(Decimal(size) / 1_000_000, 1)}{FIXED}M{unit}"


@lru_cache(maxsize=1024)
def _symbol(currency: str, language: str) -> str:
    return get_currency_symbol(currency, locale=language)


@lru_cache(maxsize=4096)
def _day_in(day: date, pattern: str, language: str) -> str:
    return format_date(day, pattern, locale=language)


@lru_cache(maxsize=2048)
def _in_full(value: datetime, zone: tzinfo, language: str) -> str:
    return format_datetime(value, "full", tzinfo=zone, locale=language)


class Formats(Numbers):
    """Every way of writing a value for one reader: language, time zone, and today according to the clock."""

    def __init__(self, words: Words, language: str, zone: tzinfo, now: Callable[[], datetime]) -> None:
        super().__init__(words, language)
        self._zone = zone
        self._now = now

    def day(self, value: date | None) -> str:
        """The day in figures (French) or with the month's short name (English)."""
        if value is None:
            return ""
        if self._language == "fr":
            return f"{value.day:02}/{value.month:02}/{value.year:04}"
        return _day_in(date(value.year, value.month, value.day), "d MMM yyyy", self._language)

    def moment(self, value: datetime | None) -> str:
        """The day and the time in the reader's zone."""
        if value is None:
            return ""
        local = value.astimezone(self._zone)
        return f"{self.day(local)} {self.time(value)}"

    def full_moment(self, value: datetime | None) -> str:
        """The moment in full, with the zone, for tooltips."""
        if value is None:
            return ""
        return _in_full(value, self._zone, self._language)

    def time(self, value: datetime) -> str:
        """The time of day in the reader's zone, on 24 hours."""
        return value.astimezone(self._zone).strftime("%H:%M")

    def local_input(self, value: datetime | str | None) -> str:
        """The moment as an input of type datetime-local wants it; what is no moment as it was typed."""
        if isinstance(value, str):
            return value
        return value.astimezone(self._zone).strftime("%Y-%m-%dT%H:%M") if value else ""

    def relative(self, value: datetime | date | None, *, inside: bool = False) -> str:
        """Today, tomorrow or yesterday (with the time of a moment), else the day; with the year when it is another.

        Within a sentence it begins small: `today 14:00`, but `27 Nov`, for months keep their capital in English.
        """
        if value is None:
            return ""
        day = self.day_name(value)
        day = day[:1].lower() + day[1:] if inside and self._near(value) else day
        return f"{day} {self.time(value)}" if isinstance(value, datetime) and self._near(value) else day

    def day_name(self, value: datetime | date) -> str:
        """The day in words when it is near, else `26 nov.`."""
        near = self._near(value)
        if near:
            return self._words.say(self._language, near)
        day = self._day(value)
        same_year = day.year == self._today().year
        return _day_in(day, "d MMM" if same_year else "d MMM y", self._language).replace(" ", FIXED)

    def by_day(self, items: Iterable[Any]) -> list[tuple[str, list[Any]]]:
        """Things with a moment `at`, grouped by the name of their day, order kept."""
        return [(day, list(group)) for day, group in groupby(items, key=lambda item: self.day_name(item.at))]

    def due_class(self, value: datetime | date | None) -> str:
        """`late`, `due-today` or nothing."""
        if value is None:
            return ""
        days = (self._day(value) - self._today()).days
        overdue = isinstance(value, datetime) and value < self._now()
        return "late" if days < 0 or overdue else "due-today" if days == 0 else ""

    def duration(self, minutes: int | timedelta | None) -> str:
        """`2 j`, `3 h`, `1 h 30` from minutes or a time span."""
        if minutes is None:
            return ""
        total = int(minutes.total_seconds() // 60) if isinstance(minutes, timedelta) else minutes
        days, rest = divmod(abs(total), DAY_MINUTES)
        hours, left = divmod(rest, 60)
        parts = self._duration_parts(days, hours, left)
        return ("−" if total < 0 else "") + " ".join(parts)

    def _duration_parts(self, days: int, hours: int, minutes: int) -> list[str]:
        if days:
            unit = "j" if self._language == "fr" else "d"
            return [f"{days}{FIXED}{unit}"] + ([f"{hours}{FIXED}h"] if hours else [])
        if hours:
            return [f"{hours}{FIXED}h{FIXED}{minutes:02}" if minutes else f"{hours}{FIXED}h"]
        return [f"{minutes}{FIXED}min"]

    def _near(self, value: datetime | date) -> str | None:
        days = (self._day(value) - self._today()).days
        return {-1: "ui.yesterday", 0: "ui.today", 1: "ui.tomorrow"}.get(days)

    def _day(self, value: datetime | date) -> date:
        return value.astimezone(self._zone).date() if isinstance(value, datetime) else value

    def _today(self) -> date:
        return self._now().astimezone(self._zone).date()


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _unaccented(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign)).lower()


def initials(name: str) -> str:
    """The first letters of the first and the last word, for an avatar."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper() if words else "?"


def hue(name: str) -> str:
    """A hue that is always the same for a name; gray is kept for what has no owner."""
    coloured = HUES[1:]
    return coloured[zlib.crc32(name.encode()) % len(coloured)]


def plain_json(value: Any) -> str:
    """A value as indented JSON text."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
