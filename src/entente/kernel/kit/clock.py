"""What time it is: always aware, always UTC, and replaceable in tests."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the present moment."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)


class SetClock:
    """A clock that stands where it was put, until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The moment that the clock was put at."""
        return self._at

    def move(self, by: timedelta) -> None:
        """Put the clock forward (or back) by a duration."""
        self._at += by

    def put(self, at: datetime) -> None:
        """Put the clock at a moment."""
        self._at = at.astimezone(UTC)
