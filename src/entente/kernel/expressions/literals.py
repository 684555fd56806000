"""Reading and writing values as FEEL spells them: numbers, dates, times, durations."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal, DecimalException
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from entente.kernel.expressions.values import ARITHMETIC, Months, Value

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_TIME = re.compile(r"(\d{2}):(\d{2}):(\d{2})(\.\d{1,6})?\d{0,3}(Z|[+-]\d{2}:\d{2}(?::\d{2})?|@[A-Za-z0-9_+\-/]+)?")
_MONTHS = re.compile(r"(-)?P(?=\d)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?")
_DAYS = re.compile(
    r"(-)?P(?=[\dT])(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,10})H)?(?:(\d{1,10})M)?(?:(\d{1,12})(\.\d{0,6})?\d{0,3}S)?)?"
)


def number(text: str) -> Decimal | None:
    """The number that a text spells, rounded to 34 digits; nothing when it spells none or one too large."""
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,5})?", text, re.ASCII):
        return None
    try:
        return ARITHMETIC.create_decimal(text)
    except DecimalException:
        return None


def read_date(text: str) -> date | None:
    """The date of `2026-03-31`, years 1 to 9999; nothing for anything else."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def read_time(text: str) -> time | None:
    """The time of `10:30:00`, with a fraction, an offset or a zone (`@Europe/Paris`); nothing for anything else."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hour, minute, second = (int(part) for part in match.groups()[:3])
    micros = int((match.group(4) or ".")[1:].ljust(6, "0"))
    try:
        zone = read_zone(match.group(5) or "")
        return time(hour, minute, second, micros, tzinfo=zone)
    except (ValueError, LookupError):
        return None


def read_zone(text: str) -> tzinfo | None:
    """The zone of `Z`, `+02:00` or `@Europe/Paris`; nothing for nothing (LookupError or ValueError when wrong)."""
    if not text:
        return None
    if text == "Z":
        return UTC
    if text.startswith("@"):
        try:
            return ZoneInfo(text[1:])
        except (ZoneInfoNotFoundError, OSError):
            raise LookupError(text) from None
    parts = [int(part) for part in text[1:].split(":")]
    offset = timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2] if len(parts) > 2 else 0)
    if offset > timedelta(hours=18) or parts[1] > 59:
        raise ValueError(text)
    return offset_zone(-offset if text[0] == "-" else offset)


def offset_zone(offset: timedelta) -> tzinfo:
    """The zone at an offset from UTC; UTC itself at none."""
    return timezone(offset) if offset else UTC


def read_datetime(text: str) -> datetime | None:
    """The date-time of `2026-03-31T10:30:00`, with an offset or zone, or midnight of a bare date."""
    day, separator, rest = text.partition("T")
    if not separator:
        whole = read_date(text)
        return None if whole is None else datetime.combine(whole, time())
    on = read_date(day)
    at = read_time("00:00:00" + rest[8:] if rest.startswith("24:00:00") else rest)
    if on is None or at is None:
        return None
    try:
        on = on + timedelta(days=1) if rest.startswith("24") else on
        return datetime.combine(on, at)
    except OverflowError:
        return None


def read_duration(text: str) -> timedelta | Months | None:
    """The duration of `P1DT2H` or `P1Y2M`; nothing for anything else."""
    match = _MONTHS.fullmatch(text)
    if match is not None:
        total = int(match.group(2) or 0) * 12 + int(match.group(3) or 0)
        return Months(-total if match.group(1) else total)
    match = _DAYS.fullmatch(text)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:5])
    micros = int((match.group(6) or ".")[1:].ljust(6, "0"))
    try:
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=micros)
    except OverflowError:
        return None
    return -length if match.group(1) else length


def read_temporal(text: str) -> Value:
    """The value of `@"…"`: a date, time, date-time or duration; nothing when it is none."""
    if "P" in text and "T" not in text.partition("P")[0] and ":" not in text:
        return read_duration(text)
    if text[2:3] == ":":
        return read_time(text)
    return read_datetime(text) if "T" in text else read_date(text)


def write_number(value: Decimal) -> str:
    """A number without exponent and without trailing zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def write_zone(zone: tzinfo | None, offset: timedelta | None) -> str:
    """A zone as FEEL spells it behind a time."""
    if zone is None:
        return ""
    if isinstance(zone, ZoneInfo):
        return "@" + zone.key
    seconds = int((offset or timedelta()).total_seconds())
    if not seconds:
        return "Z"
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    text = f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return text + (f":{seconds % 60:02}" if seconds % 60 else "")


def write_time(value: time) -> str:
    """A time as FEEL spells it."""
    return _clock(value) + write_zone(value.tzinfo, value.utcoffset())


def write_datetime(value: datetime) -> str:
    """A date-time as FEEL spells it."""
    zone = write_zone(value.tzinfo, value.utcoffset())
    return f"{value.date().isoformat()}T{_clock(value.time())}{zone}"


def _clock(value: time) -> str:
    text = f"{value.hour:02}:{value.minute:02}:{value.second:02}"
    return text + (f".{value.microsecond:06}".rstrip("0") if value.microsecond else "")


def write_months(value: Months) -> str:
    """A duration of years and months as FEEL spells it."""
    years, months = divmod(abs(value.total), 12)
    body = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
    return ("-" if value.total < 0 else "") + "P" + (body or "0M")


def write_duration(value: timedelta) -> str:
    """A duration of days and time as FEEL spells it."""
    length = abs(value)
    hours, rest = divmod(length.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{length.microseconds:06}".rstrip("0") if length.microseconds else ""
    days = f"{length.days}D" if length.days else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock += f"{seconds}{fraction}S" if seconds or fraction else ""
    body = days + (f"T{clock}" if clock else "")
    return ("-" if value < timedelta() else "") + "P" + (body or "T0S")
