"""Built-in functions of dates, times and durations."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from entente.kernel.expressions import literals
from entente.kernel.expressions.functions.overload import Overload
from entente.kernel.expressions.values import Months, Value, local

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def day_of(value: date) -> date:
    """The date of a date or date-time, in the date-time's own zone."""
    return value.date() if isinstance(value, datetime) else value


def _date_from(source: Value) -> date | None:
    return literals.read_date(source) if isinstance(source, str) else day_of(source)


def _date_of(year: Decimal, month: Decimal, day: Decimal) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        return None


def _time_from(source: Value) -> time | None:
    if isinstance(source, str):
        return literals.read_time(source)
    if isinstance(source, datetime):
        return source.timetz()
    return source if isinstance(source, time) else time(tzinfo=UTC)


def _time_of(hour: Decimal, minute: Decimal, second: Decimal, offset: timedelta | None) -> time | None:
    whole = int(second)
    micros = int((second - whole) * 1_000_000)
    try:
        zone = None if offset is None else literals.offset_zone(offset)
        return time(int(hour), int(minute), whole, micros, tzinfo=zone)
    except (ValueError, OverflowError):
        return None


def _datetime_from(source: str) -> datetime | None:
    return literals.read_datetime(source)


def _datetime_of(day: date, at: time) -> datetime:
    zone = at.tzinfo
    naive = datetime.combine(day_of(day), at.replace(tzinfo=None))
    return naive if zone is None else local(naive, zone)


def _datetime_in(day: date, at: time, zone: str) -> datetime | None:
    try:
        return local(datetime.combine(day_of(day), at.replace(tzinfo=None)), literals.read_zone("@" + zone) or UTC)
    except LookupError:
        return None


def months_between(start: date, end: date) -> Months:
    """The whole months from one day to another, towards zero; times of day do not count."""
    first, last = day_of(start), day_of(end)
    if last < first:
        return Months(-months_between(last, first).total)
    total = (last.year - first.year) * 12 + last.month - first.month
    return Months(total - (last.day < first.day))


def _day_of_year(value: date) -> Decimal:
    return Decimal(value.timetuple().tm_yday)


def _day_of_week(value: date) -> str:
    return _DAYS[value.weekday()]


def _month_of_year(value: date) -> str:
    return _MONTHS[value.month - 1]


def _week_of_year(value: date) -> Decimal:
    return Decimal(value.isocalendar().week)


def _start_of(first: Callable[[date], date]) -> Callable[[date], date]:
    def run(value: date) -> date:
        return first(day_of(value))

    return run


def _monday(day: date) -> date:
    return day - timedelta(days=min(day.weekday(), day.toordinal() - 1))


def _quarter(day: date) -> date:
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


_OF_DATE = "date:date|datetime"
FUNCTIONS: dict[str, tuple[Overload, ...]] = {
    "date": (
        Overload("from:string|date|datetime", "date", _date_from),
        Overload("year:number, month:number, day:number", "date", _date_of),
    ),
    "time": (
        Overload("from:string|time|datetime|date", "time", _time_from),
        Overload("hour:number, minute:number, second:number, offset:duration?=", "time", _time_of),
    ),
    "date and time": (
        Overload("from:string", "datetime", _datetime_from),
        Overload("date:date|datetime, time:time", "datetime", _datetime_of),
        Overload("date:date|datetime, time:time, timezone:string", "datetime", _datetime_in),
    ),
    "duration": (Overload("from:string", "any", literals.read_duration),),
    "years and months duration": (Overload("from:date|datetime, to:date|datetime", "months", months_between),),
    "day of year": (Overload(_OF_DATE, "number", _day_of_year),),
    "day of week": (Overload(_OF_DATE, "string", _day_of_week),),
    "month of year": (Overload(_OF_DATE, "string", _month_of_year),),
    "week of year": (Overload(_OF_DATE, "number", _week_of_year),),
    "start of week": (Overload(_OF_DATE, "date", _start_of(_monday)),),
    "start of month": (Overload(_OF_DATE, "date", _start_of(lambda day: day.replace(day=1))),),
    "start of quarter": (Overload(_OF_DATE, "date", _start_of(_quarter)),),
    "start of year": (Overload(_OF_DATE, "date", _start_of(lambda day: day.replace(month=1, day=1))),),
}
