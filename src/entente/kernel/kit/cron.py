"""Schedules as cron lines of five fields (minute, hour, day, month, weekday), reckoned by a clock on a wall."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from croniter import croniter

# Where nobody says otherwise: what a new user's time zone is as well.
HOME = ZoneInfo("Europe/Paris")
FIELDS = 5
# Letters that mean chance or a hash to the library are none of ours; `L` is the last day of a month.
_FIELD = re.compile(r"(?:[\d*/,#lL-]|[A-Za-z]{3})+")


def home() -> ZoneInfo:
    """The zone of whoever names none."""
    return HOME


@lru_cache(maxsize=256)
def is_cron(line: str) -> bool:
    """Whether a text is a cron line that comes round: five fields, and no 30 February."""
    parts = line.split()
    if len(parts) != FIELDS or not all(_FIELD.fullmatch(part) for part in parts) or not croniter.is_valid(line):
        return False
    try:
        next_run(line, datetime(2000, 1, 1, tzinfo=UTC))
    except ValueError:
        return False
    return True


def next_run(line: str, after: datetime, zone: ZoneInfo = HOME) -> datetime:
    """The first moment after another at which a cron line is due; ValueError when it never is."""
    found: datetime = croniter(line, after.astimezone(zone)).get_next(datetime)
    return found


def next_runs(line: str, after: datetime, zone: ZoneInfo, count: int) -> list[datetime]:
    """So many moments at which a cron line is due, in their order; ValueError when it never is."""
    return list(islice(_runs(line, after, zone), count))


def _runs(line: str, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    while True:
        after = next_run(line, after, zone)
        yield after
