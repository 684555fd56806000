"""Until when somebody wants to be left alone, as people write it: a length of time or a day."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from entente.kernel.kit.normal import fold
from entente.services.mail.answer import answer_words

LONGEST = timedelta(days=3660)
TOMORROW = ("demain", "tomorrow")
DAYS = {
    name: day
    for day, names in enumerate(
        (
            ("lundi", "monday"),
            ("mardi", "tuesday"),
            ("mercredi", "wednesday"),
            ("jeudi", "thursday"),
            ("vendredi", "friday"),
            ("samedi", "saturday"),
            ("dimanche", "sunday"),
        )
    )
    for name in names
}
MORNING = time(8)
HOURS = {"hour": 1, "day": 24, "week": 168}


def read_until(text: str, now: datetime, zone: str) -> datetime | None:
    """The moment that a text means, such as `3 jours`, `2 h`, `demain`, `lundi`, `2026-12-01` or `1/12/2026`.

    A day begins at eight in the zone; nothing when the text means none, or one that has passed.
    """
    words = fold(text[:100]).replace(",", " ").split()
    until = _length(words, now) or _day(words, now.astimezone(ZoneInfo(zone)))
    return until if until is not None and now < until <= now + LONGEST else None


def _length(words: list[str], now: datetime) -> datetime | None:
    for at, word in enumerate(words):
        digits = word[: len(word) - len(word.lstrip("0123456789"))]
        unit = word[len(digits) :] or (words[at + 1] if at + 1 < len(words) else "")
        key = next((key for key, units in answer_words().units.items() if unit.strip(".!") in units), None)
        if digits and len(digits) < 5 and key:
            return now + timedelta(hours=int(digits) * HOURS[key])
    return None


def _day(words: list[str], local: datetime) -> datetime | None:
    for word in words:
        bare = word.strip(".!")
        if bare in TOMORROW:
            return _morning(local.date() + timedelta(days=1), local)
        if bare in DAYS:
            return _morning(local.date() + timedelta(days=(DAYS[bare] - local.weekday() - 1) % 7 + 1), local)
        for shape in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"):
            try:
                return _morning(datetime.strptime(bare, shape).date(), local)  # noqa: DTZ007 - a day has no zone
            except ValueError:
                continue
    return None


def _morning(day: date, local: datetime) -> datetime:
    return datetime.combine(day, MORNING, local.tzinfo)
