"""Mails that set rules off: where they arrive, who sends them, what they say, which record they are about."""

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from tests.services.automation.setting import all_of, outcomes, rule, runs
from tests.world.cast import World

from entente.kernel.db.database import Database
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.save import save
from entente.modules.base.task_reply import treat
from entente.services.automation.mailed import concerns
from entente.services.automation.rules import rule_of
from entente.services.automation.sentences import sentence
from entente.services.mail.imap import read_mailboxes
from entente.services.mail.incoming import Fate
from entente.services.mail.reading import read_letter
from entente.services.mail.sending import queue_mail

DOMAIN = "kervella.example"
CLAIRE = "claire@lisiere.example"
POST = [{"kind": "post", "body": "{{ mail.from }}: {{ mail.subject }} / {{ mail.text }}"}]


@pytest.fixture
def mailing(database: Database) -> Database:
    database.settings = msgspec.structs.replace(
        database.settings,
        imap_url=f"imap://task:x@localhost imap://sales%40{DOMAIN}:x@localhost",
        reply_address=f"task@{DOMAIN}",
        mail_authserv=f"mx.{DOMAIN}",
        mail_from=f"Entente <crm@{DOMAIN}>",
    )
    return database


def waits(world: World, **values: Any) -> UUID:
    settings = values.pop("settings", {})
    return rule(world, trigger="mail", settings=settings, actions=POST, run_as="system", **values)


def arrives(world: World, text: str = "Bonjour", *, proof: str = "pass", **headers: str) -> Fate:
    known = {
        "Authentication-Results": f"mx.{DOMAIN}; dmarc={proof} header.from=lisiere.example",
        "From": f"Claire <{CLAIRE}>",
        "To": f"sales@{DOMAIN}",
        "Subject": "Devis",
        "Message-ID": f"<{uuid4()}@client.example>",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    raw = "".join(f"{name}: {value}\r\n" for name, value in known.items()) + "\r\n" + text
    with world.system() as tx:
        return treat(tx, uuid4(), read_letter(raw.encode()))


def claire(world: World, **values: Any) -> UUID:
    given = {"last_name": "Berthier", "emails": [{"value": CLAIRE}], **values}
    return world.has("lead", "james", **given)


def notes(world: World) -> list[str]:
    return [str(each["body"]) for each in all_of(world, "note")]


def test_mail_sets_a_rule_off_on_the_record_with_its_senders_address(mailing: Database, world: World) -> None:
    lead, made = claire(world), waits(world)
    world.has("lead", "james", last_name="Autre", emails=[{"value": "other@lisiere.example"}])
    fate = arrives(world, "Volontiers\r\n\r\nLe 23/11/2026, Entente a écrit :\r\n> Bonjour", From=CLAIRE.upper())
    assert (fate.state, fate.reason, fate.entity, fate.record) == ("accepted", "task_reply.rules", "lead", lead)
    assert notes(world) == [f"<p>{CLAIRE}: Devis / Volontiers</p>"]
    assert outcomes(world, made) == ["done"]


def test_answer_concerns_the_record_that_its_mail_was_about(mailing: Database, world: World) -> None:
    claire(world)
    about, made = world.has("lead", "james", last_name="Société"), waits(world)
    with world.system() as tx:
        sent = queue_mail(tx, "offer", CLAIRE, "Offre", "Bonjour", regarding=Ref("lead", about))
    arrives(world, In_Reply_To=f"<{sent}@{DOMAIN}>")
    arrives(world, In_Reply_To=f"<{sent}@{DOMAIN}>", From="eve@evil.example")
    assert [each.record for each in runs(world, made)] == [about]


def test_senders_nobody_vouches_for_set_nothing_off_unless_the_rule_says_so(mailing: Database, world: World) -> None:
    claire(world)
    strict, lenient = waits(world), waits(world, settings={"unproved": True})
    assert arrives(world, proof="fail").state == "accepted"
    assert (outcomes(world, strict), outcomes(world, lenient)) == ([], ["done"])


def test_machines_set_nothing_off(mailing: Database, world: World) -> None:
    claire(world)
    made = waits(world)
    assert arrives(world, Auto_Submitted="auto-replied").state == "ignored"
    assert outcomes(world, made) == []


def test_conditions_of_the_record_hold_as_for_any_rule(mailing: Database, world: World) -> None:
    claire(world, priority="low")
    made = waits(world, condition='priority = "high"')
    assert arrives(world).state == "ignored"
    assert outcomes(world, made) == ["skipped"]


def test_rule_acts_only_on_what_its_owner_may_read(mailing: Database, world: World) -> None:
    lead = claire(world)
    with world.acts("admin") as tx:
        made = save(
            tx,
            "automation",
            {"name": "Rule", "entity": "lead", "trigger": "mail", "actions": POST, "owner": world.id_of("stranger")},
        ).id
    arrives(world)
    assert outcomes(world, made) == []
    with world.system() as tx:
        sent = queue_mail(tx, "offer", CLAIRE, "Offre", "Bonjour", regarding=Ref("lead", lead))
    arrives(world, In_Reply_To=f"<{sent}@{DOMAIN}>")
    assert (outcomes(world, made), notes(world)) == (["stopped"], [])


MAIL = {"from": CLAIRE, "to": "", "subject": "Devis n° 7", "text": "Merci pour l’Offre", "proof": "pass"}
NARROWED = [
    ({}, True),
    ({"mailbox": f"Sales@{DOMAIN}"}, True),
    ({"mailbox": f"info@{DOMAIN}"}, False),
    ({"sender": "lisiere.example"}, True),
    ({"sender": "other.example, @Lisiere.example"}, True),
    ({"sender": CLAIRE}, True),
    ({"sender": "evil-lisiere.example"}, False),
    ({"sender": "eve@lisiere.example; bob@lisiere.example"}, False),
    ({"subject": "devis"}, True),
    ({"subject": "facture"}, False),
    ({"text": "offre", "subject": "N° 7"}, True),
    ({"text": "refus"}, False),
]


@pytest.mark.parametrize(("settings", "meant"), NARROWED, ids=range(len(NARROWED)))
def test_rule_is_narrowed_by_what_stands_in_the_mail(
    mailing: Database, world: World, settings: dict[str, str], meant: bool
) -> None:
    made = waits(world, settings=settings)
    with world.system() as tx:
        found = rule_of(tx, made)
        assert found is not None
        assert concerns(found, MAIL, frozenset({f"sales@{DOMAIN}"})) is meant
        assert all(each in sentence(tx, found) for each in settings.values())


def test_several_mailboxes_are_named_with_their_addresses() -> None:
    boxes = read_mailboxes(
        "imaps://task:x@mail.example?address=Task@k.example&idle\n imap://a%40k.example:x@mail.example"
    )
    assert [(each.name, each.address, each.listens) for each in boxes] == [
        ("task@mail.example/INBOX", "task@k.example", True),
        ("a@k.example@mail.example/INBOX", "a@k.example", False),
    ]
