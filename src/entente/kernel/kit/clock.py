"""What time it is: always aware, always UTC, and replaceable in tests."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
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


class FileClock:
    """The machine's clock until a moment stands in a file: then that moment, for every process that reads the file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        """The moment in the file, else the present one, in UTC."""
        try:
            return datetime.fromisoformat(self._file.read_text(encoding="ascii"))
        except FileNotFoundError:
            return datetime.now(UTC)

    def put(self, at: datetime | None) -> None:
        """Stand at a moment from now on, or go again when there is none."""
        if at is None:
            self._file.unlink(missing_ok=True)
            return
        fresh = self._file.with_suffix(".new")
        fresh.write_text(at.astimezone(UTC).isoformat(), encoding="ascii")
        fresh.replace(self._file)
