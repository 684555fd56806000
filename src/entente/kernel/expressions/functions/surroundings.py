"""Built-in functions that ask about the moment, the change and the user."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from entente.kernel.expressions.frame import Frame
from entente.kernel.expressions.functions.overload import Overload
from entente.kernel.expressions.values import Value, equal, local, normal


def _now(frame: Frame) -> datetime:
    return frame.run.moment.now.astimezone(frame.run.moment.zone)


def _today(frame: Frame) -> date:
    return frame.run.moment.today()


def _days_ago(frame: Frame, days: Decimal) -> date | None:
    try:
        return _today(frame) - timedelta(days=int(days))
    except OverflowError:
        return None


def _start_of_day(frame: Frame, day: date) -> datetime:
    zone = day.tzinfo if isinstance(day, datetime) and day.tzinfo else frame.run.moment.zone
    return local(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001 - local() gives the zone


def _changed(frame: Frame, field: str) -> bool:
    old = frame.lookup("old")
    record = frame.lookup("record") if frame.defines("record") else frame.run.values
    return equal(_part(record, field), _part(old, field)) is not True


def _part(record: Value, field: str) -> Value:
    for name in field.split("."):
        record = normal(record.get(name)) if isinstance(record, Mapping) else None
    return record


def _in_group(frame: Frame, group: str) -> bool:
    return _user_in_group(frame.lookup("user"), group)


def _user_in_group(user: Value, group: str) -> bool:
    groups = _part(user, "groups")
    return isinstance(groups, list) and group in groups


FUNCTIONS: dict[str, tuple[Overload, ...]] = {
    "now": (Overload("", "datetime", _now, needs_frame=True),),
    "today": (Overload("", "date", _today, needs_frame=True),),
    "days ago": (Overload("days:number", "date", _days_ago, needs_frame=True),),
    "start of day": (Overload("date:date|datetime", "datetime", _start_of_day, needs_frame=True),),
    "changed": (Overload("field:string", "boolean", _changed, needs_frame=True),),
    "in group": (
        Overload("group:string", "boolean", _in_group, needs_frame=True),
        Overload("user:context, group:string", "boolean", _user_in_group),
    ),
}
