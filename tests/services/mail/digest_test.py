"""E-mails about notifications come when people want them: at once, after quiet hours, or in one mail a day."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
import pytest
from tests.world.cast import World

from entente import job_worker
from entente.kernel.jobs.followers import dispatch
from entente.kernel.kit.clock import SetClock
from entente.services.mail.digest import send_digests
from entente.services.mail.outbox import Mail, list_mails
from entente.services.stream.preferences import Notices, quiet_until, set_my_notices

MORNING = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)  # 8:05 in Paris


def wants(world: World, login: str, **wishes: Any) -> None:
    with world.acts(login) as tx:
        set_my_notices(tx, Notices(**wishes))


def assign(world: World, name: str) -> None:
    world.has("lead", "helene", last_name=name, owner=world.id_of("james"))
    while dispatch(world.database, "main", job_worker.all_followers()):
        pass


def mails(world: World) -> list[Mail]:
    with world.system() as tx:
        return list_mails(tx)


def morning(world: World, at: datetime = MORNING) -> int:
    cast("SetClock", world.database.clock).put(at)
    with world.system() as tx:
        return send_digests(tx)


def test_a_day_s_notifications_come_in_one_mail(world: World) -> None:
    wants(world, "james", daily=True)
    assign(world, "Abgrall")
    assign(world, "Kermadec")
    assert mails(world) == []
    assert morning(world) == 1
    assert morning(world, MORNING + timedelta(hours=1)) == 0
    (mail,) = mails(world)
    assert (mail.recipient, mail.subject) == ("james@kervella.example", "2 notifications since yesterday")
    assert "Abgrall" in mail.body_text
    assert "Kermadec" in mail.body_html
    assert morning(world, MORNING + timedelta(days=1)) == 0


def test_nothing_is_sent_at_night_or_to_those_who_have_their_mails_at_once(world: World) -> None:
    assign(world, "Abgrall")
    assert len(mails(world)) == 1
    assert morning(world) == 0
    wants(world, "james", daily=True)
    assert morning(world, MORNING.replace(hour=2)) == 0


def test_mails_wait_for_the_end_of_quiet_hours(world: World) -> None:
    wants(world, "james", quiet_from=12, quiet_until=14)  # it is noon in London, one o’clock in Paris
    assign(world, "Abgrall")
    (mail,) = mails(world)
    assert mail.due_at == datetime(2026, 11, 23, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "hour", "until"),
    [(20, 7, 21, (24, 6)), (20, 7, 5, (23, 6)), (20, 7, 12, None), (9, 12, 10, (23, 11)), (8, 8, 8, None)],
)
def test_quiet_hours_may_go_over_midnight(start: int, end: int, hour: int, until: tuple[int, int] | None) -> None:
    now = datetime(2026, 11, 23, hour - 1, 30, tzinfo=UTC)
    found = quiet_until(Notices(quiet_from=start, quiet_until=end), now, "Europe/Paris")
    assert (found and (found.day, found.hour, found.minute)) == (until and (*until, 0))


def test_hours_that_are_none_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"quiet_from": 24}, Notices)
