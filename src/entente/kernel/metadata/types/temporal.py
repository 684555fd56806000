"""Days and moments."""

from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.entity import FieldDef
from entente.kernel.metadata.types.base import FieldType

FIRST_YEAR, LAST_YEAR = 1900, 2200


def _date_of(text: str) -> date:
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return datetime.fromisoformat(text).date()


class DateType(FieldType):
    """A day of the calendar, without zone."""

    key = "date"
    kind = "date"
    edm = "Edm.Date"

    def sql_type(self, field: FieldDef) -> sa.types.TypeEngine[Any]:
        """A date column."""
        return sa.Date()

    def clean(self, name: str, field: FieldDef, raw: Any) -> date | None:
        """The day, from ISO 8601 or the French way of writing."""
        if raw is None or raw == "":
            return None
        try:
            day = raw.date() if isinstance(raw, datetime) else raw if isinstance(raw, date) else _date_of(str(raw))
        except ValueError:
            raise Refused("field.not_a_date", field=name) from None
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise Refused("field.date_out_of_range", field=name)
        return day

    def plain(self, value: Any) -> Any:
        """ISO 8601."""
        return value.isoformat() if value else None


class DateTimeType(FieldType):
    """A moment, aware, stored in UTC."""

    key = "datetime"
    kind = "datetime"
    edm = "Edm.DateTimeOffset"

    def sql_type(self, field: FieldDef) -> sa.types.TypeEngine[Any]:
        """A column of moments."""
        return sa.DateTime(timezone=True)

    def clean(self, name: str, field: FieldDef, raw: Any) -> datetime | None:
        """The moment in UTC; Refused when it has no zone."""
        if raw is None or raw == "":
            return None
        try:
            moment = raw if isinstance(raw, datetime) else datetime.fromisoformat(str(raw))
        except ValueError:
            raise Refused("field.not_a_moment", field=name) from None
        if moment.tzinfo is None:
            raise Refused("field.moment_without_zone", field=name)
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise Refused("field.date_out_of_range", field=name)
        return moment.astimezone(UTC)

    def load(self, name: str, field: FieldDef, row: Any) -> datetime | None:
        """The moment in UTC."""
        value = row[name]
        return value.astimezone(UTC) if value else None

    def plain(self, value: Any) -> Any:
        """ISO 8601 in UTC."""
        return value.isoformat().replace("+00:00", "Z") if value else None
