"""A request approved by a reply to its mail: real mail servers between the company and its manager's pocket."""

import shutil
import smtplib
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from playwright.sync_api import Page, expect
from tests.journeys.office import Office
from tests.journeys.served import run_what_is_due
from tests.services.mail.servers import AUTHSERV, DOMAIN, Servers, mail_servers

from entente.services.mail.imap import Mark, arrivals, opened, read_mailbox
from entente.services.mail.reading import Letter, read_letter
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.instances import start

pytestmark = pytest.mark.journey

Seats = Callable[..., Page]
MODEL = b"""<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:entente="urn:entente:bpmn:1.0" id="d"
  targetNamespace="urn:test"><process id="discount" name="Remise" isExecutable="true">
<startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="ask"/>
<userTask id="ask" name="Valider la remise" entente:destinations="user:helene"><extensionElements>
<entente:outcome key="approved" en="Approve" fr="Approuver"/><entente:outcome key="rejected" en="Reject" fr="Refuser"/>
</extensionElements></userTask>
<sequenceFlow id="f2" sourceRef="ask" targetRef="call"/>
<userTask id="call" name="Rappeler le client" entente:destinations="user:james"/>
<sequenceFlow id="f3" sourceRef="call" targetRef="e"/><endEvent id="e"/></process></definitions>"""


@pytest.fixture
def servers() -> Iterator[Servers]:
    folder = Path(tempfile.mkdtemp(prefix="entente-mail-"))
    try:
        with mail_servers(folder) as made:
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def mailing(office: Office, servers: Servers) -> None:
    office.database.settings = msgspec.structs.replace(
        office.database.settings,
        base_url=office.address,
        smtp_url=servers.smtp_url,
        imap_url=servers.imap_url().removesuffix("?idle"),
        reply_address=f"task@{DOMAIN}",
        mail_authserv=AUTHSERV,
        mail_from=f"Entente <crm@{DOMAIN}>",
    )


def requested(office: Office) -> UUID:
    known = {"first_name": "Camille", "last_name": "Berthier", "company_name": "Serres du Lis"}
    lead = office.has("lead", "james", owner=office.id_of("james"), **known)
    with office.system() as tx:
        deploy(tx, import_model(tx, MODEL).id)
        start(tx, "discount", entity="lead", record=lead)
    return lead


def pocket(office: Office, servers: Servers, count: int) -> list[Letter]:
    """The mails that Hélène has, once there are so many."""
    mailbox = read_mailbox(servers.imap_url("helene"))
    found: list[Letter] = []

    def has_come() -> bool:
        with opened(mailbox) as line:
            found[:] = [read_letter(each.raw) for each in arrivals(line, mailbox.folder, Mark())]
        return len(found) >= count

    office.wait_until(has_come)
    return found


def replies(servers: Servers, asked: Letter, text: str) -> None:
    quoted = "\n".join(f"> {line}" for line in asked.text.splitlines())
    message = EmailMessage()
    message["From"], message["To"] = f"Hélène <helene@{DOMAIN}>", asked.first("reply-to")
    message["Subject"], message["In-Reply-To"] = f"Re: {asked.subject}", asked.message_id
    message.set_content(f"{text}\n\nEnvoyé de mon iPhone\n\n> Le 23 nov. 2026 à 13:00, Entente a écrit :\n{quoted}\n")
    with smtplib.SMTP("127.0.0.1", servers.smtp) as line:
        line.send_message(message)


def test_a_request_is_approved_by_a_reply_and_the_page_follows(sits: Seats, office: Office, servers: Servers) -> None:
    mailing(office, servers)
    lead = requested(office)
    page = sits("james", f"/leads/{lead}")
    panel = page.locator("#process-panel")
    expect(panel).to_contain_text("Valider la remise")
    expect(panel).to_contain_text("2 étapes non atteintes")
    asked = pocket(office, servers, 1)[0]
    assert asked.subject == "Valider la remise – Camille Berthier"
    assert "Approuver" in asked.text
    assert "Berthier" in asked.text
    replies(servers, asked, "Approuvé, dans la limite de 12 %")
    mailbox = read_mailbox(servers.imap_url())

    def has_come() -> bool:
        with opened(mailbox) as line:
            return bool(list(arrivals(line, mailbox.folder, Mark())))

    office.wait_until(has_come)
    office.clock.move(timedelta(minutes=1))
    run_what_is_due(office.database)
    expect(panel).to_contain_text("Une étape non atteinte")
    confirmed = pocket(office, servers, 2)[1]
    assert "Votre réponse est enregistrée" in confirmed.text
    assert "dans la limite de 12 %" in confirmed.text
    admin = sits("admin", "/outbox/received")
    admin.get_by_role("link", name="Re: Valider la remise – Camille Berthier").click()
    expect(admin.locator(".inbox-detail")).to_contain_text("Accepted")
    expect(admin.locator(".inbox-detail")).to_contain_text("dmarc=pass")


def test_a_button_of_a_mail_asks_first_and_acts_without_signing_in(
    sits: Seats, office: Office, servers: Servers
) -> None:
    mailing(office, servers)
    lead = requested(office)
    page = sits("james", f"/leads/{lead}")
    expect(page.locator("#process-panel")).to_contain_text("Valider la remise")
    asked = pocket(office, servers, 1)[0]
    address = next(word for word in asked.text.split() if "/m/" in word)
    stranger = sits("", address.removeprefix(office.address))
    expect(stranger.locator("main")).to_contain_text("au nom de Hélène")
    stranger.get_by_label("Commentaire").fill("Vu avec Camille")
    stranger.get_by_role("button", name="Approuver").click()
    expect(stranger.locator("main")).to_contain_text("votre réponse est enregistrée")
    expect(page.locator("#process-panel")).to_contain_text("Une étape non atteinte")
    assert stranger.context.cookies() == []
    stranger.goto(address)
    expect(stranger.locator("main")).to_contain_text("Déjà traitée par Hélène")
