"""Cron lines by the clock on the wall: over the change to summer time, and those that never come round."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from entente.kernel.kit.cron import HOME, is_cron, next_run, next_runs

SPRING = datetime(2027, 3, 26, 12, tzinfo=UTC)


def test_eight_stays_eight_when_the_clocks_change() -> None:
    found = next_runs("0 8 * * *", SPRING, HOME, 3)
    assert [each.isoformat() for each in found] == [
        "2027-03-27T08:00:00+01:00", "2027-03-28T08:00:00+02:00", "2027-03-29T08:00:00+02:00",
    ]  # fmt: skip


def test_zone_says_when_it_is_eight() -> None:
    assert next_run("0 8 * * *", SPRING, ZoneInfo("Indian/Reunion")).astimezone(UTC).hour == 4


@pytest.mark.parametrize("line", ["0 8 * * 1-5", "*/15 * * * *", "0 18 L * *", "0 8 * JAN mon"])
def test_line_of_five_parts_is_a_schedule(line: str) -> None:
    assert is_cron(line)


@pytest.mark.parametrize("line", ["", "often", "0 8 * *", "0 8 30 2 *", "R R * * *", "@daily", "0 0 8 * * 1"])
def test_what_never_comes_round_or_comes_by_chance_is_none(line: str) -> None:
    assert not is_cron(line)
