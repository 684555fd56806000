"""Mail leaves once: claimed first, retried only when surely not accepted, in doubt shown to a person."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import msgspec
import pytest
from tests.conftest import NOON
from tests.services.mail.postbox import Postbox, postbox
from tests.world.cast import World

from entente.kernel.db.database import Database
from entente.kernel.db.tx import new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.clock import SetClock
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Forbidden, Refused
from entente.services.mail.outbox import Mail, count_in_doubt, drop_mail, list_mails, read_mail
from entente.services.mail.sending import queue_mail, resend, send_due

WORKER = """
import sys
from pathlib import Path
from entente import product
from entente.kernel.db.tx import new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.clock import SetClock
from entente.kernel.kit.principal import system
from entente.services.mail.sending import send_due
from entente.settings import Settings
from datetime import datetime
dsn, url, now = sys.argv[1:]
settings = Settings(data=Path('.'), smtp_url=url, pool_size=2)
database = product.open_database(dsn, settings, SetClock(datetime.fromisoformat(now)))
send_due(Run(database, "main", system("mail"), new_cause("job")))
"""


@pytest.fixture
def box() -> Iterator[Postbox]:
    with postbox() as made:
        yield made


def with_server(database: Database, url: str | None) -> None:
    database.settings = msgspec.structs.replace(
        database.settings, smtp_url=url, mail_from="Entente <crm@kervella.example>"
    )


def send(database: Database) -> None:
    send_due(Run(database, "main", system("mail"), new_cause("job")))


def later(database: Database, **by: float) -> None:
    cast("SetClock", database.clock).move(timedelta(**by))


def write(world: World, key: str = "k1", to: str = "anna@client.example", **more: Any) -> None:
    with world.system() as tx:
        queue_mail(tx, key, to, "Votre demande", "Bonjour,\n.\nMerci – à bientôt", "<p>Bonjour</p>", **more)


def only_mail(world: World) -> Mail:
    with world.system() as tx:
        (found,) = list_mails(tx)
    return found


def test_mail_arrives_once_as_it_was_written(world: World, box: Postbox) -> None:
    with_server(world.database, box.url)
    write(world)
    write(world)
    send(world.database)
    send(world.database)
    (taken,) = box.taken
    assert (taken["Subject"], taken["To"], taken["From"]) == (
        "Votre demande", "anna@client.example", "Entente <crm@kervella.example>",
    )  # fmt: skip
    mail = only_mail(world)
    assert (mail.state, mail.tries, mail.sent_at) == ("sent", 1, NOON)
    assert taken["Message-ID"] == f"<{mail.id}@kervella.example>"
    text, html = taken.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == "Bonjour,\n.\nMerci – à bientôt\n"
    assert html.get_content().strip() == "<p>Bonjour</p>"


def test_mail_of_a_transaction_that_failed_is_not_sent(world: World, box: Postbox) -> None:
    with_server(world.database, box.url)
    with world.system() as tx:
        queue_mail(tx, "k", "anna@client.example", "s", "t")
        tx.connection.rollback()
    send(world.database)
    assert box.taken == []


def test_headers_cannot_be_injected(world: World, box: Postbox) -> None:
    with_server(world.database, box.url)
    with world.system() as tx:
        queue_mail(
            tx, "k", "anna@client.example", "Oui\r\nBcc: all@client.example", "t", headers={"Auto-Submitted": "a\nX: y"}
        )
        for address in (
            "a@b.example\nBcc: c@d.example",
            "a@b.example, c@d.example",
            "Anna <a@b.example>",
            "a",
            "é@b.example",
        ):
            with pytest.raises(Refused):
                queue_mail(tx, address, address, "s", "t")
    send(world.database)
    (taken,) = box.taken
    assert taken["Bcc"] is None
    assert taken["X"] is None
    assert taken["Subject"] == "Oui Bcc: all@client.example"


def test_server_that_is_away_is_tried_again_later(world: World, box: Postbox) -> None:
    with_server(world.database, "smtp://127.0.0.1:1")
    write(world)
    send(world.database)
    assert (only_mail(world).state, only_mail(world).due_at) == ("queued", NOON + timedelta(minutes=1))
    with_server(world.database, box.url)
    send(world.database)
    assert box.taken == []
    later(world.database, minutes=1)
    send(world.database)
    assert only_mail(world).state == "sent"
    assert len(box.taken) == 1


@pytest.mark.parametrize(("answer", "state"), [("451 busy", "queued"), ("550 unknown", "failed")])
@pytest.mark.parametrize("step", ["answer_to_rcpt", "answer_to_data"])
def test_refusal_of_the_server_is_believed(world: World, box: Postbox, step: str, answer: str, state: str) -> None:
    with_server(world.database, box.url)
    setattr(box, step, answer)
    write(world)
    send(world.database)
    mail = only_mail(world)
    assert (mail.state, mail.error) == (state, answer)
    assert box.taken == []


def test_tries_come_to_an_end(world: World) -> None:
    with_server(world.database, "smtp://127.0.0.1:1")
    write(world)
    for _ in range(6):
        send(world.database)
        later(world.database, hours=5)
    assert (only_mail(world).state, only_mail(world).tries) == ("failed", 6)


def test_broken_line_after_the_text_is_uncertain_and_a_person_decides(world: World, box: Postbox) -> None:
    with_server(world.database, box.url)
    box.answer_to_data = "hang up"
    write(world)
    send(world.database)
    assert only_mail(world).state == "uncertain"
    later(world.database, days=1)
    box.answer_to_data = "250 OK"
    send(world.database)
    assert box.taken == []
    with world.acts("admin") as tx:
        assert count_in_doubt(tx) == 1
        resend(tx, only_mail(world).id)
    send(world.database)
    assert only_mail(world).state == "sent"
    assert len(box.taken) == 1


@pytest.mark.crash
def test_killed_worker_leaves_an_uncertain_mail_that_is_never_doubled(world: World, box: Postbox) -> None:
    with_server(world.database, box.url)
    write(world)
    box.hang_after_data = 3
    arguments = [sys.executable, "-c", WORKER, world.database.conninfo, box.url, NOON.isoformat()]
    worker = subprocess.Popen(arguments)
    assert box.in_data.wait(30)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    box.hang_after_data = 0
    assert only_mail(world).state == "sending"
    send(world.database)
    later(world.database, minutes=11)
    send(world.database)
    send(world.database)
    assert (only_mail(world).state, only_mail(world).error) == ("uncertain", "interrupted")
    assert len(box.taken) == 1


def test_without_a_server_mails_are_kept_to_be_read(world: World) -> None:
    write(world)
    send(world.database)
    mail = only_mail(world)
    assert mail.state == "kept"
    with world.acts("admin") as tx:
        assert read_mail(tx, mail.id).body_html == "<p>Bonjour</p>"
        drop_mail(tx, mail.id)
        assert list_mails(tx) == []


def salesperson_cannot_read_the_outbox(world: World) -> None:
    write(world)
    with world.acts("james") as tx:
        for forbidden in (
            list_mails,
            lambda tx: read_mail(tx, only_mail(world).id),
            lambda tx: resend(tx, only_mail(world).id),
        ):
            with pytest.raises(Forbidden):
                forbidden(tx)
