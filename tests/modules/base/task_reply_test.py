"""A task is answered by e-mail by whoever may act on it and is proved to have written; all others change nothing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from tests.services.form_design_test import DAY, named
from tests.services.processes.drawing import drawn
from tests.world.cast import World

from entente.kernel.db.database import Database
from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.kit.refusal import Forbidden, Invalid
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.actions import perform
from entente.kernel.records.query import find
from entente.kernel.records.save import save
from entente.modules.base.task_mail import tell_of_new_items
from entente.modules.base.task_reply import treat
from entente.services.mail.addresses import reply_address
from entente.services.mail.imap import Arrival, Mark
from entente.services.mail.incoming import Fate, list_incoming, raw_incoming, read_incoming, take_mail
from entente.services.mail.outbox import Mail, list_mails, read_mail
from entente.services.mail.reading import read_letter
from entente.services.mail.sending import queue_mail
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.instances import start
from entente.services.worklist.holding import read_work
from entente.services.worklist.listing import Search, worklist

DOMAIN = "kervella.example"
PASSED = f"mx.{DOMAIN}; dmarc=pass header.from={DOMAIN}"
MODEL = 'start s\nuser approve outcomes="approved,rejected" destinations="user:helene"\nend e\ns > approve > e'


@pytest.fixture
def mailing(database: Database) -> Database:
    database.settings = msgspec.structs.replace(
        database.settings,
        imap_url="imap://task:x@localhost",
        reply_address=f"task@{DOMAIN}",
        mail_authserv=f"mx.{DOMAIN}",
        mail_from=f"Entente <crm@{DOMAIN}>",
        base_url="https://crm.kervella.example",
    )
    return database


@pytest.fixture
def asked(mailing: Database, world: World) -> UUID:
    """A task that awaits Hélène, and that she was told of."""
    with world.system() as tx:
        task = started(tx)
        tell_of_new_items(tx)
    return task


def started(tx: Tx, model: str = MODEL, **swaps: str) -> UUID:
    xml = drawn(model)
    for old, new in swaps.items():
        xml = xml.replace(old.encode(), new.encode())
    made = import_model(tx, xml)
    deploy(tx, made.id)
    start(tx, "p")
    (row,) = engine_rows(tx, "SELECT id FROM {schema}.work_task WHERE state = 'active' AND process = 'p'")
    task: UUID = row["id"]
    return task


def reply(world: World, task: UUID, text: str, by: str = "helene", headers: Mapping[str, str] | None = None) -> Fate:
    with world.system() as tx:
        address = reply_address(tx, task)
    known = {
        "Authentication-Results": PASSED,
        "From": f"{by.capitalize()} <{by}@{DOMAIN}>",
        "To": str(address),
        "Subject": "Re: approve",
        "Message-ID": f"<{uuid4()}@client.example>",
    } | dict(headers or {})
    raw = "".join(f"{name}: {value}\r\n" for name, value in known.items()) + "\r\n" + text
    with world.system() as tx:
        return treat(tx, uuid4(), read_letter(raw.encode()))


def state_of(world: World, task: UUID) -> str:
    with world.system() as tx:
        work = read_work(tx, task, lock=False)
        return work.outcome or work.state


def mails(world: World, key: str = "answer:") -> list[Mail]:
    with world.system() as tx:
        return [each for each in list_mails(tx) if each.key.startswith(key)]


def events(world: World, task: UUID) -> list[dict[str, Any]]:
    with world.system() as tx:
        return engine_rows(
            tx, "SELECT verb, detail FROM {schema}.task_event WHERE task = %(task)s ORDER BY id", task=task
        )


def test_mail_tells_of_the_task_in_the_language_of_its_reader(asked: UUID, world: World) -> None:
    (mail,) = mails(world, "task:")
    assert mail.recipient == f"helene@{DOMAIN}"
    assert mail.headers["Reply-To"].startswith("task+")
    assert mail.record == asked
    assert "Reply above this line" in mail.body_text
    assert mail.body_text.count("https://crm.kervella.example/m/") == 2
    assert f"https://crm.kervella.example/tasks/{asked}" in mail.body_html


def test_mail_leaves_once(asked: UUID, world: World) -> None:
    with world.system() as tx:
        tell_of_new_items(tx)
    assert len(mails(world, "task:")) == 1


def test_who_wants_no_such_mail_has_none(mailing: Database, world: World) -> None:
    with world.system() as tx:
        save(tx, "user", {"preferences": {"notices": {"mailed": []}}}, id=world.id_of("helene"), trusted=True)
        started(tx)
        tell_of_new_items(tx)
    assert mails(world, "task:") == []


def test_answer_completes_the_task_with_its_comment(asked: UUID, world: World) -> None:
    fate = reply(
        world, asked, "Approuvé, dans la limite du budget.\r\n\r\nLe 23/11/2026, Entente a écrit :\r\n> Refusé"
    )
    assert (fate.state, fate.person, fate.record) == ("accepted", world.id_of("helene"), asked)
    assert state_of(world, asked) == "approved"
    with world.system() as tx:
        work = read_work(tx, asked, lock=False)
        assert find(tx, "task", asked)["status"] == "completed"
    (done,) = [each for each in work.items if each.state == "done"]
    assert (done.channel, done.acted_by) == ("mail", world.id_of("helene"))
    assert done.comment == "dans la limite du budget."
    (answer,) = mails(world)
    assert answer.headers["Auto-Submitted"] == "auto-replied"
    assert "approved" in answer.body_text


def test_audit_keeps_the_headers(asked: UUID, world: World) -> None:
    reply(world, asked, "ok")
    said = next(each["detail"] for each in events(world, asked) if each["verb"] == "mail_accepted")
    assert said["authentication_results"] == PASSED
    assert said["from"] == f"helene@{DOMAIN}"
    assert said["message_id"].startswith("<")


def results(words: str, server: str = f"mx.{DOMAIN}") -> dict[str, str]:
    return {"Authentication-Results": f"{server}; {words}"}


FORGED = results(f"dmarc=pass header.from={DOMAIN}", "mx.evil.example")
REFUSED = {
    "stranger": ("stan", {"From": "Boss <boss@elsewhere.example>"}, "task_reply.stranger"),
    "two senders": ("helene", {"From": f"a@x.example, helene@{DOMAIN}"}, "task_reply.stranger"),
    "hidden address": ("helene", {"From": f'"helene@{DOMAIN}" <a@elsewhere.example>'}, "task_reply.stranger"),
    "not his task, not proved": ("james", results("dmarc=fail"), "task_reply.not_yours"),
    "absence notice without its mark": ("helene", {"Subject": "Réponse automatique : approve"}, "task_reply.automatic"),
    "not proved": ("helene", results("dmarc=fail"), "task_reply.unproved"),
    "proved for another": ("helene", results("dkim=pass header.d=evil.example"), "task_reply.unproved"),
    "proved by the sender": ("helene", FORGED, "task_reply.unproved"),
    "foreign address": ("helene", {"To": f"task+aaaa.bbbb@{DOMAIN}"}, "task_reply.address"),
    "absence notice": ("helene", {"Auto-Submitted": "auto-replied"}, "task_reply.automatic"),
    "mailing list": ("helene", {"Precedence": "bulk"}, "task_reply.bulk"),
    "bounce": ("helene", {"Return-Path": "<>"}, "task_reply.bounce"),
}  # fmt: skip


@pytest.mark.parametrize(("by", "headers", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_reply_that_proves_nothing_changes_nothing(
    asked: UUID, world: World, by: str, headers: dict[str, str], reason: str
) -> None:
    fate = reply(world, asked, "Approuvé", by, headers)
    assert fate.reason == reason
    assert fate.state in ("refused", "ignored")
    assert state_of(world, asked) == "active"
    assert mails(world) == []


def test_colleague_to_whom_the_mail_was_sent_on_is_told_that_he_cannot_answer(asked: UUID, world: World) -> None:
    fate = reply(world, asked, "Approuvé", "james")
    assert (fate.state, fate.reason) == ("refused", "task_reply.not_yours")
    assert state_of(world, asked) == "active"
    (told,) = mails(world)
    assert told.recipient == f"james@{DOMAIN}"
    assert "not in your hands" in told.body_text
    with world.acts("helene") as tx:
        perform(tx, "task", "share", [asked], {"to": ["james"]})
    assert reply(world, asked, "Approuvé", "james").state == "accepted"


def test_address_of_one_task_is_worth_nothing_for_another(asked: UUID, world: World) -> None:
    with world.system() as tx:
        other = str(reply_address(tx, uuid4()))
        mine = str(reply_address(tx, asked))
    mixed = f"{mine.partition('.')[0]}.{other.partition('@')[0].partition('.')[2]}@{DOMAIN}"
    assert reply(world, asked, "ok", headers={"To": mixed}).reason == "task_reply.address"
    assert reply(world, asked, "ok", headers={"To": mine.upper()}).state == "accepted"


@pytest.mark.parametrize(("policy", "state"), [("off", "accepted"), ("warn", "accepted"), ("require", "refused")])
def test_model_says_how_well_a_sender_must_be_proved(mailing: Database, world: World, policy: str, state: str) -> None:
    with world.system() as tx:
        task = started(tx, **{"entente:outcomes=": f'entente:mail="{policy}" entente:outcomes='})
    fate = reply(world, task, "ok", headers={"Authentication-Results": f"mx.{DOMAIN}; spf=none"})
    assert fate.state == state


def test_unproved_reply_is_told_to_the_person_once_a_day(asked: UUID, world: World) -> None:
    for _ in range(3):
        reply(world, asked, "ok", headers={"Authentication-Results": "none"})
    (mail,) = mails(world, "unproved:")
    assert mail.recipient == f"helene@{DOMAIN}"


def test_second_answer_is_told_who_was_first(asked: UUID, world: World) -> None:
    with world.acts("helene") as tx:
        perform(tx, "task", "complete", [asked], {"outcome": "rejected"})
    fate = reply(world, asked, "Approuvé")
    assert (fate.state, fate.reason) == ("answered", "worklist.done_by")
    assert state_of(world, asked) == "rejected"
    (answer,) = mails(world)
    assert "Already done by" in answer.body_text


def test_what_is_not_understood_is_answered_with_the_choices(asked: UUID, world: World) -> None:
    for text in ("Il faudrait en parler", "aide", "Approuvé ?", ""):
        assert reply(world, asked, text).state == "answered"
    assert state_of(world, asked) == "active"
    assert all("- approved\n- rejected" in each.body_text for each in mails(world))


def test_task_is_handed_on_shared_and_laid_aside(asked: UUID, world: World) -> None:
    assert reply(world, asked, "dormir 3 jours").state == "accepted"
    (told,) = mails(world)
    assert "The task is laid aside until 26 Nov 2026 " in told.body_text.replace("\u00a0", " ")
    assert reply(world, asked, "share nadia@kervella.example\nplease").state == "accepted"
    assert reply(world, asked, "rediriger vers James\nc’est son client").state == "accepted"
    with world.acts("james") as tx:
        assert [each.task for each in worklist(tx, Search(view="mine")).entries] == [asked]
    assert reply(world, asked, "ok").state == "answered"
    assert reply(world, asked, "ok", "james").state == "accepted"
    assert state_of(world, asked) == "approved"


def test_verb_without_its_word_does_nothing(asked: UUID, world: World) -> None:
    for text in ("dormir", "rediriger", "rediriger vers Personne", "sleep until yesterday"):
        assert reply(world, asked, text).state == "answered"
    assert state_of(world, asked) == "active"


def test_machine_at_the_other_end_is_not_answered_for_ever(asked: UUID, world: World) -> None:
    for _ in range(15):
        reply(world, asked, "Thank you for your mail")
    assert len(mails(world)) == 10


def test_stand_in_is_told_and_may_answer(mailing: Database, world: World) -> None:
    with world.system() as tx:
        away = {"absent_from": "2026-11-20", "absent_until": "2026-11-30", "substitute": world.id_of("nadia")}
        save(tx, "user", away, id=world.id_of("helene"), trusted=True)
        task = started(tx)
        tell_of_new_items(tx)
    assert {each.recipient for each in mails(world, "task:")} == {f"helene@{DOMAIN}", f"nadia@{DOMAIN}"}
    assert reply(world, task, "ok", "nadia").state == "accepted"


def test_who_looks_after_mails_cannot_press_the_buttons_of_others(asked: UUID, world: World) -> None:
    (mail,) = mails(world, "task:")
    keeper = msgspec.structs.replace(world.principal("marie"), may=frozenset({"settings"}))
    raw = f"From: helene@{DOMAIN}\r\n\r\nhm\r\n> {mail.body_text}".encode()
    with world.system() as tx:
        take_mail(tx, "box", Arrival(Mark(1, 1), raw, True))
    with world.database.begin(keeper) as tx:
        assert "/m/" not in read_mail(tx, mail.id).body_text + read_mail(tx, mail.id).body_html
        (kept,) = list_incoming(tx)
        assert "/m/…" in read_incoming(tx, kept.id)[1].text
        with pytest.raises(Forbidden):
            raw_incoming(tx, kept.id)


WAITING = 'start s\nreceive wait message="mail.reply"\nuser next destinations="user:helene"\nend e\ns > wait > next > e'


@pytest.mark.parametrize(("sender", "state"), [("camille@lisiere.example", "accepted"), ("x@evil.example", "refused")])
def test_reply_to_another_mail_is_a_message_for_the_process(
    mailing: Database, world: World, sender: str, state: str
) -> None:
    lead = world.has("lead", "james", last_name="Berthier", owner=world.id_of("james"))
    with world.system() as tx:
        deploy(tx, import_model(tx, drawn(WAITING)).id)
        start(tx, "p", entity="lead", record=lead)
        sent = queue_mail(tx, "offer", "camille@lisiere.example", "Offre", "Bonjour", regarding=Ref("lead", lead))
    raw = f"From: {sender}\r\nTo: crm@{DOMAIN}\r\nReferences: <a@b> <{sent}@{DOMAIN}>\r\n\r\nVolontiers\r\n> Bonjour"
    with world.system() as tx:
        fate = treat(tx, uuid4(), read_letter(raw.encode()))
        waiting = engine_rows(tx, "SELECT element FROM {schema}.work_task WHERE state = 'active' AND process = 'p'")
    assert (fate.state, fate.record) == (state, lead)
    assert [each["element"] for each in waiting] == (["next"] if state == "accepted" else [])


def test_mail_about_nothing_of_ours_is_ignored(mailing: Database, world: World) -> None:
    with world.system() as tx:
        fate = treat(tx, uuid4(), read_letter(b"From: a@b.example\r\nSubject: Hello\r\n\r\nApproved"))
    assert (fate.state, fate.reason) == ("ignored", "task_reply.no_thread")


def test_own_template_is_tried_before_it_is_saved_and_used_for_its_language(mailing: Database, world: World) -> None:
    own = {"name": "Ours", "language": "en", "subject": "To do: {{ subject }}", "html": "<b>{{ record.last_name }}</b>"}
    lead = world.has("lead", "helene", last_name="<Berthier>", owner=world.id_of("helene"))
    with world.acts("admin") as tx:
        for part, broken in (("html", "{% for x in %}"), ("subject", "{{ subject"), ("html", "{% include 'a' %}")):
            with pytest.raises(Invalid) as refused:
                save(tx, "mail_template", {**own, part: broken})
            assert [each.field for each in refused.value.faults] == [part]
        save(tx, "mail_template", own)
    with world.system() as tx:
        deploy(tx, import_model(tx, drawn(MODEL)).id)
        start(tx, "p", entity="lead", record=lead)
        tell_of_new_items(tx)
    (mail,) = mails(world, "task:")
    assert mail.subject == "To do: approve"
    assert mail.body_html == "<b>&lt;Berthier&gt;</b>"
    assert "/m/" in mail.body_text


def test_mail_holds_of_the_record_only_what_its_reader_may_see(mailing: Database, world: World) -> None:
    lead = world.has("lead", "james", last_name="Berthier", owner=world.id_of("james"))
    model = MODEL.replace("user:helene", "user:stranger")
    with world.system() as tx:
        deploy(tx, import_model(tx, drawn(model)).id)
        start(tx, "p", entity="lead", record=lead)
        tell_of_new_items(tx)
    (mail,) = mails(world, "task:")
    assert mail.recipient == f"stranger@{DOMAIN}"
    assert "Berthier" not in mail.body_text + mail.body_html


def test_question_is_answered_in_plain_words(asked: UUID, world: World) -> None:
    with world.acts("helene") as tx:
        perform(tx, "task", "ask", [asked], {"to": "nadia", "question": "Connais-tu ce client ?"})
    with world.system() as tx:
        tell_of_new_items(tx)
    mail = next(each for each in mails(world, "task:") if each.recipient.startswith("nadia"))
    assert "Connais-tu ce client ?" in mail.body_text
    assert "/m/" not in mail.body_text
    assert reply(world, asked, "Approuvé", "helene").state == "answered"
    assert reply(world, asked, "Non, mais il paie bien.\n> Connais-tu", "nadia").state == "accepted"
    with world.system() as tx:
        (answer,) = [each for each in read_work(tx, asked, lock=False).items if each.origin == "ask"]
    assert (answer.state, answer.comment) == ("done", "Non, mais il paie bien.")
    assert reply(world, asked, "Approuvé", "helene").state == "accepted"


def test_task_whose_form_asks_for_more_is_answered_with_a_link(mailing: Database, world: World) -> None:
    lead = world.has("lead", "helene", last_name="Berthier", owner=world.id_of("helene"))
    named(world, [DAY])
    with world.system() as tx:
        deploy(tx, import_model(tx, drawn(MODEL.replace("outcomes=", 'form="meeting" outcomes='))).id)
        start(tx, "p", entity="lead", record=lead)
        tell_of_new_items(tx)
        (row,) = engine_rows(tx, "SELECT id FROM {schema}.work_task WHERE state = 'active' AND process = 'p'")
    (mail,) = mails(world, "task:")
    assert "/m/" not in mail.body_text
    fate = reply(world, row["id"], "Approuvé")
    assert (fate.state, fate.reason) == ("answered", "task_reply.form")
    assert state_of(world, row["id"]) == "active"
    (answer,) = mails(world)
    assert f"/tasks/{row['id']}" in answer.body_text


def test_what_is_refused_is_nobodys_deed(asked: UUID, world: World) -> None:
    reply(world, asked, "ok", headers=results("dmarc=fail"))
    with world.system() as tx:
        sql = "SELECT actor, detail FROM {schema}.task_event WHERE task = %(task)s AND verb = 'mail_refused'"
        (event,) = engine_rows(tx, sql, task=asked)
    assert event["actor"] is None
    assert (event["detail"]["because"], event["detail"]["from"]) == ("task_reply.unproved", f"helene@{DOMAIN}")
