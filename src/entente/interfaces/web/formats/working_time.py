"""Formats of working calendars: `hours` of each day of the week, `days` that come every year, once, or with Easter."""

from datetime import date
from typing import Any

from babel.dates import format_date, get_day_names, get_month_names
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.formats import Answer, Options, Pick, Row, Rows
from entente.interfaces.web.formats.place import Place
from entente.interfaces.web.formats.rows import changed, first, numbered
from entente.services.worklist.calendars import DAYS, EASTER

KINDS = ("yearly", "once", "easter")
LEAP = 2024  # a year that has every day


def reads_hours(place: Place, form: FormMultiDict) -> dict[str, list[str]] | None:
    """The hours by day, as far as any are given."""
    texts = (first(sent, "text") for sent in numbered(place.field.name, form))
    days = zip(DAYS, texts, strict=False)
    return {day: [each.strip() for each in text.split(",") if each.strip()] for day, text in days if text} or None


def asks_hours(place: Place, value: Any, deed: str = "") -> Rows:
    """An input for each day of the week."""
    given = value if isinstance(value, dict) else {}
    rows = tuple(
        Row(number=at, answers=(_typed(place, at, "text", _day_name(place, at), ", ".join(given.get(day) or ())),))
        for at, day in enumerate(DAYS)
    )
    return Rows(url=place.url, rows=rows, note=place.say("format.hours.note"), fixed=True)


def _typed(place: Place, at: int, part: str, label: str, text: str, kind: str = "text") -> Answer:
    return Answer(name=f"{place.field.name}.{at}.{part}", label=label, kind=kind, values=(text,))


def _day_name(place: Place, at: int) -> str:
    return str(get_day_names("wide", locale=place.tx.language)[at]).capitalize()


def tells_hours(place: Place, value: Any) -> tuple[str, ...]:
    """Each day that has hours, with them."""
    given = value if isinstance(value, dict) else {}
    return tuple(
        place.say("format.hours.day", day=_day_name(place, at), hours=", ".join(map(str, given[day])))
        for at, day in enumerate(DAYS)
        if given.get(day)
    )


def reads_days(place: Place, form: FormMultiDict) -> list[str]:
    """The days as calendars declare them: `05-01`, `2026-05-02`, `easter+1`; what is not whole yet as it stands."""
    return [_read(sent) for sent in numbered(place.field.name, form)]


def _read(sent: dict[str, list[str]]) -> str:
    kind, text = first(sent, "kind"), first(sent, "text")
    if kind == "easter":
        return f"{EASTER}{int(text):+}" if text.lstrip("-").isdigit() else EASTER
    month = first(sent, "month")
    if kind == "yearly":
        return f"{month or '01'}-{text.zfill(2) if text.isdigit() else '01'}"
    return text or date(LEAP, 1, 1).isoformat()


def asks_days(place: Place, value: Any, deed: str = "") -> Rows:
    """A row for each day: how it comes, and when."""
    known = changed(value if isinstance(value, list) else [], deed)
    rows = tuple(_row(place, at, each if isinstance(each, str) and each else "01-01") for at, each in enumerate(known))
    return Rows(url=place.url, rows=rows, add=place.say("format.days.add"))


def _kind(text: str) -> str:
    return "easter" if text.startswith(EASTER) else "once" if len(text) == len("2024-01-01") else "yearly"


def _row(place: Place, at: int, text: str) -> Row:
    kind, base = _kind(text), f"{place.field.name}.{at}"
    kinds: Options = tuple((each, place.say(f"format.days.{each}")) for each in KINDS)
    picks = [Pick(name=f"{base}.kind", label=place.say("format.days.kind"), value=kind, options=kinds)]
    if kind == "once":
        return Row(number=at, picks=tuple(picks), answers=(_typed(place, at, "text", kinds[1][1], text, "date"),))
    if kind == "easter":
        days = text.removeprefix(EASTER).removeprefix("+") or "0"
        label = place.say("format.days.after")
        return Row(number=at, picks=tuple(picks), answers=(_typed(place, at, "text", label, days, "number"),))
    names = get_month_names("wide", locale=place.tx.language)
    months: Options = tuple((f"{month:02}", str(names[month])) for month in range(1, 13))
    picks.append(Pick(name=f"{base}.month", label=place.say("format.days.month"), value=text[:2], options=months))
    day = text[3:].lstrip("0")
    return Row(
        number=at, picks=tuple(picks), answers=(_typed(place, at, "text", place.say("format.days.day"), day, "number"),)
    )


def tells_days(place: Place, value: Any) -> tuple[str, ...]:
    """Each day in words."""
    return tuple(_told(place, str(each)) for each in value) if isinstance(value, list) else ()


def _told(place: Place, text: str) -> str:
    kind, language = _kind(text), place.tx.language
    if kind == "easter":
        days = int(text.removeprefix(EASTER) or 0)
        return place.say("format.days.told_easter", count=days) if days else place.say("format.days.easter_day")
    try:
        day = date.fromisoformat(text if kind == "once" else f"{LEAP}-{text}")
    except ValueError:
        return text
    return str(format_date(day, "d MMMM y" if kind == "once" else "d MMMM", locale=language))
