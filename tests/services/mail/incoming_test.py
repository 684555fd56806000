"""Mail over real servers: a task's mail arrives, its answer is fetched once, treated once, and moves the process."""

import shutil
import smtplib
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID
from zlib import crc32

import msgspec
import pytest
from tests.modules.base.task_reply_test import started, state_of
from tests.services.automation.setting import all_of, outcomes, rule
from tests.services.mail.servers import AUTHSERV, DOMAIN, Servers, mail_servers
from tests.world.cast import World

from entente.kernel.db.database import Database
from entente.kernel.db.tx import engine_row, engine_rows, new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Forbidden
from entente.modules.base.task_mail import tell_of_new_items
from entente.modules.base.task_reply import receive_mails
from entente.services.mail import imap
from entente.services.mail.imap import Mark, arrivals, opened, read_mailbox, wait_for_news
from entente.services.mail.incoming import (
    Fate,
    fetch_mails,
    list_incoming,
    looks,
    raw_incoming,
    read_incoming,
    treat_mails,
)
from entente.services.mail.reading import read_letter
from entente.services.mail.sending import send_due

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    folder = Path(tempfile.mkdtemp(prefix="entente-mail-"))
    try:
        with mail_servers(folder) as made:
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def mailing(database: Database, servers: Servers, request: pytest.FixtureRequest) -> Database:
    """The installation with a mailbox of the test's own."""
    box = f"box{crc32(request.node.name.encode())}"
    database.settings = msgspec.structs.replace(
        database.settings,
        smtp_url=servers.smtp_url,
        imap_url=servers.imap_url(box).removesuffix("?idle"),
        reply_address=f"{box}@{DOMAIN}",
        mail_authserv=AUTHSERV,
        mail_from=f"Entente <crm@{DOMAIN}>",
    )
    return database


def run(database: Database) -> Run:
    return Run(database, "main", system("mail"), new_cause("job"))


Found = TypeVar("Found")


def within(seconds: float, look: Callable[[], Found]) -> Found:
    """What the look finds in time; the servers hand mails on when they like."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, "nothing arrived"
        time.sleep(0.05)
    return found


def box_of(url: str) -> list[bytes]:
    mailbox = read_mailbox(url)
    with opened(mailbox) as line:
        return [each.raw for each in arrivals(line, mailbox.folder, Mark())]


def post(servers: Servers, to: str, text: str, sender: str = f"helene@{DOMAIN}", **headers: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f"helene@{DOMAIN}", to, "Re: approve"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    with smtplib.SMTP("127.0.0.1", servers.smtp) as client:
        client.send_message(message, sender, [to])


def arrived(database: Database, count: int = 1) -> list[Any]:
    def look() -> list[Any]:
        receive_mails(run(database), again=False)
        with database.begin(system("test")) as tx:
            found = list_incoming(tx)
        return found if len(found) >= count and all(each.state != "waiting" for each in found) else []

    return within(20, look)


def test_task_is_answered_over_real_servers(mailing: Database, world: World, servers: Servers) -> None:
    with world.system() as tx:
        task = started(tx)
        tell_of_new_items(tx)
    send_due(run(mailing))
    asked = read_letter(within(20, lambda: box_of(servers.imap_url("helene")))[-1])
    (to,) = (value for name, value in asked.headers if name == "reply-to")
    post(
        servers,
        to,
        f"Approuvé, allez-y\n\nLe 23/11/2026, Entente a écrit :\n> {asked.text}",
        In_Reply_To=asked.message_id,
    )
    (mail,) = arrived(mailing)
    assert (mail.state, mail.record, mail.said["proof"]) == ("accepted", task, "pass")
    assert state_of(world, task) == "approved"
    send_due(run(mailing))
    confirmed = within(20, lambda: box_of(servers.imap_url("helene"))[1:])
    assert "approved" in read_letter(confirmed[0]).text


def test_sender_for_whom_the_server_does_not_vouch_is_refused(
    mailing: Database, world: World, servers: Servers
) -> None:
    with world.system() as tx:
        task = started(tx)
        tell_of_new_items(tx)
        (to,) = (each["headers"]["Reply-To"] for each in engine_rows(tx, "SELECT headers FROM {schema}.outgoing_mail"))
    claimed = f"{AUTHSERV}; dmarc=none"
    post(servers, to, "Approuvé", f"forged@{DOMAIN}", Authentication_Results=claimed)
    (mail,) = arrived(mailing)
    assert (mail.state, mail.reason) == ("refused", "task_reply.unproved")
    assert state_of(world, task) == "active"


def test_mail_is_kept_once_whatever_the_server_numbers(mailing: Database, world: World, servers: Servers) -> None:
    to = str(mailing.settings.reply_address)
    for _ in range(2):
        post(servers, to, "Bonjour", Message_ID="<one@client.example>")
    post(servers, to, "Encore", Message_ID="<two@client.example>")
    assert len(arrived(mailing, 2)) == 2
    within(20, lambda: len(box_of(str(mailing.settings.imap_url))) == 3)
    receive_mails(run(mailing), again=False)
    with world.system() as tx:
        engine_rows(tx, "UPDATE {schema}.mailbox_mark SET validity = 1")
    receive_mails(run(mailing), again=False)
    with world.system() as tx:
        kept = engine_rows(tx, "SELECT message_id, repeats FROM {schema}.incoming_mail ORDER BY message_id")
        mail = next(each for each in list_incoming(tx) if each.message_id == "<one@client.example>")
        raw = raw_incoming(tx, mail.id)
    assert [(each["message_id"], each["repeats"]) for each in kept] == [
        ("<one@client.example>", 3),
        ("<two@client.example>", 1),
    ]
    assert b"Received: " in raw


def test_server_tells_of_a_mail_at_once(mailing: Database, servers: Servers) -> None:
    mailbox = read_mailbox(f"{mailing.settings.imap_url}?idle")
    assert mailbox.listens
    with opened(mailbox) as line:
        sender = threading.Timer(0.3, post, (servers, str(mailing.settings.reply_address), "Bonjour"))
        sender.start()
        assert wait_for_news(line, 20)
        sender.join()
        assert [each.whole for each in arrivals(line, mailbox.folder, Mark())] == [True]


def test_of_a_huge_mail_only_the_headers_are_kept(
    mailing: Database, world: World, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "LARGEST", 2000)
    post(servers, str(mailing.settings.reply_address), "x" * 60 + "\n" + "y" * 70 + "\n" + ("z" * 70 + "\n") * 50)
    (mail,) = arrived(mailing)
    assert (mail.state, mail.reason) == ("refused", "mail.too_large")
    with world.system() as tx:
        assert b"zzz" not in raw_incoming(tx, mail.id)


def test_two_workers_treat_a_mail_once(mailing: Database, servers: Servers) -> None:
    for number in range(4):
        post(servers, str(mailing.settings.reply_address), "Bonjour", Message_ID=f"<{number}@client.example>")
    within(20, lambda: len(box_of(str(mailing.settings.imap_url))) == 4)
    treated: list[UUID] = []

    def treat(tx: Any, mail: UUID, letter: Any) -> Fate:
        treated.append(mail)
        return Fate(state="ignored", reason="task_reply.no_thread")

    imap_run = run(mailing)
    receive = [threading.Thread(target=lambda: fetch_and_treat(imap_run, treat)) for _ in range(3)]
    for each in receive:
        each.start()
    for each in receive:
        each.join()
    assert len(treated) == len(set(treated)) == 4


def fetch_and_treat(doing: Run, treat: Any) -> None:
    mailbox = read_mailbox(str(doing.database.settings.imap_url))
    fetch_mails(doing, mailbox)
    treat_mails(doing, treat)


def test_fault_of_ours_puts_one_mail_aside_and_leaves_the_others(
    mailing: Database, world: World, servers: Servers
) -> None:
    for number in range(2):
        post(servers, str(mailing.settings.reply_address), "Bonjour", Message_ID=f"<{number}@client.example>")
    within(20, lambda: len(box_of(str(mailing.settings.imap_url))) == 2)

    def treat(tx: Any, mail: UUID, letter: Any) -> Fate:
        engine_row(tx, "UPDATE {schema}.incoming_mail SET subject = 'changed' RETURNING id")
        if letter.message_id.startswith("<0"):
            raise RuntimeError("broken")
        return Fate(state="ignored", reason="task_reply.no_thread")

    fetch_and_treat(run(mailing), treat)
    with world.system() as tx:
        found = {each.message_id: (each.state, each.reason) for each in list_incoming(tx)}
    assert found["<0@client.example>"] == ("failed", "mail.incoming.fault")
    assert found["<1@client.example>"] == ("ignored", "task_reply.no_thread")


def test_server_that_does_not_answer_is_shown(mailing: Database, world: World) -> None:
    mailing.settings = msgspec.structs.replace(mailing.settings, imap_url="imap://a:b@127.0.0.1:1")
    receive_mails(run(mailing))
    with world.acts("admin") as tx:
        (look,) = looks(tx)
    assert "ConnectionRefusedError" in str(look.error)
    assert "b@" not in look.mailbox.partition("@")[0]


def test_mail_at_one_of_several_mailboxes_sets_its_rule_off(mailing: Database, world: World, servers: Servers) -> None:
    sales = f"sales{crc32(b'rules')}"
    with_address = f"{servers.imap_url(sales).removesuffix('?idle')}?address={sales}@{DOMAIN}"
    mailing.settings = msgspec.structs.replace(
        mailing.settings, imap_url=f"imap://a:b@127.0.0.1:1 {mailing.settings.imap_url} {with_address}"
    )
    lead = world.has("lead", "james", last_name="Berthier", emails=[{"value": f"helene@{DOMAIN}"}])
    post_it = [{"kind": "post", "body": "{{ mail.subject }}: {{ mail.text }}"}]
    at = {"mailbox": f"{sales}@{DOMAIN}", "sender": DOMAIN, "subject": "approve"}
    made = rule(world, trigger="mail", settings=at, run_as="system", actions=post_it)
    post(servers, f"{sales}@{DOMAIN}", "Volontiers\n\nLe 23/11/2026, Entente a écrit :\n> Bonjour")
    post(servers, str(mailing.settings.reply_address), "Elsewhere")
    found = {each.reason: each for each in arrived(mailing, 2)}
    assert set(found) == {"task_reply.rules", "task_reply.no_thread"}
    assert found["task_reply.rules"].record == lead
    assert [str(each["body"]) for each in all_of(world, "note")] == ["<p>Re: approve: Volontiers</p>"]
    assert outcomes(world, made) == ["done"]
    with world.acts("admin") as tx:
        assert sorted(bool(look.error) for look in looks(tx)) == [False, False, True]


def test_incoming_mail_is_for_administrators(mailing: Database, world: World) -> None:
    with world.acts("james") as tx:
        for look in (list_incoming, looks, lambda tx: read_incoming(tx, UUID(int=1))):
            with pytest.raises(Forbidden):
                look(tx)
