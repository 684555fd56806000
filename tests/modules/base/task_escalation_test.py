"""Reminders and notices leave by e-mail after the template that the process names, in the language of the reader."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from tests.services.processes.drawing import drawn
from tests.world.cast import World

from entente.kernel.db.tx import new_cause
from entente.kernel.jobs.queue import Run
from entente.kernel.kit.principal import system
from entente.kernel.records.save import save
from entente.modules.base.task_escalation import mail_escalations
from entente.services.mail.outbox import Mail, list_mails, read_mail
from entente.services.processes.definitions import deploy, import_model, problems_of
from entente.services.processes.instances import start
from entente.services.processes.model.problems import Severity
from entente.services.worklist.escalating import escalate_due

MODEL = "start s\nuser a destinations=user:james outcomes=approved,rejected\ns > a"
DOMAIN = "kervella.example"


@pytest.fixture
def mailing(world: World) -> World:
    database = world.database
    database.settings = msgspec.structs.replace(
        database.settings, imap_url="imap://task:x@localhost", reply_address=f"task@{DOMAIN}", mail_from=f"crm@{DOMAIN}"
    )
    return world


def begun(world: World, escalation: str) -> tuple[UUID, list[tuple[Severity, str]]]:
    """An instance with an escalation of its task, and the warnings of its model."""
    inside = f"<extensionElements><entente:escalation {escalation}/></extensionElements></userTask>"
    with world.acts("admin") as tx:
        made = import_model(tx, drawn(MODEL, "urged").replace(b"</userTask>", inside.encode(), 1))
        found = [(each.severity, each.code) for each in problems_of(tx, made)]
        deploy(tx, made.id)
        return start(tx, "urged").id, found


def template(world: World, name: str, language: str, subject: str) -> None:
    values = {"name": name, "key": "escalation", "language": language, "subject": subject}
    with world.system() as tx:
        html = "<p>{{ subject }}</p>{% for each in outcomes %}{{ each.address }}{% endfor %}"
        save(tx, "mail_template", {**values, "html": html})


def later(world: World, **by: int) -> list[Mail]:
    world.clock.move(timedelta(**by))
    escalate_due(Run(world.database, "main", system("test"), new_cause("job")))
    with world.system() as tx:
        mail_escalations(tx)
        mail_escalations(tx)
        return [read_mail(tx, each.id) for each in list_mails(tx) if each.key.startswith("escalation:")]


def test_a_reminder_leaves_after_its_template_in_the_reader_s_language(mailing: World) -> None:
    template(mailing, "Urge", "en", "Please decide: {{ subject }}")
    template(mailing, "Urge", "fr", "À décider : {{ subject }}")
    _, warnings = begun(mailing, "at='PT4H' action='remind' template='Urge' every='P1D' most='2'")
    assert warnings == []
    found = later(mailing, hours=4)
    assert len(found) == 1
    assert found[0].recipient == f"james@{DOMAIN}"
    assert found[0].subject.startswith("Please decide:")
    assert "/m/" in found[0].body_html
    assert len(later(mailing, days=1)) == 2
    assert len(later(mailing, days=2)) == 2


def test_a_notice_goes_to_whom_it_names_without_buttons(mailing: World) -> None:
    template(mailing, "Late", "en", "Late: {{ subject }}")
    begun(mailing, "at='PT4H' action='notify' to='helene' template='Late'")
    found = later(mailing, hours=4)
    assert [each.recipient for each in found] == [f"helene@{DOMAIN}"]
    assert found[0].subject.startswith("Late:")
    assert "/m/" not in found[0].body_html


def test_a_template_that_is_gone_is_told_and_keeps_no_reminder_from_leaving(mailing: World) -> None:
    _, warnings = begun(mailing, "at='PT4H' action='remind' template='Gone'")
    assert warnings == [("warning", "process.problem.task_template")]
    assert len(later(mailing, hours=4)) == 1


def test_without_a_template_nothing_leaves_by_mail(mailing: World) -> None:
    begun(mailing, "at='PT4H' action='remind'")
    assert later(mailing, hours=4) == []
